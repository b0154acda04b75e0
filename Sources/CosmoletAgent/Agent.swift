internal import FRRManagement
internal import Foundation
internal import Kubernetes
internal import Logging
internal import Northbound
internal import NorthboundRPC
internal import Observability
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// The agent in embedded mode: Kubernetes on one side, FRR's management socket on the other, one process.
///
/// Services start in the order of the data path's end first: metrics, reconciler, watches; and stop in reverse, so that
/// no change arrives any more when the session is closed.
public struct Agent: Sendable {
    private let configuration: AgentConfiguration

    /// Takes a configuration; nothing happens before `run()`.
    public init(_ configuration: AgentConfiguration) {
        self.configuration = configuration
    }

    /// Runs until SIGTERM or SIGINT. What is announced stays announced.
    ///
    /// - Throws: when the API server's address or credentials cannot be found, or the HTTP address cannot be bound. An
    ///   API server or an FRR that does not answer is no error: the agent waits for it.
    public func run() async throws {
        configuration.logFormat.bootstrap(level: Logger.Level(rawValue: configuration.logLevel.rawValue) ?? .info)
        let node = configuration.node ?? ProcessInfo.processInfo.hostName
        var logger = Logger(label: "cosmolet")
        logger[metadataKey: LogKeys.node] = "\(node)"

        let client = try KubernetesClient(
            configuration: .discover(
                kubeconfig: configuration.kubeconfig, environment: ProcessInfo.processInfo.environment),
            logger: logger)
        let telemetry = AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: Self.provider)
        telemetry.registry.collectProcessStatistics()
        telemetry.registry.setBuildInfo(
            version: CosmoletVersion.current, swift: CosmoletVersion.swift, provider: Self.provider)
        let (session, remote) = try await makeSession(client: node, logger: logger)
        let reconciler = Reconciler(
            session: session, configuration: configuration.planner, telemetry: telemetry, logger: logger)

        logger.info(
            "cosmolet agent starts",
            metadata: [
                LogKeys.version: "\(CosmoletVersion.current)",
                LogKeys.socket: "\(configuration.northbound ?? .mgmtd(socket: configuration.socket))",
                LogKeys.table: "\(configuration.table)",
            ])
        var services: [any ServiceLifecycle.Service] = []
        if let address = configuration.http {
            services.append(ObservabilityServer(address: address, telemetry: telemetry, logger: logger))
        }
        services.append(ReconcilerService(reconciler: reconciler))
        services.append(
            WatchService<Kubernetes.Service>(client: client, telemetry: telemetry, logger: logger) {
                await reconciler.apply(ResourceMapping.change($0))
            })
        services.append(
            WatchService<EndpointSlice>(client: client, telemetry: telemetry, logger: logger) {
                await reconciler.apply(ResourceMapping.change($0))
            })
        services.append(
            WatchService<Node>(
                client: client, scope: .object(named: node), telemetry: telemetry, logger: logger
            ) { [unreadable = Observation()] change in
                // A list without a node that could not be read is not a list without the node.
                if unreadable.isUnreadable(change) { return }
                if let change = ResourceMapping.change(change) { await reconciler.apply(change) }
            })
        defer { logger.info("cosmolet agent has stopped, announcements stay in place") }
        try await ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() })
        ).run()
        await client.shutdown()
        await remote?.close()
    }

    /// The session of the embedded mode, or that of a northbound process with the client to close in the end.
    private func makeSession(
        client name: String, logger: Logger
    ) async throws -> (any ManagementSession, NorthboundClient?) {
        switch configuration.northbound ?? .mgmtd(socket: configuration.socket) {
        case .mgmtd(let socket):
            let session = MgmtdSession(
                configuration: MgmtdConfiguration(
                    socketPath: socket, table: configuration.table, tags: configuration.tags), logger: logger)
            return (session, nil)
        case .service(let endpoint):
            let client = NorthboundClient(
                configuration: RequestClientConfiguration(endpoint: endpoint), client: "agent/\(name)")
            try await client.start()
            return (ServiceSession(client, client: "agent/\(name)"), client)
        }
    }

    /// The provider that this mode uses, as metrics name it.
    private static let provider = "mgmtd"
}

/// Tells an own Node that is gone from one that was in the list but could not be decoded.
private final class Observation: Sendable {
    private let wasInvalid = Mutex(false)

    func isUnreadable(_ change: ResourceChange<Node>) -> Bool {
        wasInvalid.withLock { wasInvalid in
            defer { if case .invalid = change { wasInvalid = true } else { wasInvalid = false } }
            guard case .replaced(let nodes) = change else { return false }
            return nodes.isEmpty && wasInvalid
        }
    }
}

/// Runs the reconcile loop until graceful shutdown; the transaction in flight is finished first.
private struct ReconcilerService: ServiceLifecycle.Service {
    let reconciler: Reconciler

    func run() async {
        await cancelWhenGracefulShutdown { await reconciler.run() }
    }
}
