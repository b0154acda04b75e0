internal import Logging
internal import Northbound
internal import Observability
internal import ServiceLifecycle

/// The northbound beside one FRR: owns the way to FRR and the journal, and serves the API over ZeroMQ. Knows
/// nothing of Kubernetes.
public struct NorthboundDaemon: Sendable {
    private let configuration: AgentConfiguration

    /// Takes a configuration, of which what concerns Kubernetes is not used; nothing happens before `run()`.
    public init(_ configuration: AgentConfiguration) { self.configuration = configuration }

    /// Runs until SIGTERM or SIGINT. What is announced stays announced.
    ///
    /// - Throws: when a socket or the HTTP address cannot be bound, or the journal is another process's, another program's
    ///   or a newer release's. A journal that cannot be written, and an FRR that does not answer, are waited for.
    public func run() async throws {
        configuration.bootstrapLog()
        let logger = Logger(label: "northbound")
        guard let providers = Providers(configuration, endpoint: configuration.provider, logger: logger) else {
            throw ConfigurationError("northbound.provider", "is another northbound, which is no way to FRR")
        }
        let telemetry = AgentTelemetry(
            registry: MetricRegistry(), health: HealthState(conditions: [.session, .commitKnown, .journal]),
            provider: providers.label)
        telemetry.describeProcess()
        var settings = configuration.northbound
        settings.policy = configuration.policy(for: providers.choice)
        let runtime = try await NorthboundRuntime(
            settings, session: providers.makeSwitchingSession(), agent: nil, telemetry: telemetry, logger: logger)
        let bound = try await runtime.start()
        logger.info(
            "cosmolet northbound serves",
            metadata: [
                LogKeys.address: "\(bound.map { "\($0)" } ?? "off")", LogKeys.socket: "\(providers.sockets)",
                LogKeys.journal: "\(settings.journal ?? "off")", LogKeys.version: "\(CosmoletVersion.current)",
            ])
        var services: [any ServiceLifecycle.Service] = [HangUpHandler(commitLog: runtime.commitLog, logger: logger)]
        if let address = settings.http {
            services.append(
                ObservabilityServer(address: address, telemetry: telemetry, logger: logger))
        }
        try await ServiceGroup.runToTheEnd(services + runtime.services)
        logger.info("cosmolet northbound has stopped, announcements stay in place")
    }
}

extension AgentConfiguration {
    /// Sets up the log of the process.
    ///
    /// - Returns: what sets its level from now on.
    @discardableResult
    func bootstrapLog() -> LogLevelControl {
        let control = LogLevelControl(logLevel.level)
        logFormat.bootstrap(level: control)
        return control
    }
}

extension AgentConfiguration.LogLevel {
    /// As swift-log has it.
    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
