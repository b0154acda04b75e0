import Foundation
import Glibc
import Synchronization

@testable import FRRManagement

/// A management socket in this process: one thread accepts, cuts frames and asks a handler what to do. Records what it
/// was sent.
final class FakeServer: Sendable {
    /// What the peer does after a frame.
    enum Action: Sendable {
        /// Bytes in one write.
        case send([UInt8])
        /// Bytes in writes of one byte each.
        case trickle([UInt8])
        /// End of the connection.
        case close
    }

    /// Called on the server's thread, frame by frame; nil stands for the end of a connection.
    typealias Handler = @Sendable (_ frame: Frame?, _ connection: Int) -> [Action]

    struct Record: Sendable {
        var connection: Int
        var frame: Frame
    }

    private struct State {
        var records: [Record] = []
        var pushed: [Action] = []
        var isStopping = false
    }

    let path: String
    private let state = Mutex(State())
    private let wakeup: (reader: Int32, writer: Int32)
    private let finished = DispatchSemaphore(value: 0)

    init(handler: @escaping Handler) {
        path = "\(NSTemporaryDirectory())/fake-\(UUID().uuidString.prefix(8)).sock"
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0)
        wakeup = (ends[0], ends[1])
        let listener = Self.listen(on: path)
        let thread = Thread { [self] in
            serve(listener, handler)
            finished.signal()
        }
        thread.start()
    }

    /// Everything received, in order.
    var records: [Record] { state.withLock { $0.records } }

    /// Does something to all connections, unasked.
    func push(_ actions: [Action]) {
        state.withLock { $0.pushed += actions }
        wake()
    }

    /// Ends all connections and the thread, and removes the socket.
    func stop() {
        state.withLock { $0.isStopping = true }
        wake()
        finished.wait()
    }

    private func wake() {
        var byte: UInt8 = 1
        _ = write(wakeup.writer, &byte, 1)
    }

    private static func listen(on path: String) -> Int32 {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        precondition(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        precondition(status == 0 && Glibc.listen(listener, 8) == 0)
        return listener
    }

    private func serve(_ listener: Int32, _ handler: Handler) {
        var connections: [Int32: (number: Int, parser: FrameParser)] = [:]
        var count = 0
        while true {
            let (pushed, isStopping) = state.withLock { state in
                defer { state.pushed = [] }
                return (state.pushed, state.isStopping)
            }
            if isStopping { break }
            for action in pushed {
                for descriptor in connections.keys { act(action, descriptor, &connections, handler) }
            }
            var entries = ([listener, wakeup.reader] + connections.keys).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&entries, nfds_t(entries.count), -1) > 0 else { continue }
            for entry in entries where entry.revents != 0 {
                if entry.fd == wakeup.reader {
                    var byte: UInt8 = 0
                    _ = read(wakeup.reader, &byte, 1)
                } else if entry.fd == listener {
                    count += 1
                    connections[accept(listener, nil, nil)] = (count, FrameParser())
                } else {
                    receive(entry.fd, &connections, handler)
                }
            }
        }
        for descriptor in connections.keys { Glibc.close(descriptor) }
        Glibc.close(listener)
        Glibc.close(wakeup.reader)
        Glibc.close(wakeup.writer)
        unlink(path)
    }

    private func receive(
        _ descriptor: Int32, _ connections: inout [Int32: (number: Int, parser: FrameParser)], _ handler: Handler
    ) {
        guard let number = connections[descriptor]?.number else { return }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return act(.close, descriptor, &connections, handler) }
        connections[descriptor]?.parser.append(Array(buffer[..<count]))
        while let frame = try? connections[descriptor]?.parser.next() {
            state.withLock { $0.records.append(Record(connection: number, frame: frame)) }
            for action in handler(frame, number) { act(action, descriptor, &connections, handler) }
        }
    }

    private func act(
        _ action: Action, _ descriptor: Int32, _ connections: inout [Int32: (number: Int, parser: FrameParser)],
        _ handler: Handler
    ) {
        guard let number = connections[descriptor]?.number else { return }
        switch action {
        case .send(let bytes):
            var offset = 0
            while offset < bytes.count {
                let count = bytes[offset...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                offset += count
            }
        case .trickle(let bytes):
            for byte in bytes { act(.send([byte]), descriptor, &connections, handler) }
        case .close:
            connections[descriptor] = nil
            Glibc.close(descriptor)
            _ = handler(nil, number)
        }
    }
}
