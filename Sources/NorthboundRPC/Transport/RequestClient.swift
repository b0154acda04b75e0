public import Bindings

/// What a `RequestClient` needs to know.
public struct RequestClientConfiguration: Sendable {
    /// Where the server is.
    public var endpoint: TransportEndpoint
    /// How both sides know each other; `zmq+tcp://` needs `.curve`.
    public var security: ClientSecurity
    /// Calls that may wait at once; one more fails with `tooManyPending`.
    public var pendingLimit = 2048
    /// The longest frame, of requests and of replies.
    public var frameByteLimit = 1 << 20
    /// How long `close()` may take to send requests that are on their way.
    public var linger: Duration = .seconds(1)
    /// Pings by which a dead server is noticed; nil for none.
    public var heartbeat: ZeroMQSocketOptions.Heartbeat? = .init(interval: .seconds(2), timeout: .seconds(6))
    /// Set for a client that has one connection only, as what it knows holds for one run of the server: when that breaks
    /// or cannot be made, the closure is called once, on the socket's thread, and all calls fail with `connectionLost`.
    /// Nil: the client connects again and again.
    public var onConnectionLost: (@Sendable (_ reason: String) -> Void)?

    /// Makes a configuration with the defaults above.
    public init(endpoint: TransportEndpoint, security: ClientSecurity = .filePermissions) {
        self.endpoint = endpoint
        self.security = security
    }
}

/// What a `RequestClient` has seen since it was made. Only `callsPending` goes down.
public struct RequestClientStatistics: Sendable, Hashable {
    /// Calls that wait now, sent or not.
    public var callsPending = 0
    /// Calls that were taken.
    public var calls = 0
    /// Calls that got their reply.
    public var replies = 0
    /// Calls whose deadline passed.
    public var callsExpired = 0
    /// Calls whose connection broke after they were sent.
    public var callsLost = 0
    /// Replies that nobody was waiting for any more.
    public var repliesLate = 0
    /// Messages that were no reply: a wrong number of frames, or a header without a request id.
    public var repliesMalformed = 0
    /// Connections made.
    public var connections = 0
    /// Connections lost or refused.
    public var disconnections = 0
    /// Failures of libzmq itself while sending, receiving or connecting.
    public var socketErrors = 0
}

/// Sends requests on a DEALER socket and gives each its reply, any number at a time, in any order.
///
/// The socket lives on a thread of its own. A request is handed to libzmq once there is a connection, and not after its
/// deadline. When the connection breaks, the calls already sent fail with `connectionLost` at once, the others wait for
/// the next connection until their deadlines.
public actor RequestClient {
    /// Finds the request id in a header, of a request or of a reply; nil when there is none.
    public typealias Correlation = @Sendable ([UInt8]) -> [UInt8]?
    /// True when further replies with the same request id follow the one with this header.
    public typealias Continuation = @Sendable ([UInt8]) -> Bool

    private let thread: PinnedThread
    private let waiter: ZeroMQWaiter
    private let pending: PendingCalls
    private let configuration: RequestClientConfiguration
    private let correlation: Correlation
    private let hasMore: Continuation
    private var link: ClientLink?
    private var isClosed = false
    private var reopening: ContinuousClock.Instant?

    /// The pinned thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

    /// Starts the thread; connects only with `start()`.
    public init(
        configuration: RequestClientConfiguration, correlation: @escaping Correlation,
        hasMore: @escaping Continuation = { _ in false }
    ) {
        waiter = ZeroMQWaiter()
        thread = PinnedThread(name: "rpc-client", waiter: waiter)
        pending = PendingCalls(limit: configuration.pendingLimit)
        self.configuration = configuration
        self.correlation = correlation
        self.hasMore = hasMore
    }

    isolated deinit {
        close()
    }

    /// What was seen so far. Any thread.
    public nonisolated var statistics: RequestClientStatistics { pending.statistics }

    /// Begins to connect, without waiting for it; a server that is not there yet is waited for.
    ///
    /// - Throws: `insecure`, `invalidConfiguration`, `system`; `closed` after `close()`.
    public func start() throws(TransportError) {
        guard !isClosed else { throw .clientClosed }
        guard link == nil else { return }
        var options = ZeroMQSocketOptions()
        options.linger = configuration.linger
        options.frameByteLimit = configuration.frameByteLimit
        // What waits longer does so in `pending`, where deadlines and cancellations are seen.
        options.sendLimit = 256
        options.receiveLimit = configuration.pendingLimit
        options.heartbeat = configuration.heartbeat
        let link = try ClientLink(
            .dealer, endpoint: configuration.endpoint, security: configuration.security, options: options)
        do throws(TransportError) {
            try link.open()
        } catch {
            link.close()
            throw error
        }
        self.link = link
        pending.begin()
        // The handlers come while the thread is idle, which is as good as inside the actor: no job is running.
        waiter.setWakeHandler { [weak self] in self?.assumeIsolated { $0.step() } }
        watch(link)
        step()
    }

    /// Sends a request and waits for its reply. Any thread, any number at a time. As `callForParts`, where a reply has
    /// one part only.
    public nonisolated func call(
        _ request: TransportMessage, deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> TransportMessage {
        try await callForParts(request, deadline: deadline)[0]
    }

    /// Sends a request and waits for all parts of its reply, at least one. Any thread, any number at a time.
    ///
    /// - Parameters:
    ///   - request: its header has a request id that no other call under way has.
    ///   - deadline: when to stop waiting. Told to the server by the codec, in the header.
    /// - Throws: `deadlineExceeded`, `connectionLost` and `cancelled`, after which the request may or may not have been
    ///   executed; `tooManyPending`, `invalidRequest` and `closed`, after which it was not.
    public nonisolated func callForParts(
        _ request: TransportMessage, deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> [TransportMessage] {
        let longest = max(request.header.count, request.body.count)
        guard longest <= configuration.frameByteLimit else {
            throw TransportError(
                code: .invalidRequest,
                message: "a frame of \(longest) bytes; at most \(configuration.frameByteLimit) are allowed")
        }
        guard let id = correlation(request.header) else {
            throw TransportError(code: .invalidRequest, message: "the request has no request id")
        }
        let call = PendingCalls.Unsent(id: id, serial: pending.nextSerial(), request: request)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                pending.add(call, deadline: deadline, continuation: continuation)
                // A cancellation before `add` found nothing to cancel.
                if Task.isCancelled { pending.cancel(id, serial: call.serial) }
                waiter.wake()
            }
        } onCancel: {
            pending.cancel(id, serial: call.serial)
        }
        return try outcome.get()
    }

    /// Ends all calls with `closed`, sends what is on its way for at most the linger, and returns when the thread has
    /// closed the socket. May be called again.
    public func close() {
        isClosed = true
        pending.end(.clientClosed)
        guard let link else { return }
        self.link = nil
        waiter.setWakeHandler(nil)
        waiter.setTimer(nil)
        unwatch(link)
        link.close()
    }

    // MARK: - The thread

    /// Does what is due: sends, ends late calls, connects again; and sets the timer for what is due next.
    private func step() {
        guard let link else { return }
        let now = ContinuousClock.now
        pending.expire(now: now, reason: link.lastFailure)
        if let reopening, reopening <= now { reopen(link) }
        if link.isEstablished, let socket = link.socket { sendCalls(on: socket) }
        let due = [pending.earliestDeadline, reopening].compactMap(\.self).min()
        waiter.setTimer(due) { [weak self] in self?.assumeIsolated { $0.step() } }
    }

    private func sendCalls(on socket: ZeroMQSocket) {
        let isFull = pending.sendAll { request in
            do throws(ZeroMQError) {
                return try socket.send([request.header, request.body]) == .sent
            } catch {
                // Its caller gets its deadline, like that of any other request that was lost.
                pending.count { $0.socketErrors += 1 }
                return true
            }
        }
        waiter.watch(socket, for: isFull ? [.input, .output] : .input) { [weak self] in
            self?.assumeIsolated { $0.socketReady() }
        }
    }

    private func socketReady() {
        guard let link else { return }
        receiveReplies(link)
        step()
    }

    private func receiveReplies(_ link: ClientLink) {
        while let message = try? link.socket?.receive() {
            link.worked()
            guard message.frameCount == 2, let id = correlation(message.frames[0]) else {
                pending.count { $0.repliesMalformed += 1 }
                continue
            }
            let part = TransportMessage(header: message.frames[0], body: message.frames[1])
            pending.complete(id, with: part, hasMore: hasMore(part.header))
        }
    }

    private func receiveConnectionEvents() {
        guard let link else { return }
        let events = link.takeEvents()
        guard !events.isEmpty else { return }
        let made = events.count { $0 == .established }
        pending.count {
            $0.connections += made
            $0.disconnections += events.count - made
        }
        if made < events.count {
            // Replies that came before the end are good.
            receiveReplies(link)
            let reason = link.lastFailure ?? "the connection broke"
            let error = TransportError(code: .connectionLost, message: "\(configuration.endpoint): \(reason)")
            if let onConnectionLost = configuration.onConnectionLost {
                pending.end(error)
                unwatch(link)
                link.discard()
                onConnectionLost(reason)
                return
            }
            pending.failSent(error)
            scheduleReopening(link)
        }
        step()
    }

    // MARK: - Connecting again

    private func scheduleReopening(_ link: ClientLink) {
        unwatch(link)
        link.discard()
        reopening = .now + link.nextPause()
    }

    private func reopen(_ link: ClientLink) {
        reopening = nil
        do throws(TransportError) {
            try link.open()
            watch(link)
        } catch {
            pending.count { $0.socketErrors += 1 }
            reopening = .now + link.nextPause()
        }
    }

    private func watch(_ link: ClientLink) {
        guard let socket = link.socket, let monitor = link.monitor else { return }
        waiter.watch(socket) { [weak self] in self?.assumeIsolated { $0.socketReady() } }
        waiter.watch(monitor) { [weak self] in self?.assumeIsolated { $0.receiveConnectionEvents() } }
    }

    private func unwatch(_ link: ClientLink) {
        if let socket = link.socket { waiter.unwatch(socket) }
        if let monitor = link.monitor { waiter.unwatch(monitor) }
    }
}

extension TransportError {
    static let clientClosed = TransportError(code: .closed, message: "the client is closed or was not started")
}
