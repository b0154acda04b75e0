internal import Bindings

/// Receives requests on a ROUTER socket and lets a handler answer them, many at once.
///
/// The socket lives on a thread of its own; the handler runs in child tasks of `run()`. Memory is bounded: what is over
/// a bound is refused at once with a reply that the caller of `init` makes, and replies to a peer that does not read are
/// dropped. Replies go out in the order in which the handlers end.
public actor RequestServer {
    /// Answers a request with any number of messages to its sender, usually one. It runs off the socket's thread. When
    /// the task of `run()` is cancelled so is the handler's; an answer given all the same is still sent.
    public typealias Handler = @Sendable (TransportPeer, TransportMessage) async -> [TransportMessage]

    /// Makes the reply to a request that is not taken, out of its frames as received (at most three are kept); nil for
    /// no reply. It runs on the socket's thread and must be quick.
    public typealias RefusalReply = @Sendable (RequestRefusal, _ frames: [[UInt8]]) -> TransportMessage?

    /// How many messages are received before other work of the thread gets its turn.
    private static let batchSize = 256

    private struct Admitted: Sendable {
        var peer: TransportPeer
        var message: TransportMessage
    }

    private enum Phase {
        case new
        case open(BoundSocket)
        case closed
    }

    private let thread: PinnedThread
    private let waiter: ZeroMQWaiter
    private let mailbox: RequestServerMailbox
    private let configuration: RequestServerConfiguration
    private let handler: Handler
    private let refusalReply: RefusalReply
    private var phase = Phase.new
    private var admission: RequestAdmission
    private var clientNames: [String: String]?
    private var admitted: [Admitted] = []
    private var receiver: CheckedContinuation<Void, Never>?

    /// The pinned thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

    /// Starts the thread; listens only with `start()` or `run()`.
    public init(
        configuration: RequestServerConfiguration, refusalReply: @escaping RefusalReply, handler: @escaping Handler
    ) {
        waiter = ZeroMQWaiter()
        thread = PinnedThread(name: "rpc-server", waiter: waiter)
        mailbox = RequestServerMailbox(waiter: waiter)
        self.configuration = configuration
        self.refusalReply = refusalReply
        self.handler = handler
        admission = RequestAdmission(
            limits: .init(
                requests: configuration.requestLimit, requestsPerPeer: configuration.requestLimitPerPeer,
                bytes: configuration.requestByteLimit))
        if case .curve(_, let clients) = configuration.security { clientNames = clients.names }
    }

    isolated deinit {
        close()
    }

    /// What was seen so far. Any thread.
    public nonisolated var statistics: RequestServerStatistics { mailbox.statistics }

    /// Listens; clients can connect once it returns, and are answered once `run()` is called.
    ///
    /// - Returns: where it listens, with the real port if the system chose it.
    /// - Throws: `insecure`, `invalidConfiguration`, `addressInUse`, `forbidden`, `system`; `closed` after `run()`.
    public func start() throws(TransportError) -> TransportEndpoint {
        switch phase {
        case .open(let bound): return bound.endpoint
        case .closed: throw TransportError(code: .closed, message: "the server on \(configuration.endpoint) has ended")
        case .new: break
        }
        var options = ZeroMQSocketOptions()
        options.linger = configuration.linger
        options.frameByteLimit = configuration.frameByteLimit
        options.sendLimit = configuration.replyLimitPerPeer
        options.receiveLimit = Self.batchSize
        options.reportsUnroutable = true
        options.heartbeat = configuration.heartbeat
        let bound = try BoundSocket(
            .router, endpoint: configuration.endpoint, security: configuration.security, group: configuration.group,
            options: options)
        phase = .open(bound)
        // The handlers come while the thread is idle, which is as good as inside the actor: no job is running.
        waiter.watch(bound.socket) { [weak self] in self?.assumeIsolated { $0.receiveRequests() } }
        waiter.watch(bound.monitor) { [weak self] in self?.assumeIsolated { $0.receiveConnectionEvents() } }
        if let authenticator = bound.authenticator {
            waiter.watch(authenticator.socket) { [weak self] in self?.assumeIsolated { $0.serveAuthenticator() } }
        }
        waiter.setWakeHandler { [weak self] in self?.assumeIsolated { $0.woken() } }
        return bound.endpoint
    }

    /// Serves until `stop()` is called or the task is cancelled; then refuses new requests, waits for the handlers,
    /// sends their replies and closes the socket before it returns. To be called once.
    ///
    /// - Throws: as `start()`, which it calls if need be.
    public func run() async throws(TransportError) {
        _ = try start()
        await withTaskCancellationHandler {
            await serve()
        } onCancel: {
            stop()
        }
        sendAnswers()
        close()
    }

    /// Ends `run()`. Any thread, any number of times.
    public nonisolated func stop() {
        mailbox.stop()
    }

    /// Changes who may come in; without CURVE it does nothing. A client that is no longer there is not listened to from
    /// now on, though connected.
    public func allow(_ clients: AllowedClients) {
        guard case .open(let bound) = phase, let authenticator = bound.authenticator else { return }
        authenticator.allowedKeys = Set(clients.names.keys)
        clientNames = clients.names
    }

    // MARK: - Serving

    private func serve() async {
        await withDiscardingTaskGroup { group in
            while let batch = await nextBatch() {
                for request in batch {
                    group.addTask { [handler, mailbox] in
                        let messages = await handler(request.peer, request.message)
                        mailbox.post(
                            .init(
                                peer: request.peer.routingID, requestByteCount: request.message.byteCount,
                                messages: messages))
                    }
                }
            }
        }
    }

    /// Requests that were admitted; nil once the server stops and there are none left.
    private func nextBatch() async -> [Admitted]? {
        while admitted.isEmpty {
            if mailbox.isStopping { return nil }
            await withCheckedContinuation { receiver = $0 }
        }
        defer { admitted = [] }
        return admitted
    }

    private func woken() {
        sendAnswers()
        if mailbox.isStopping { resumeReceiver() }
    }

    private func resumeReceiver() {
        receiver?.resume()
        receiver = nil
    }

    private func close() {
        guard case .open(let bound) = phase else {
            phase = .closed
            return
        }
        phase = .closed
        waiter.setWakeHandler(nil)
        waiter.unwatch(bound.socket)
        waiter.unwatch(bound.monitor)
        if let authenticator = bound.authenticator { waiter.unwatch(authenticator.socket) }
        bound.close()
    }

    // MARK: - Receiving

    private func receiveRequests() {
        guard case .open(let bound) = phase else { return }
        for _ in 0..<Self.batchSize {
            do throws(ZeroMQError) {
                guard let message = try bound.socket.receive() else { break }
                take(message, on: bound.socket)
            } catch {
                mailbox.count { $0.socketErrors += 1 }
                break
            }
        }
        if !admitted.isEmpty { resumeReceiver() }
    }

    private func take(_ message: ZeroMQSocket.Message, on socket: ZeroMQSocket) {
        // ROUTER puts the peer's routing id in front.
        guard let routingID = message.frames.first else { return }
        let credentials: TransportPeer.Credentials
        if let clientNames {
            // Asked again for each message: a key taken off the list counts at once.
            guard let key = message.userID, let name = clientNames[key] else {
                return mailbox.count { $0.requestsUnauthenticated += 1 }
            }
            credentials = .curve(publicKey: key, name: name)
        } else {
            credentials = .init(peerAddress: message.peerAddress)
        }
        let frames = Array(message.frames.dropFirst())
        if mailbox.isStopping { return refuse(.stopping, frames, to: routingID, on: socket) }
        guard message.frameCount == 3 else {
            mailbox.count { $0.requestsMalformed += 1 }
            return refuse(.malformed(frameCount: message.frameCount - 1), frames, to: routingID, on: socket)
        }
        let request = TransportMessage(header: frames[0], body: frames[1])
        if let refusal = admission.admit(peer: routingID, byteCount: request.byteCount) {
            return refuse(refusal, frames, to: routingID, on: socket)
        }
        mailbox.count {
            $0.requests += 1
            $0.requestsInHand += 1
        }
        admitted.append(Admitted(peer: .init(routingID: routingID, credentials: credentials), message: request))
    }

    private func receiveConnectionEvents() {
        guard case .open(let bound) = phase else { return }
        while let message = try? bound.monitor.receive() {
            switch ConnectionEvent(message) {
            case .established?: mailbox.count { $0.connections += 1 }
            case .handshakeFailed?: mailbox.count { $0.handshakesFailed += 1 }
            case .lost?, nil: break
            }
        }
    }

    private func serveAuthenticator() {
        guard case .open(let bound) = phase, let authenticator = bound.authenticator else { return }
        do throws(ZeroMQError) {
            try authenticator.serve()
        } catch {
            mailbox.count { $0.socketErrors += 1 }
        }
        mailbox.count { $0.keysRefused = authenticator.refusedCount }
    }

    // MARK: - Sending

    private func refuse(
        _ refusal: RequestRefusal, _ frames: [[UInt8]], to peer: [UInt8], on socket: ZeroMQSocket
    ) {
        mailbox.count { $0.requestsRefused += 1 }
        if let reply = refusalReply(refusal, frames) { send(reply, to: peer, on: socket) }
    }

    private func sendAnswers() {
        for answer in mailbox.takeAnswers() {
            admission.release(peer: answer.peer, byteCount: answer.requestByteCount)
            mailbox.count { $0.requestsInHand -= 1 }
            guard case .open(let bound) = phase else { continue }
            for message in answer.messages {
                let byteCount = max(message.header.count, message.body.count)
                if byteCount <= configuration.frameByteLimit {
                    // Without this part, the ones behind it would be taken for all there is.
                    guard send(message, to: answer.peer, on: bound.socket) else { break }
                } else {
                    mailbox.count { $0.repliesTooLong += 1 }
                    guard let reply = refusalReply(.replyTooLong(byteCount: byteCount), [message.header]) else {
                        continue
                    }
                    send(reply, to: answer.peer, on: bound.socket)
                }
            }
        }
    }

    /// - Returns: false when the peer does not get it.
    @discardableResult
    private func send(_ message: TransportMessage, to peer: [UInt8], on socket: ZeroMQSocket) -> Bool {
        do throws(ZeroMQError) {
            switch try socket.send([peer, message.header, message.body]) {
            case .sent:
                mailbox.count { $0.replies += 1 }
                return true
            case .full: mailbox.count { $0.repliesDroppedSlowPeer += 1 }
            case .unroutable: mailbox.count { $0.repliesDroppedNoPeer += 1 }
            }
        } catch {
            mailbox.count { $0.socketErrors += 1 }
        }
        return false
    }
}
