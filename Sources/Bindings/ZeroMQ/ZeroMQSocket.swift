internal import CZeroMQ
internal import Glibc

/// One ZeroMQ socket, non-blocking, bound to the thread that made it: every call but `deinit` checks that.
///
/// It lives in an actor on a `PinnedThread`, whose `ZeroMQWaiter` says when there is something to receive. The owner
/// closes it before dropping it.
@safe
public final class ZeroMQSocket: @unchecked Sendable {
    // Sendable, since all state is used on the owner's thread only, and each entry point makes sure of it.

    /// The socket types in use here. There is no REQ: one lost reply would wedge it.
    public enum Kind: Sendable, Hashable {
        /// Talks to many; the first frame names the peer.
        case router
        /// Talks to one or many, any number of messages each way.
        case dealer
        /// Sends to subscribers and sees their subscriptions (XPUB).
        case publisher
        /// Receives what it subscribed to.
        case subscriber
        /// Answers one message at a time.
        case reply
        /// One to one inside the process.
        case pair
    }

    /// A message as it was received.
    public struct Message: Sendable, Hashable {
        /// The frames, up to the number asked for; what was beyond is gone.
        public var frames: [[UInt8]]
        /// How many frames there were.
        public var frameCount: Int
        /// The client's public key in Z85, as the `CurveAuthenticator` saw it; nil without CURVE.
        public var userID: String?
        /// Where the peer is: an IP address, or `localhost:uid:gid:pid` for `ipc://`; nil when unknown.
        public var peerAddress: String?
    }

    /// What became of a message to be sent.
    public enum SendOutcome: Sendable, Hashable {
        /// Queued; whether it arrives is not known.
        case sent
        /// The queue is full, or nobody is connected: nothing was queued.
        case full
        /// ROUTER: there is no such peer, nothing was queued.
        case unroutable
    }

    /// What to wait for.
    public struct Events: OptionSet, Sendable, Hashable {
        /// libzmq's bits.
        public let rawValue: Int16

        /// Takes libzmq's bits.
        public init(rawValue: Int16) { self.rawValue = rawValue }

        /// A message can be received.
        public static let input = Events(rawValue: 1)
        /// A message can be sent.
        public static let output = Events(rawValue: 2)
    }

    private var pointer: UnsafeMutableRawPointer?
    private var isMonitored = false
    private let owner = pthread_self()

    /// Makes a socket that belongs to the calling thread.
    ///
    /// - Throws: `invalidArgument` for an option that cannot be used, `system` when libzmq has no room for a socket.
    public init(_ kind: Kind, context: ZeroMQContext, options: ZeroMQSocketOptions) throws(ZeroMQError) {
        unsafe pointer = try context.makeSocket(kind.type)
        do throws(ZeroMQError) {
            try apply(options, kind: kind)
        } catch {
            close()
            throw error
        }
    }

    deinit {
        assert(unsafe pointer == nil, "a ZeroMQSocket was dropped without close()")
    }

    /// Closes the socket; unsent messages are kept by the context for the linger. May be called again.
    ///
    /// - Parameter discardsUnsent: throw unsent messages away instead.
    public func close(discardsUnsent: Bool = false) {
        guard let pointer = unsafe checkedPointer() else { return }
        if discardsUnsent { try? set(ZMQ_LINGER, 0, "LINGER") }
        unsafe self.pointer = nil
        // First, since events go on until libzmq has cleaned up behind the scenes: with nobody at the other end of the
        // monitor they would block its I/O thread, and with it all sockets of the context.
        if isMonitored { _ = unsafe zmq_socket_monitor(pointer, nil, 0) }
        unsafe zmq_close(pointer)
    }

    /// Accepts connections at a libzmq endpoint.
    ///
    /// - Returns: the endpoint as bound, with the real port where the system chose it.
    /// - Throws: `addressInUse`, `forbidden`, `invalidArgument`, `system`.
    public func bind(_ endpoint: String) throws(ZeroMQError) -> String {
        let pointer = try unsafe openPointer()
        guard unsafe zmq_bind(pointer, endpoint) == 0 else { throw .last("bind \(endpoint)") }
        var text = [UInt8](repeating: 0, count: 256)
        var count = text.count
        guard unsafe zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else {
            throw .last("endpoint of \(endpoint)")
        }
        return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Accepts connections on a socket file that is ours already. On success libzmq owns its descriptor.
    ///
    /// - Throws: `invalidArgument`, `system`.
    public func bind(_ listener: UnixListener) throws(ZeroMQError) {
        try set(ZMQ_USE_FD, listener.descriptor, "USE_FD")
        _ = try bind("ipc://\(listener.path)")
        listener.descriptorWasTaken()
    }

    /// Connects, now and again whenever the connection is lost, without waiting for it.
    ///
    /// - Throws: `invalidArgument`, `system`.
    public func connect(_ endpoint: String) throws(ZeroMQError) {
        let pointer = try unsafe openPointer()
        guard unsafe zmq_connect(pointer, endpoint) == 0 else { throw .last("connect \(endpoint)") }
    }

    /// SUB: asks for all messages whose first frame begins so.
    ///
    /// - Throws: `system`.
    public func subscribe(_ prefix: [UInt8]) throws(ZeroMQError) {
        try set(ZMQ_SUBSCRIBE, prefix, "SUBSCRIBE")
    }

    /// Reports the connection events (`ConnectionEvent`) on a PAIR socket, which the caller owns as well, reads, and
    /// closes after this one.
    ///
    /// - Parameter name: of no other monitor in the context.
    /// - Throws: `system`.
    public func monitor(context: ZeroMQContext, name: String) throws(ZeroMQError) -> ZeroMQSocket {
        let pointer = try unsafe openPointer()
        let endpoint = "inproc://monitor.\(name)"
        guard unsafe zmq_socket_monitor(pointer, endpoint, ConnectionEvent.watched) == 0 else {
            throw .last("monitor")
        }
        isMonitored = true
        let monitor = try ZeroMQSocket(.pair, context: context, options: ZeroMQSocketOptions())
        do throws(ZeroMQError) {
            try monitor.connect(endpoint)
        } catch {
            monitor.close()
            throw error
        }
        return monitor
    }

    // MARK: - Messages

    /// Queues a message of at least one frame, without waiting.
    ///
    /// - Throws: `terminated`, `system`.
    public func send(_ frames: [[UInt8]]) throws(ZeroMQError) -> SendOutcome {
        let pointer = try unsafe openPointer()
        for (index, frame) in frames.enumerated() {
            let flags = index + 1 < frames.count ? ZMQ_DONTWAIT | ZMQ_SNDMORE : ZMQ_DONTWAIT
            while unsafe zmq_send(pointer, frame, frame.count, flags) < 0 {
                let error = ZeroMQError.last("send")
                switch error.number {
                case EINTR: continue
                // Only the first frame can meet a full queue: the message has its place then.
                case EAGAIN where index == 0: return .full
                case EHOSTUNREACH where index == 0: return .unroutable
                default: throw error
                }
            }
        }
        return .sent
    }

    /// Takes the next message, without waiting; nil when there is none.
    ///
    /// - Parameter frameLimit: frames to keep; more are read and thrown away.
    /// - Throws: `terminated`, `system`.
    public func receive(frameLimit: Int = 4) throws(ZeroMQError) -> Message? {
        let pointer = try unsafe openPointer()
        var part = cosmolet_zmq_empty_message()
        var received = Message(frames: [], frameCount: 0)
        let error = unsafe withUnsafeMutablePointer(to: &part) { part -> ZeroMQError? in
            defer { unsafe zmq_msg_close(part) }
            repeat {
                while unsafe zmq_msg_recv(part, pointer, ZMQ_DONTWAIT) < 0 {
                    let error = ZeroMQError.last("receive")
                    if error.number != EINTR { return error }
                }
                received.frameCount += 1
                if received.frames.count < frameLimit {
                    let bytes = unsafe UnsafeRawBufferPointer(start: zmq_msg_data(part), count: zmq_msg_size(part))
                    unsafe received.frames.append(Array(bytes))
                }
                // Not every frame has them: ROUTER's own first one may be without.
                if received.userID == nil { received.userID = unsafe text(of: part, "User-Id") }
                if received.peerAddress == nil { received.peerAddress = unsafe text(of: part, "Peer-Address") }
            } while unsafe zmq_msg_more(part) != 0
            return nil
        }
        guard let error else { return received }
        if error.number == EAGAIN { return nil }
        throw error
    }

    // MARK: - For this folder

    /// Lends the handle to `zmq_poll`; nil once closed.
    func checkedPointer() -> UnsafeMutableRawPointer? {
        precondition(pthread_equal(owner, pthread_self()) != 0, "a ZeroMQ socket was used on a thread not its owner")
        return unsafe pointer
    }

    func set(_ option: Int32, _ value: Int32, _ name: String) throws(ZeroMQError) {
        var value = value
        let status = try unsafe zmq_setsockopt(openPointer(), option, &value, MemoryLayout<Int32>.size)
        if status != 0 { throw .last("option \(name)") }
    }

    func setWide(_ option: Int32, _ value: Int64, _ name: String) throws(ZeroMQError) {
        var value = value
        let status = try unsafe zmq_setsockopt(openPointer(), option, &value, MemoryLayout<Int64>.size)
        if status != 0 { throw .last("option \(name)") }
    }

    func set(_ option: Int32, _ value: [UInt8], _ name: String) throws(ZeroMQError) {
        let status = try unsafe zmq_setsockopt(openPointer(), option, value, value.count)
        if status != 0 { throw .last("option \(name)") }
    }

    private func openPointer() throws(ZeroMQError) -> UnsafeMutableRawPointer {
        guard let pointer = unsafe checkedPointer() else {
            throw ZeroMQError(code: .terminated, message: "the socket is closed")
        }
        return unsafe pointer
    }

    private func text(of part: UnsafeMutablePointer<zmq_msg_t>, _ property: String) -> String? {
        guard let text = unsafe zmq_msg_gets(part, property) else { return nil }
        return unsafe String(cString: text)
    }
}

extension ZeroMQSocket.Kind {
    fileprivate var type: Int32 {
        switch self {
        case .router: ZMQ_ROUTER
        case .dealer: ZMQ_DEALER
        case .publisher: ZMQ_XPUB
        case .subscriber: ZMQ_SUB
        case .reply: ZMQ_REP
        case .pair: ZMQ_PAIR
        }
    }
}
