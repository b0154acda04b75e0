public import Bindings
internal import Synchronization

/// What a `Subscriber` needs to know.
public struct SubscriberConfiguration: Sendable {
    /// Where the publisher is.
    public var endpoint: TransportEndpoint
    /// How both sides know each other; `zmq+tcp://` needs `.curve`.
    public var security: ClientSecurity
    /// Beginnings of the wanted topics; an empty one means all.
    public var topics: [[UInt8]] = [[]]
    /// Events that may wait for the reader.
    public var bufferLimit = 1024
    /// The longest frame.
    public var frameByteLimit = 1 << 20
    /// Pings by which a dead publisher is noticed; nil for none.
    public var heartbeat: ZeroMQSocketOptions.Heartbeat? = .init(interval: .seconds(2), timeout: .seconds(6))

    /// Makes a configuration with the defaults above.
    public init(endpoint: TransportEndpoint, security: ClientSecurity = .filePermissions) {
        self.endpoint = endpoint
        self.security = security
    }
}

/// Receives the records of a `Publisher` on a SUB socket, and says when some may be missing.
///
/// It connects again by itself, for ever. On every `.catchUp` the reader reads the journal from the last record it has;
/// what comes twice it knows by the record's own number.
public actor Subscriber {
    /// What was received, for one reader.
    public nonisolated let events: SubscriptionEvents

    private let thread: PinnedThread
    private let waiter: ZeroMQWaiter
    private let configuration: SubscriberConfiguration
    private let counters = Mutex((received: 0, malformed: 0))
    private var link: ClientLink?
    private var isClosed = false
    private var isLive = false
    private var greeting: [UInt8] = []
    private var lastNumbers: [[UInt8]: UInt64] = [:]

    /// The pinned thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

    /// Starts the thread; connects only with `start()`.
    public init(configuration: SubscriberConfiguration) {
        waiter = ZeroMQWaiter()
        thread = PinnedThread(name: "rpc-subscriber", waiter: waiter)
        events = SubscriptionEvents(limit: configuration.bufferLimit)
        self.configuration = configuration
    }

    isolated deinit {
        close()
    }

    /// Records received so far, also those that the reader was too slow for. Any thread.
    public nonisolated var receivedCount: Int { counters.withLock { $0.received } }

    /// Messages that were no records and were dropped. Any thread.
    public nonisolated var malformedCount: Int { counters.withLock { $0.malformed } }

    /// Begins to connect, without waiting for it; a publisher that is not there yet is waited for.
    ///
    /// - Throws: `insecure`, `invalidConfiguration`, `system`; `closed` after `close()`.
    public func start() throws(TransportError) {
        guard !isClosed else { throw TransportError(code: .closed, message: "the subscriber is closed") }
        guard link == nil else { return }
        var options = ZeroMQSocketOptions()
        options.frameByteLimit = configuration.frameByteLimit
        options.receiveLimit = configuration.bufferLimit
        options.heartbeat = configuration.heartbeat
        let link = try ClientLink(
            .subscriber, endpoint: configuration.endpoint, security: configuration.security, options: options)
        do throws(TransportError) {
            try open(link)
        } catch {
            link.close()
            throw error
        }
        self.link = link
    }

    /// Ends the events and returns when the thread has closed the socket. May be called again.
    public func close() {
        isClosed = true
        events.end()
        guard let link else { return }
        self.link = nil
        waiter.setTimer(nil)
        unwatch(link)
        link.close()
    }

    private func open(_ link: ClientLink) throws(TransportError) {
        greeting = PublicationFrames.makeGreeting()
        lastNumbers = [:]
        isLive = false
        let subscriptions = configuration.topics + [greeting]
        try link.open { socket throws(ZeroMQError) in
            for topic in subscriptions { try socket.subscribe(topic) }
        }
        guard let socket = link.socket, let monitor = link.monitor else { return }
        // The handlers come while the thread is idle, which is as good as inside the actor: no job is running.
        waiter.watch(socket) { [weak self] in self?.assumeIsolated { $0.receiveRecords() } }
        waiter.watch(monitor) { [weak self] in self?.assumeIsolated { $0.receiveConnectionEvents() } }
    }

    private func unwatch(_ link: ClientLink) {
        if let socket = link.socket { waiter.unwatch(socket) }
        if let monitor = link.monitor { waiter.unwatch(monitor) }
    }

    private func receiveRecords() {
        while let message = try? link?.socket?.receive() {
            take(message)
        }
    }

    private func take(_ message: ZeroMQSocket.Message) {
        link?.worked()
        let frames = message.frames
        if frames.first == greeting {
            isLive = true
            return events.put(.catchUp(.subscribed))
        }
        // Somebody else's greeting, since we asked for all topics.
        if frames.first?.starts(with: PublicationFrames.greetingPrefix) == true { return }
        guard message.frameCount == 3, let number = PublicationFrames.number(frames[2]) else {
            return counters.withLock { $0.malformed += 1 }
        }
        counters.withLock { $0.received += 1 }
        // Before the greeting not all subscriptions are in force; the journal has these records too.
        guard isLive else { return }
        let last = lastNumbers.updateValue(number, forKey: frames[0])
        if let last, number != last &+ 1 { events.put(.catchUp(.dropped)) }
        events.put(.record(topic: frames[0], body: frames[1]))
    }

    private func receiveConnectionEvents() {
        guard let link, link.takeEvents().contains(where: { $0 != .established }) else { return }
        receiveRecords()
        events.put(.disconnected(reason: link.lastFailure ?? "the connection broke"))
        unwatch(link)
        link.discard()
        scheduleReopening(link)
    }

    private func scheduleReopening(_ link: ClientLink) {
        waiter.setTimer(.now + link.nextPause()) { [weak self] in self?.assumeIsolated { $0.reopen() } }
    }

    private func reopen() {
        guard let link else { return }
        do throws(TransportError) {
            try open(link)
        } catch {
            scheduleReopening(link)
        }
    }
}
