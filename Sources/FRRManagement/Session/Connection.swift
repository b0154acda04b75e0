internal import Bindings
internal import Logging
internal import Northbound

/// The socket to mgmtd with its framing, and the matching of replies to requests. One request at a time (hazard 14).
///
/// Belongs to the session's thread. After any thrown error but a state read's deadline the byte stream is not to be
/// trusted, and the connection must be dropped.
final class Connection {
    private let socket: UnixStreamSocket
    private var parser = FrameParser()
    private var lastRequestID: UInt64 = 0
    private let logger: Logger

    /// How frames are written and read; set once the peer is known.
    var dialect: Dialect

    /// False once bytes were lost or made no sense: nothing more can be asked.
    private(set) var isUsable = true

    /// State reads that were given up, by session: their answers may come much later and free the session again.
    private(set) var abandonedReads: [UInt64: UInt64] = [:]
    private var freedSessions: [UInt64] = []

    /// - Throws: `unreachable` with what to do about it.
    init(socketPath: String, dialect: Dialect, logger: Logger) throws(ManagementError) {
        self.dialect = dialect
        self.logger = logger
        do {
            socket = try UnixStreamSocket(connectingTo: socketPath)
        } catch {
            let advice =
                switch error.kind {
                case .unreachable: "is FRR's mgmtd running, and is this its socket?"
                case .forbidden: "the socket belongs to frr with mode 0700: run as that user or as root"
                default: "check the path"
                }
            throw ManagementError(.unreachable, "\(socketPath): \(error); \(advice)")
        }
    }

    /// After this long a warning is logged.
    private static let patience = Duration.seconds(10)

    /// For the thread's waiter.
    var descriptor: Int32 { socket.descriptor }

    /// A number that no request of this connection had.
    func nextRequestID() -> UInt64 {
        lastRequestID += 1
        return lastRequestID
    }

    // MARK: - Requests

    /// Sends a request and waits for its reply. A refusal is a reply too.
    ///
    /// - Throws: `deadlineExceeded`, `disconnected`, `protocolViolation`, or `unsupported` before anything was sent.
    func request(_ request: Request, session: UInt64, within limit: Duration) throws(ManagementError) -> Reply {
        let id = nextRequestID()
        let deadline = ContinuousClock.now + limit
        let frame = try dialect.frame(request, session: session, id: id)
        let isCreation = if case .createSession = request { true } else { false }
        return try guarded { () throws(ManagementError) in
            try send(frame, until: deadline)
            return try reply(to: id, of: isCreation ? nil : session, until: deadline)
        }
    }

    /// Like `request`, for state: when the deadline passes the connection stays usable, the late reply is dropped when
    /// it comes, and until then the session takes no more requests (hazard 24).
    func stateRequest(_ request: Request, session: UInt64, within limit: Duration) throws(ManagementError) -> Reply {
        let id = nextRequestID()
        let deadline = ContinuousClock.now + limit
        let frame = try dialect.frame(request, session: session, id: id)
        try guarded { () throws(ManagementError) in try send(frame, until: deadline) }
        do {
            return try reply(to: id, of: session, until: deadline)
        } catch {
            if error.code == .deadlineExceeded { abandonedReads[session] = id } else { isUsable = false }
            throw error
        }
    }

    /// A session whose abandoned read was answered after all, to be used again.
    func takeFreedSession() -> UInt64? { freedSessions.popLast() }

    /// Waits for the next part of an answer that comes in several.
    func followingReply(to reply: Reply, within limit: Duration) throws(ManagementError) -> Reply {
        try guarded { () throws(ManagementError) in
            try self.reply(to: reply.request, of: reply.session, until: ContinuousClock.now + limit)
        }
    }

    private func guarded<Value>(_ body: () throws(ManagementError) -> Value) throws(ManagementError) -> Value {
        do {
            return try body()
        } catch {
            isUsable = false
            throw error
        }
    }

    private func reply(
        to id: UInt64, of session: UInt64?, until deadline: ContinuousClock.Instant
    ) throws(ManagementError) -> Reply {
        while true {
            let frame = try receive(until: deadline)
            guard let reply = try dialect.reply(frame) else {
                logger.debug("skipped a message that nobody asked for", metadata: ["bytes": "\(frame.byteCount)"])
                continue
            }
            if reply.request == id, session == nil || reply.session == session, reply.body != .notification {
                return reply
            }
            drop(reply)
        }
    }

    /// A reply that nobody waits for any more.
    private func drop(_ reply: Reply) {
        if abandonedReads[reply.session] == reply.request {
            abandonedReads[reply.session] = nil
            freedSessions.append(reply.session)
            logger.debug("a late answer to a state read arrived", metadata: ["session": "\(reply.session)"])
        }
    }

    // MARK: - Frames

    func send(_ frame: Frame, until deadline: ContinuousClock.Instant) throws(ManagementError) {
        do {
            try socket.send(frame.encoded, until: deadline)
        } catch {
            throw Self.failure(error, "while sending")
        }
    }

    /// The next frame.
    func receive(until deadline: ContinuousClock.Instant) throws(ManagementError) -> Frame {
        while true {
            if let frame = try parser.next() { return frame }
            if try fill() { continue }
            do {
                // A commit may take minutes: say so once, as nothing else happens meanwhile.
                let alarm = ContinuousClock.now + Self.patience
                if alarm < deadline, try !socket.waitForInput(until: alarm) {
                    logger.warning("mgmtd takes its time to answer; still waiting")
                }
                guard try socket.waitForInput(until: deadline) else {
                    throw ManagementError(.deadlineExceeded, "mgmtd did not answer in time")
                }
            } catch let error as ManagementError {
                throw error
            } catch let error as SocketError {
                throw Self.failure(error, "while waiting")
            } catch {
                throw ManagementError(.disconnected, "mgmtd: \(error)")
            }
        }
    }

    /// Takes what came while nothing was asked: late replies and notifications.
    ///
    /// - Throws: `disconnected` at the end of the stream.
    func drainIdle() throws(ManagementError) {
        try guarded { () throws(ManagementError) in
            repeat {
                while let frame = try parser.next() {
                    if let reply = try dialect.reply(frame) { drop(reply) }
                }
            } while try fill()
        }
    }

    /// Reads once; false when there is nothing now.
    private func fill() throws(ManagementError) -> Bool {
        do {
            let count = try parser.withBuffer { (buffer: inout [UInt8]) throws(SocketError) in
                try socket.receive(appendingTo: &buffer, atMost: 256 << 10)
            }
            if count == 0 { throw ManagementError(.disconnected, "mgmtd closed the connection") }
            return count != nil
        } catch let error as ManagementError {
            throw error
        } catch let error as SocketError {
            throw Self.failure(error, "while receiving")
        } catch {
            throw ManagementError(.disconnected, "mgmtd: \(error)")
        }
    }

    private static func failure(_ error: SocketError, _ moment: String) -> ManagementError {
        switch error.kind {
        case .deadlineExceeded: ManagementError(.deadlineExceeded, "mgmtd takes no more bytes")
        default: ManagementError(.disconnected, "connection to mgmtd lost \(moment): \(error)")
        }
    }
}
