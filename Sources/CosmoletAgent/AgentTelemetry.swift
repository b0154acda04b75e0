internal import Announcements
internal import NetworkTypes
internal import Northbound
public import Observability
internal import Synchronization

/// What the agent's parts report, turned into metrics and health. May be called from any thread.
public final class AgentTelemetry: Sendable {
    /// The metrics that `/metrics` shows.
    public let registry: MetricRegistry
    /// The conditions behind `/livez` and `/readyz`.
    public let health: HealthState
    /// How fresh each watch is.
    let watches = WatchBoard()

    /// Name of the reconcile loop in `/livez`.
    static let reconcileLoop = "reconcile"

    private let announced: Gauge
    private let desired: Gauge
    private let decisions: Gauge
    private let fuseHeld: Gauge
    private let drained: Gauge
    private let heldDown: Gauge
    private let planDuration: Histogram
    private let commits: Counter
    private let commitDuration: Histogram
    private let commitPhase: Histogram
    private let changeToCommit: Histogram
    private let frrConnected: Gauge
    private let frrReconnects: Counter
    private let orphans: Counter
    private let uninstalledVIPs: Gauge
    private let provider: Mutex<String>

    /// Makes the agent's metrics.
    ///
    /// - Parameter provider: label of the commit metrics, `mgmtd` or `bgpd`, until a session tells otherwise.
    public init(registry: MetricRegistry, health: HealthState, provider: String) {
        self.registry = registry
        self.health = health
        self.provider = Mutex(provider)
        announced = registry.gauge(MetricCatalogue.announcedVIPs)
        desired = registry.gauge(MetricCatalogue.desiredVIPs)
        decisions = registry.gauge(MetricCatalogue.planDecisions)
        fuseHeld = registry.gauge(MetricCatalogue.fuseHeldVIPs)
        drained = registry.gauge(MetricCatalogue.drainedVIPs)
        heldDown = registry.gauge(MetricCatalogue.heldDownVIPs)
        planDuration = registry.histogram(MetricCatalogue.planDuration)
        commits = registry.counter(MetricCatalogue.commits)
        commitDuration = registry.histogram(MetricCatalogue.commitDuration)
        commitPhase = registry.histogram(MetricCatalogue.commitPhase)
        changeToCommit = registry.histogram(MetricCatalogue.changeToCommit)
        frrConnected = registry.gauge(MetricCatalogue.frrConnected)
        frrReconnects = registry.counter(MetricCatalogue.frrReconnects)
        uninstalledVIPs = registry.gauge(MetricCatalogue.uninstalledVIPs)
        orphans = registry.counter(MetricCatalogue.frrOrphansHealed)
        beginCounting(provider)
        frrConnected.set(to: false)
    }

    /// Adds what concerns the process as a whole.
    func describeProcess() {
        registry.collectProcessStatistics()
        // What it has started with was not refused.
        registry.gauge(MetricCatalogue.configurationReloadSuccessful).set(to: true)
        describeBuild(provider.withLock(\.self))
    }

    private func describeBuild(_ provider: String) {
        registry.setBuildInfo(version: CosmoletVersion.current, swift: CosmoletVersion.swift, provider: provider)
    }

    private func beginCounting(_ provider: String) {
        for outcome in ["applied", "rejected", "unknown"] {
            commits.increment([.outcome: outcome, .provider: provider], by: 0)
        }
    }

    // MARK: - Plan

    func synced(_ facts: FactStore) {
        if !facts.missing.isEmpty {
            health.fail(.synced, because: "not listed yet: \(facts.missing.map(\.rawValue).joined(separator: ", "))")
        } else if facts.node == nil {
            health.fail(.synced, because: "the own Node object does not exist")
        } else {
            health.meet(.synced)
        }
    }

    func planned(_ plan: AnnouncementPlan) {
        desired.setAll(
            Self.counts(plan.announcements.map { Network(prefix: IPPrefix(host: $0), attributeClass: $1) }))
        // By index: to take each of thousands of decisions out of the plan would cost more than to count them.
        var counts: [ReasonCode: Int] = [:]
        var drainedVIPs: Set<IPAddress> = []
        var heldDownVIPs: Set<IPAddress> = []
        for index in plan.decisions.indices {
            let reason = plan.decisions[index].reason
            counts[reason, default: 0] += 1
            guard plan.decisions[index].attributeClass == nil, let vip = plan.decisions[index].vip else { continue }
            if reason == .heldDown { heldDownVIPs.insert(vip) } else if reason.isDrained { drainedVIPs.insert(vip) }
        }
        decisions.setAll(
            Dictionary(
                uniqueKeysWithValues: ReasonCode.allCases.map {
                    ([.reason: $0.rawValue], Double(counts[$0] ?? 0))
                }))
        fuseHeld.set(to: Double(plan.heldByFuse.count))
        drained.set(to: Double(drainedVIPs.count))
        heldDown.set(to: Double(heldDownVIPs.count))
    }

    /// Planning after news is over: the edits for FRR are known.
    func planned(in duration: Duration) { planDuration.observe(duration) }

    func running(_ networks: Set<Network>) {
        announced.setAll(Self.counts(networks))
    }

    /// What the labels are made of.
    private struct Kind: Hashable {
        var family: AddressFamily
        var attributeClass: AttributeClass
    }

    private static func counts(_ networks: some Sequence<Network>) -> [MetricLabels: Double] {
        // Labels are made once for each kind, not for each of thousands of VIPs.
        var counts: [Kind: Int] = [:]
        for family in AddressFamily.allCases { counts[Kind(family: family, attributeClass: .default)] = 0 }
        for network in networks {
            counts[Kind(family: network.prefix.family, attributeClass: network.attributeClass), default: 0] += 1
        }
        return Dictionary(
            uniqueKeysWithValues: counts.map { kind, count in
                ([.family: kind.family.rawValue, .class: kind.attributeClass.rawValue], Double(count))
            })
    }

    // MARK: - Commits

    func committed(_ result: CommitResult) {
        commits.increment([.outcome: result.outcome.name, .provider: provider.withLock(\.self)])
        commitDuration.observe(result.duration)
        for (phase, duration) in result.phases { commitPhase.observe(duration, [.phase: phase.rawValue]) }
        if result.outcome == .applied { health.meet(.commitKnown) }
    }

    func changeReached(in duration: Duration) { changeToCommit.observe(duration) }

    func commitUnknown(_ reason: String) {
        health.fail(.commitKnown, because: reason)
    }

    // MARK: - Session

    func sessionOpened(_ capabilities: ManagementCapabilities, isReconnect: Bool) {
        let name = capabilities.provider
        let isAnother = provider.withLock { provider in
            defer { provider = name }
            return provider != name
        }
        if isAnother {
            beginCounting(name)
            describeBuild(name)
        }
        if isReconnect { frrReconnects.increment() }
        frrConnected.set(to: true)
        health.meet(.session)
    }

    func sessionLost(_ reason: String) {
        frrConnected.set(to: false)
        health.fail(.session, because: reason)
    }

    func uninstalled(_ count: Int) { uninstalledVIPs.set(to: Double(count)) }

    func orphansHealed(_ count: Int) { orphans.increment(by: Double(count)) }

    /// Running was read: whatever was unknown is known now.
    func runningRead() { health.meet(.commitKnown) }
}
