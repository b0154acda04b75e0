public import Northbound

/// The northbound's end of the wire: the API as a service, on one endpoint.
///
/// Stands in front of the transport's actor: a release build of Swift 6.3.1 cannot use an actor with an executor of its own
/// out of another module ("circular reference").
public final class NorthboundServer: Sendable {
    private let server: RequestServer

    /// Makes a server; listens only with `start()`.
    ///
    /// - Parameter instance: name of this process's life.
    public init(_ api: any NorthboundAPI, instance: String, configuration: RequestServerConfiguration) {
        server = RPCService(api, instance: instance).makeServer(configuration)
    }

    /// Listens.
    ///
    /// - Returns: where, with the real port if the system chose it.
    public func start() async throws(TransportError) -> TransportEndpoint { try await server.start() }

    /// Serves until the task is cancelled; the requests in hand are answered first.
    public func run() async throws(TransportError) { try await server.run() }
}

/// Publishes the commit log to whoever subscribes.
public final class CommitLogPublisher: Sendable {
    private let publisher: Publisher

    /// Makes a publisher; listens only with `start()`.
    public init(_ configuration: PublisherConfiguration) {
        publisher = Publisher(configuration: configuration)
    }

    /// Listens.
    public func start() async throws(TransportError) { _ = try await publisher.start() }

    /// Sends a record to all who subscribed. Any thread; never waits for a subscriber.
    public func publish(_ record: TransactionRecord) {
        guard let frames = try? MessageCodec.encodeLogEntry(record) else { return }
        publisher.publish(topic: frames.header, body: frames.body)
    }

    /// Records that were not sent to anybody, as more came than could be sent. Any thread.
    public var droppedCount: Int { publisher.droppedCount }

    /// Ends the publication.
    public func close() async { await publisher.close() }
}

/// Follows a commit log.
public final class CommitLogSubscription: Sendable {
    private let subscriber: Subscriber

    /// Records, and when some may be missing and must be read from the journal. For one reader.
    public let events: SubscriptionEvents

    /// Makes a subscription to all outcomes; connects only with `start()`.
    public init(_ configuration: SubscriberConfiguration) {
        var configuration = configuration
        configuration.topics = [Array("commit.".utf8)]
        subscriber = Subscriber(configuration: configuration)
        events = subscriber.events
    }

    /// Begins to connect.
    public func start() async throws(TransportError) { try await subscriber.start() }

    /// Ends it.
    public func close() async { await subscriber.close() }
}
