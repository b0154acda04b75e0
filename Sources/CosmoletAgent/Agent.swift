internal import Announcements
internal import Foundation
internal import Kubernetes
internal import Logging
internal import Northbound
internal import NorthboundRPC
internal import Observability
internal import ServiceLifecycle

/// The agent: Kubernetes on one side, the northbound of one FRR on the other, which is in this process or in another.
///
/// Services start in the order of the data path's end first: metrics, northbound, reconciler, watches; and stop in
/// reverse, so that no change arrives any more when the session is closed.
public struct Agent: Sendable {
    private let configuration: AgentConfiguration
    private let source: ConfigurationSource?

    /// Takes a configuration; nothing happens before `run()`.
    ///
    /// - Parameter source: where it comes from, to read it again when it changes.
    public init(_ configuration: AgentConfiguration, source: ConfigurationSource? = nil) {
        self.configuration = configuration
        self.source = source
    }

    /// Runs until SIGTERM or SIGINT. What is announced stays announced.
    ///
    /// - Throws: when the API server's address or credentials cannot be found, an address or socket cannot be bound, or the
    ///   journal is another process's. An API server, a northbound or an FRR that does not answer is no error: the agent
    ///   waits for it.
    public func run() async throws {
        let logLevel = configuration.bootstrapLog()
        let node = configuration.node ?? ProcessInfo.processInfo.hostName
        var logger = Logger(label: "cosmolet")
        logger[metadataKey: LogKeys.node] = "\(node)"

        var server = try ClientConfiguration.discover(
            kubeconfig: configuration.kubeconfig, environment: ProcessInfo.processInfo.environment)
        server.offersHTTP2 = configuration.usesHTTP2
        let kubernetes = try KubernetesClient(configuration: server, logger: logger)
        let result: Result<Void, any Error>
        do { result = .success(try await run(kubernetes, node: node, logLevel: logLevel, logger: logger)) } catch {
            result = .failure(error)
        }
        await kubernetes.shutdown()
        try result.get()
    }

    private func run(
        _ kubernetes: KubernetesClient, node: String, logLevel: LogLevelControl, logger: Logger
    ) async throws {
        let endpoint = configuration.northbound.connect ?? configuration.provider
        let providers = Providers(configuration, endpoint: endpoint, logger: logger)
        var conditions: Set<HealthState.Condition> = [.synced, .session, .commitKnown]
        if providers != nil { conditions.insert(.journal) }
        let telemetry = AgentTelemetry(
            registry: MetricRegistry(), health: HealthState(conditions: conditions),
            provider: providers?.label ?? Providers.Name.mgmtd.rawValue)
        telemetry.describeProcess()
        logger.info(
            "cosmolet agent starts",
            metadata: [
                LogKeys.version: "\(CosmoletVersion.current)", LogKeys.socket: "\(endpoint)",
                LogKeys.table: "\(configuration.table)",
            ])

        let name = "agent/\(node)"
        let northbound: Northbound
        switch (endpoint, providers) {
        case (_, let providers?): northbound = try await embedded(providers, name, telemetry, logger)
        case (.service(let endpoint), _): northbound = try await remote(endpoint, name)
        default: preconditionFailure("\(endpoint) is neither FRR nor a northbound")
        }
        let recorder =
            configuration.recordsEvents
            ? EventRecorder(
                node: node, sink: KubernetesEventSink(client: kubernetes), registry: telemetry.registry, logger: logger)
            : nil
        let reconciler = Reconciler(
            session: northbound.session, configuration: configuration.planner, telemetry: telemetry,
            isEmbedded: northbound.isEmbedded, observer: recorder, logger: logger)

        let namespaces = WatchSwitch(isOn: configuration.planner.selection.needsNamespaces)
        let reloader = source.map {
            ConfigurationReloader($0, started: configuration, registry: telemetry.registry, logger: logger) { new in
                logLevel.level = new.logLevel.level
                // Before the rules change, so that nothing of a watch that has ended comes after them.
                if new.planner.selection.needsNamespaces { namespaces.turnOn() } else { await namespaces.turnOff() }
                return await reconciler.reconfigure(new.planner)
            }
        }

        var services: [any ServiceLifecycle.Service] = [
            HangUpHandler(commitLog: northbound.commitLog, reloader: reloader, logger: logger)
        ]
        if let address = configuration.http {
            let explainer = Explainer(node: node, reconciler: reconciler, telemetry: telemetry)
            services.append(
                ObservabilityServer(address: address, telemetry: telemetry, explainer: explainer, logger: logger))
        }
        services += northbound.services
        services.append(Running { [session = northbound.session] in await session.keepAlive() })
        if let recorder { services.append(Running { await recorder.run() }) }
        services.append(Running { await reconciler.run() })
        services += watches(
            kubernetes, node: node, namespaces: namespaces, telemetry: telemetry, logger: logger, reconciler)
        if let reloader { services.append(Running { await reloader.run() }) }
        defer { logger.info("cosmolet agent has stopped, announcements stay in place") }
        try await ServiceGroup.runToTheEnd(services)
    }

    // MARK: - Northbound

    /// The way to FRR, and what must run for it.
    private struct Northbound {
        var session: LeasedSession
        var isEmbedded: Bool
        var services: [any ServiceLifecycle.Service]
        var commitLog: CommitLogFile?
    }

    /// The commit service in this process: calls are calls, without ZeroMQ in between.
    private func embedded(
        _ providers: Providers, _ name: String, _ telemetry: AgentTelemetry, _ logger: Logger
    ) async throws -> Northbound {
        var settings = configuration.northbound
        settings.policy = configuration.policy(for: providers.choice)
        let runtime = try await NorthboundRuntime(
            settings, session: providers.makeSwitchingSession(), agent: name, telemetry: telemetry, logger: logger)
        if let bound = try await runtime.start() {
            logger.info("serving the northbound API", metadata: [LogKeys.endpoint: "\(bound)"])
        }
        return Northbound(
            session: LeasedSession(runtime.api, client: name, losses: runtime.sessionLosses), isEmbedded: true,
            services: runtime.services,
            commitLog: runtime.commitLog)
    }

    /// The commit service in a northbound process.
    private func remote(_ endpoint: TransportEndpoint, _ name: String) async throws -> Northbound {
        let client = NorthboundClient(
            configuration: RequestClientConfiguration(
                endpoint: endpoint, security: try configuration.northbound.clientSecurity()), client: name)
        try await client.start()
        return Northbound(
            session: LeasedSession(client, client: name), isEmbedded: false,
            services: [Closing { await client.close() }])
    }

    // MARK: - Kubernetes

    private func watches(
        _ client: KubernetesClient, node: String, namespaces: WatchSwitch, telemetry: AgentTelemetry, logger: Logger,
        _ reconciler: Reconciler
    ) -> [any ServiceLifecycle.Service] {
        [
            WatchService<Kubernetes.Service>(client: client, telemetry: telemetry, logger: logger) {
                if let change = ResourceMapping.change($0) { await reconciler.apply(change) }
            },
            WatchService<EndpointSlice>(client: client, telemetry: telemetry, logger: logger) {
                if let change = ResourceMapping.change($0) { await reconciler.apply(change) }
            },
            WatchService<Node>(client: client, scope: .object(named: node), telemetry: telemetry, logger: logger) {
                if let change = ResourceMapping.change($0) { await reconciler.apply(change) }
            },
            // Namespaces are watched while a rule needs them.
            Running {
                await namespaces.run {
                    await WatchService<Namespace>(client: client, telemetry: telemetry, logger: logger) {
                        if let change = ResourceMapping.change($0) { await reconciler.apply(change) }
                    }.run()
                }
            },
        ]
    }
}
