internal import Announcements
internal import Logging
internal import NetworkTypes
internal import Observability

/// Tells metrics, log and observer of each plan, as differences from the one before.
struct PlanReport {
    private let telemetry: AgentTelemetry
    private let observer: (any ReconcileObserver)?
    private let logger: Logger
    private var log = DecisionLog()
    /// Of the last plan.
    private var decisions: [Decision] = []
    /// When everything was listed, until there is a plan.
    private var listedAt: ContinuousClock.Instant?

    init(telemetry: AgentTelemetry, observer: (any ReconcileObserver)?, logger: Logger) {
        self.telemetry = telemetry
        self.observer = observer
        self.logger = logger
    }

    /// From now on there are plans.
    mutating func listed() {
        logger.info("services, endpoint slices and own node are listed")
        listedAt = .now
    }

    mutating func report(_ plan: AnnouncementPlan, running: Set<IPAddress>, fuse: WithdrawalFuse?) {
        telemetry.planned(plan)
        let changes = PlanChange.all(from: decisions, to: plan.decisions)
        decisions = plan.decisions
        log.update(plan, changes, fuse: fuse, logger: logger)
        observer?.planned(plan, changes, running: running)
        guard let listedAt else { return }
        self.listedAt = nil
        logger.info(
            "first plan made",
            metadata: [
                LogKeys.durationMilliseconds: "\(listedAt.duration(to: .now).milliseconds)",
                LogKeys.count: "\(plan.announcements.count)",
            ])
    }
}
