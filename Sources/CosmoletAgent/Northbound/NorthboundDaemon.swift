internal import FRRManagement
internal import Foundation
internal import Journal
internal import Logging
public import Northbound
public import NorthboundRPC
internal import Observability
internal import ServiceLifecycle
internal import UnixSignals

/// What `cosmolet northbound` is told.
public struct NorthboundDaemonConfiguration: Sendable {
    /// FRR's socket, table, tags, log and HTTP settings: the keys of the agent's file that concern FRR.
    public var agent: AgentConfiguration
    /// Where clients connect.
    public var endpoint: TransportEndpoint
    /// Where the commit log is published; nil for nowhere.
    public var publisher: TransportEndpoint?
    /// How clients are known.
    public var security: ServerSecurity
    /// Group of the sockets; nil for the process's own.
    public var group: String?
    /// The journal's file.
    public var journal: String
    /// Policy, lease and what a failing journal means.
    public var service: CommitServiceConfiguration

    /// Makes a configuration.
    public init(
        agent: AgentConfiguration, endpoint: TransportEndpoint, publisher: TransportEndpoint? = nil,
        security: ServerSecurity = .filePermissions, group: String? = nil, journal: String,
        service: CommitServiceConfiguration
    ) {
        self.agent = agent
        self.endpoint = endpoint
        self.publisher = publisher
        self.security = security
        self.group = group
        self.journal = journal
        self.service = service
    }
}

/// The northbound beside one FRR: owns FRR's management socket and the journal, and serves the API over ZeroMQ. Knows
/// nothing of Kubernetes.
public struct NorthboundDaemon: Sendable {
    private let configuration: NorthboundDaemonConfiguration

    /// Takes a configuration; nothing happens before `run()`.
    public init(_ configuration: NorthboundDaemonConfiguration) {
        self.configuration = configuration
    }

    /// Runs until SIGTERM or SIGINT. What is announced stays announced.
    ///
    /// - Throws: when the sockets cannot be bound, or the journal is another program's or a newer release's. A journal
    ///   that cannot be written, and an FRR that does not answer, are no errors: they are waited for.
    public func run() async throws {
        let agent = configuration.agent
        agent.logFormat.bootstrap(level: Logger.Level(rawValue: agent.logLevel.rawValue) ?? .info)
        let logger = Logger(label: "northbound")
        var journalConfiguration = JournalConfiguration()
        journalConfiguration.opensWhenUnavailable = configuration.service.announcesWithoutJournal
        let journal = try await SQLiteJournal.open(
            at: configuration.journal, configuration: journalConfiguration, logger: logger)
        let session = MgmtdSession(
            configuration: MgmtdConfiguration(socketPath: agent.socket, table: agent.table, tags: agent.tags),
            logger: logger)
        let publisher = configuration.publisher.map {
            CommitLogPublisher(
                PublisherConfiguration(
                    endpoint: $0, security: configuration.security, group: configuration.group))
        }
        let telemetry = AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: "mgmtd")
        telemetry.registry.collectProcessStatistics()
        let log = ServiceLog(logger: logger, telemetry: telemetry, publisher: publisher)
        let service = CommitService(
            session: session, journal: journal, configuration: configuration.service, clock: ContinuousClock(),
            now: { Int64(Date().timeIntervalSince1970 * 1_000_000) },
            makeID: { UUID().uuidString.lowercased() }, emit: { log.take($0) })
        var requests = RequestServerConfiguration(
            endpoint: configuration.endpoint, security: configuration.security, group: configuration.group)
        requests.requestLimitPerPeer = 1100
        let server = NorthboundServer(service, instance: UUID().uuidString, configuration: requests)
        let bound = try await server.start()
        try await publisher?.start()
        logger.info(
            "cosmolet northbound serves",
            metadata: [
                LogKeys.address: "\(bound)", LogKeys.socket: "\(agent.socket)",
                LogKeys.path: "\(configuration.journal)",
                LogKeys.version: "\(CosmoletVersion.current)",
            ])
        try await ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: Running { await service.run() }),
                    .init(service: Running { try await server.run() }),
                ], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() })
        ).run()
        await publisher?.close()
        await journal.close()
        logger.info("cosmolet northbound has stopped, announcements stay in place")
    }
}

/// Anything that runs until it is cancelled, as a service.
struct Running: ServiceLifecycle.Service {
    let body: @Sendable () async throws -> Void

    init(_ body: @escaping @Sendable () async throws -> Void) { self.body = body }

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await body() }
    }
}
