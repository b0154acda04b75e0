internal import Foundation
internal import Synchronization

/// A Unix socket that passes whole frames on to another one, counts them and does what a `RelayFault` says.
///
/// One thread accepts, one serves each connection; a frame is passed on only when all of it is there. The end of either
/// side ends the other. A client that connects while the server is away finds the connection closed at once.
public final class FrameRelay: Sendable {
    /// What passed since `begin`.
    public struct Recording: Sendable {
        /// In order of arrival, both directions together.
        public var frames: [RelayedFrame] = []
        /// True when the fault did what it is for.
        public var hasFired = false
    }

    private struct State {
        var listener: Int32
        var connections: [Int: (client: Int32, server: Int32)] = [:]
        var nextConnection = 0
        var isRecording = false
        var recording = Recording()
        var fault: RelayFault?
    }

    /// Where clients connect.
    public let path: String
    /// How many frames were passed on since `begin`; to wait on.
    public let passed = Observed(0)
    private let serverPath: String
    private let framing: WireFraming
    private let state: Mutex<State>

    /// Listens at `path` and connects each client to `serverPath`.
    public init(at path: String, to serverPath: String, framing: WireFraming) throws {
        self.path = path
        self.serverPath = serverPath
        self.framing = framing
        state = Mutex(State(listener: try UnixStream.listen(at: path)))
        Thread.detachNewThread { [self] in accept() }
    }

    /// Counts from 1 again, with a fault or without.
    public func begin(_ fault: RelayFault? = nil) {
        state.withLock { state in
            state.isRecording = true
            state.recording = Recording()
            state.fault = fault
        }
        passed.update { $0 = 0 }
    }

    /// Ends the recording and disarms the fault.
    @discardableResult
    public func end() -> Recording {
        state.withLock { state in
            state.isRecording = false
            state.fault = nil
            return state.recording
        }
    }

    /// Ends all connections and stops listening.
    public func stop() {
        state.withLock { state in
            if state.listener >= 0 { shutdown(state.listener, Int32(SHUT_RDWR)) }
            for pair in state.connections.values {
                shutdown(pair.client, Int32(SHUT_RDWR))
                shutdown(pair.server, Int32(SHUT_RDWR))
            }
        }
    }

    // MARK: - Threads

    private func accept() {
        let listener = state.withLock { $0.listener }
        while true {
            let client = Foundation.accept(listener, nil, nil)
            guard client >= 0 || errno == EINTR || errno == ECONNABORTED else { break }
            guard client >= 0 else { continue }
            guard let server = try? UnixStream.connect(to: serverPath) else {
                close(client)
                continue
            }
            let id = state.withLock { state in
                state.nextConnection += 1
                state.connections[state.nextConnection] = (client, server)
                return state.nextConnection
            }
            Thread.detachNewThread { [self] in
                serve(client, server)
                state.withLock { $0.connections[id] = nil }
                close(client)
                close(server)
            }
        }
        state.withLock { $0.listener = -1 }
        close(listener)
        unlink(path)
    }

    private func serve(_ client: Int32, _ server: Int32) {
        var requests = FrameCutter(framing)
        var replies = FrameCutter(framing)
        while true {
            let (hasRequest, hasReply) = UnixStream.wait(client, server)
            if hasRequest {
                guard pass(.toServer, from: client, to: server, &requests) else { return }
            }
            if hasReply {
                guard pass(.toClient, from: server, to: client, &replies) else { return }
            }
        }
    }

    /// Passes on what has arrived; false when the connection is over.
    private func pass(
        _ direction: RelayedFrame.Direction, from source: Int32, to sink: Int32, _ cutter: inout FrameCutter
    ) -> Bool {
        let bytes = UnixStream.receive(source)
        guard !bytes.isEmpty else { return false }
        cutter.append(bytes)
        while let frame = cutter.next() {
            var isSent = true
            var isOver = false
            switch action(on: RelayedFrame(direction: direction, bytes: frame)) {
            case .pass: isSent = UnixStream.send(frame[...], to: sink)
            case .replace(let other): isSent = UnixStream.send(other[...], to: sink)
            case .passThenAct(let cuts, let act):
                isSent = UnixStream.send(frame[...], to: sink)
                act()
                isOver = cuts
            case .cut(let cut):
                switch cut {
                case .before: break
                case .within: _ = UnixStream.send(frame[..<(frame.count / 2)], to: sink)
                case .after: _ = UnixStream.send(frame[...], to: sink)
                }
                return false
            }
            passed.update { $0 += 1 }
            guard isSent, !isOver else { return false }
        }
        return true
    }

    private func action(on frame: RelayedFrame) -> RelayFault.Action {
        state.withLock { state in
            guard state.isRecording else { return .pass }
            state.recording.frames.append(frame)
            let step = state.recording.frames.count
            guard let action = state.fault?.action(on: frame, step: step) else { return .pass }
            state.fault = nil
            state.recording.hasFired = true
            return action
        }
    }
}
