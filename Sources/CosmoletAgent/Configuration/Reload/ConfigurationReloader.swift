internal import Announcements
internal import Bindings
package import Logging
internal import NetworkTypes
internal import Northbound
package import Observability

/// Reads the configuration file of a running agent again when it has changed, or on SIGHUP.
///
/// A file that is refused changes nothing. Of one that is taken, what is live is applied as a whole; keys that count from
/// the next start only are named in a warning.
package actor ConfigurationReloader {
    /// What came of reading the file again.
    package enum Outcome: String, Sendable, CaseIterable {
        // As the metric has it.
        case applied, unchanged, refused
        /// Taken, but its rules wait for facts; the old ones are in force until then.
        case waiting
    }

    /// How often the file is looked at.
    static let period = Duration.seconds(1)

    private let source: ConfigurationSource
    private let started: AgentConfiguration
    /// As the file was when it was last taken.
    private var current: AgentConfiguration
    private var watch: FileWatch<FileStatus>
    private let clock: any Clock<Duration>
    private let telemetry: ReloadTelemetry
    private let logger: Logger
    private let apply: @Sendable (AgentConfiguration) async -> Bool
    /// Two readings at once could end in the wrong order.
    private var turnstile = Turnstile()

    /// Makes a reloader; nothing happens before `run()`.
    ///
    /// - Parameters:
    ///   - configuration: with which the agent has started.
    ///   - apply: makes the live keys of a configuration count; the others are those of the start. Returns false when its
    ///     rules have to wait.
    package init(
        _ source: ConfigurationSource, started configuration: AgentConfiguration, registry: MetricRegistry,
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger,
        apply: @escaping @Sendable (AgentConfiguration) async -> Bool
    ) {
        self.source = source
        started = configuration
        current = configuration
        watch = FileWatch(read: source.stamp)
        self.clock = clock
        telemetry = ReloadTelemetry(registry)
        self.logger = logger
        self.apply = apply
    }

    /// Looks at the file each second until the task is cancelled.
    package func run() async {
        while (try? await clock.sleep(for: Self.period)) != nil {
            let stamp = FileStatus(path: source.path)
            if watch.look(stamp) { await reload() }
        }
    }

    /// Reads the file now.
    package func hangUp() async {
        watch.willRead(FileStatus(path: source.path))
        await reload()
    }

    @discardableResult
    package func reload() async -> Outcome {
        if !turnstile.tryEnter() { await withCheckedContinuation { turnstile.wait($0) } }
        defer { turnstile.leave() }
        let new: AgentConfiguration
        do throws(ConfigurationError) { new = try load() } catch {
            logger.error(
                "the new configuration is refused, the old one stays in force",
                metadata: [LogKeys.path: "\(source.path)", LogKeys.error: "\(error)"])
            telemetry.count(.refused)
            return .refused
        }
        let keys = (live: current.changedKeys(to: new).live, restart: started.changedKeys(to: new).restart)
        if !keys.restart.isEmpty {
            logger.warning(
                "keys of the configuration have changed that count from the next start only",
                metadata: [LogKeys.keys: .array(keys.restart.map { "\($0)" })])
        }
        current = new
        telemetry.showWaiting(keys.restart.count)
        guard !keys.live.isEmpty else {
            telemetry.count(.unchanged)
            return .unchanged
        }
        var inForce = new
        // Session and policy know the classes of the start.
        inForce.planner.tags = started.planner.tags
        let isInForce = await apply(inForce)
        logger.log(
            level: isInForce ? .notice : .warning,
            isInForce
                ? "the new configuration is in force"
                : "the new configuration waits until Namespaces have been listed, the old rules stay in force",
            metadata: [LogKeys.keys: .array(keys.live.map { "\($0)" })])
        telemetry.count(isInForce ? .applied : .waiting)
        return isInForce ? .applied : .waiting
    }

    private func load() throws(ConfigurationError) -> AgentConfiguration {
        let text = try AgentConfiguration.text(ofFile: source.path)
        // An empty file is most often one that somebody is about to write.
        guard try StrictYAML.document(text) != nil else {
            throw ConfigurationError(
                "", "the file is empty, which would set every key to its default; if that is meant, write {}")
        }
        return try source.resolve(text)
    }
}

/// The metrics of reading the configuration again.
struct ReloadTelemetry: Sendable {
    private let reloads: Counter
    private let wasSuccessful: Gauge
    private let waiting: Gauge

    init(_ registry: MetricRegistry) {
        reloads = registry.counter(MetricCatalogue.configurationReloads)
        wasSuccessful = registry.gauge(MetricCatalogue.configurationReloadSuccessful)
        waiting = registry.gauge(MetricCatalogue.configurationKeysWaiting)
        for outcome in ConfigurationReloader.Outcome.allCases { reloads.increment([.outcome: outcome.rawValue], by: 0) }
        wasSuccessful.set(to: true)
        waiting.set(to: 0)
    }

    func count(_ outcome: ConfigurationReloader.Outcome) {
        reloads.increment([.outcome: outcome.rawValue])
        wasSuccessful.set(to: outcome != .refused)
    }

    func showWaiting(_ count: Int) { waiting.set(to: Double(count)) }
}
