public import Bindings
internal import Synchronization

/// What a `Publisher` needs to know.
public struct PublisherConfiguration: Sendable {
    /// Where to listen.
    public var endpoint: TransportEndpoint
    /// How subscribers are known; `zmq+tcp://` needs `.curve`.
    public var security: ServerSecurity
    /// For `zmq+ipc://`: as in `RequestServerConfiguration`.
    public var group: String?
    /// Records that may wait for the thread; the oldest goes when there is one more.
    public var bufferLimit = 1024
    /// Records that may wait for one slow subscriber; further ones to it are dropped, which it can tell.
    public var recordLimitPerPeer = 1000
    /// How long `close()` may take to send what is waiting.
    public var linger: Duration = .seconds(1)
    /// Pings by which dead subscribers are noticed; nil for none.
    public var heartbeat: ZeroMQSocketOptions.Heartbeat? = .init(interval: .seconds(2), timeout: .seconds(6))

    /// Makes a configuration with the defaults above.
    public init(endpoint: TransportEndpoint, security: ServerSecurity = .filePermissions, group: String? = nil) {
        self.endpoint = endpoint
        self.security = security
        self.group = group
    }
}

/// Sends records to whoever subscribes, on a PUB socket (XPUB, so as to see the subscriptions).
///
/// Publishing never waits for a subscriber. What a subscriber misses it reads from the journal; `Subscriber` says when.
public actor Publisher {
    private struct Record: Sendable {
        var topic: [UInt8]
        var body: [UInt8]
        var number: UInt64
    }

    private struct Outbox {
        var records: [Record] = []
        var lastNumbers: [[UInt8]: UInt64] = [:]
        var droppedCount = 0
        var greetingCount = 0
        var isOpen = false
    }

    private let thread: PinnedThread
    private let waiter: ZeroMQWaiter
    private let configuration: PublisherConfiguration
    private let outbox = Mutex(Outbox())
    private var bound: BoundSocket?
    private var isClosed = false

    /// The pinned thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

    /// Starts the thread; listens only with `start()`.
    public init(configuration: PublisherConfiguration) {
        waiter = ZeroMQWaiter()
        thread = PinnedThread(name: "rpc-publisher", waiter: waiter)
        self.configuration = configuration
    }

    isolated deinit {
        close()
    }

    /// Records dropped before they were sent to anybody, as the thread was behind. Any thread.
    public nonisolated var droppedCount: Int { outbox.withLock { $0.droppedCount } }

    /// Subscriptions of `Subscriber`s taken up so far. Any thread.
    public nonisolated var subscriptionCount: Int { outbox.withLock { $0.greetingCount } }

    /// Listens.
    ///
    /// - Returns: where it listens, with the real port if the system chose it.
    /// - Throws: `insecure`, `invalidConfiguration`, `addressInUse`, `forbidden`, `system`; `closed` after `close()`.
    public func start() throws(TransportError) -> TransportEndpoint {
        if let bound { return bound.endpoint }
        guard !isClosed else { throw TransportError(code: .closed, message: "the publisher is closed") }
        var options = ZeroMQSocketOptions()
        options.linger = configuration.linger
        options.sendLimit = configuration.recordLimitPerPeer
        // What comes in are subscriptions.
        options.frameByteLimit = 4096
        options.heartbeat = configuration.heartbeat
        let bound = try BoundSocket(
            .publisher, endpoint: configuration.endpoint, security: configuration.security, group: configuration.group,
            options: options)
        self.bound = bound
        outbox.withLock { $0.isOpen = true }
        waiter.watch(bound.socket) { [weak self] in self?.assumeIsolated { $0.receiveSubscriptions() } }
        let monitor = bound.monitor
        waiter.watch(monitor) { while (try? monitor.receive()) != nil {} }
        if let authenticator = bound.authenticator {
            waiter.watch(authenticator.socket) { try? authenticator.serve() }
        }
        waiter.setWakeHandler { [weak self] in self?.assumeIsolated { $0.sendRecords() } }
        return bound.endpoint
    }

    /// Sends a record to all who subscribed to the beginning of its topic, in the order of the calls; while not
    /// started or closed, to nobody. Any thread; does not wait.
    ///
    /// - Parameter topic: of few different ones, as each is remembered; it does not begin with a zero byte.
    public nonisolated func publish(topic: [UInt8], body: [UInt8]) {
        outbox.withLock { outbox in
            guard outbox.isOpen else { return }
            let number = (outbox.lastNumbers[topic] ?? 0) + 1
            outbox.lastNumbers[topic] = number
            outbox.records.append(Record(topic: topic, body: body, number: number))
            if outbox.records.count > configuration.bufferLimit {
                outbox.records.removeFirst()
                outbox.droppedCount += 1
            }
        }
        waiter.wake()
    }

    /// Sends what is waiting for at most the linger, and returns when the thread has closed the socket. May be called
    /// again.
    public func close() {
        isClosed = true
        guard let bound else { return }
        sendRecords()
        outbox.withLock { $0.isOpen = false }
        self.bound = nil
        waiter.setWakeHandler(nil)
        waiter.unwatch(bound.socket)
        waiter.unwatch(bound.monitor)
        if let authenticator = bound.authenticator { waiter.unwatch(authenticator.socket) }
        bound.close()
    }

    private func sendRecords() {
        guard let bound else { return }
        let records = outbox.withLock { outbox in
            defer { outbox.records = [] }
            return outbox.records
        }
        for record in records {
            _ = try? bound.socket.send([record.topic, record.body, PublicationFrames.bytes(record.number)])
        }
    }

    private func receiveSubscriptions() {
        guard let bound else { return }
        // What was published before the subscription goes out before the greeting, to those who had subscribed.
        sendRecords()
        while let message = try? bound.socket.receive() {
            guard let greeting = PublicationFrames.greeting(inSubscription: message.frames) else { continue }
            _ = try? bound.socket.send([greeting, []])
            outbox.withLock { $0.greetingCount += 1 }
        }
    }
}
