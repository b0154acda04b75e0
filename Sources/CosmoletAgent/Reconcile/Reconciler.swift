public import Announcements
internal import Foundation
public import Logging
internal import NetworkTypes
public import Northbound
internal import Observability

/// Watch → plan → difference against what FRR runs → one transaction → read back.
///
/// Facts come in through `apply(_:)`; the loop in `run()` turns them into transactions. While one is in flight, and in the
/// pause after one that took long (`BatchWindow`), later changes gather and ride in the next. Nothing is changed before
/// all sources were listed once, nor while the own Node object is gone. Foreign and hand-made announcements are left
/// alone.
public actor Reconciler {
    /// A round may last as long as FRR's own time-out of a commit (600 s); beyond that the loop counts as stuck.
    static let maximumRound = Duration.seconds(660)

    private let session: any ManagementSession
    private let telemetry: AgentTelemetry
    private let comparePeriod: Duration
    private let clock: any Clock<Duration>
    /// Time since this object was made, by `clock`.
    private let elapsed: @Sendable () -> Duration
    private let isEmbedded: Bool
    private let observer: (any ReconcileObserver)?
    private let logger: Logger
    private let idPrefix: String

    private let trigger = Trigger()
    private var facts: FactStore
    /// Rules that need facts which are not there yet.
    private var nextRules: PlannerConfiguration?
    private var isOpen = false
    private var wasOpen = false
    /// What FRR runs, as far as is known; nil when it must be read.
    private var running: Set<Network>?
    /// What FRR refused for good; tried again in growing pauses, and at once on a new session or with new rules.
    private var refused: RefusedEdits
    private var reported: Set<IPPrefix> = []
    private var backoff = Backoff()
    private var window = BatchWindow()
    private var oldestChange: ContinuousClock.Instant?
    private var sequence = 0
    private var planReport: PlanReport
    /// For whoever asks why.
    private var ledger = ReconcileLedger()
    /// By `elapsed`.
    private var wake = WakeSchedule()
    /// How often in a row FRR refused a commit as a whole.
    private var refusals = 0
    private var installedCheck = InstalledCheck()
    private var isSettled = false
    private var settleWaiters: [CheckedContinuation<Void, Never>] = []

    /// Makes a reconciler; nothing happens before `run()`.
    ///
    /// - Parameters:
    ///   - comparePeriod: how often to compare with what FRR really runs, without any news.
    ///   - isEmbedded: true when the commit service is in this process and itself reports the session with FRR.
    ///   - observer: is told of plans and commits.
    public init(
        session: any ManagementSession, configuration: PlannerConfiguration, telemetry: AgentTelemetry,
        comparePeriod: Duration = .seconds(10), isEmbedded: Bool = false,
        clock: any Clock<Duration> = ContinuousClock(), observer: (any ReconcileObserver)? = nil, logger: Logger
    ) {
        self.comparePeriod = comparePeriod
        self.observer = observer
        self.isEmbedded = isEmbedded
        self.session = session
        self.telemetry = telemetry
        self.clock = clock
        elapsed = Self.stopwatch(clock)
        refused = RefusedEdits(comparedEvery: comparePeriod)
        self.logger = logger
        facts = FactStore(configuration: configuration)
        planReport = PlanReport(telemetry: telemetry, observer: observer, logger: logger)
        idPrefix = String(UInt64(Date().timeIntervalSince1970 * 1000), radix: 36)
    }

    private static func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }

    /// Takes news of the cluster in.
    public func apply(_ change: FactChange) {
        let missingBefore = facts.missing
        guard facts.apply(change) else { return }
        switch change {
        case .node(nil), .replacedNode(nil):
            logger.error(
                "own Node object not found, announcements are frozen",
                metadata: [LogKeys.hint: "check the node's name: --node or COSMOLET_NODE"])
        default: break
        }
        if !missingBefore.isEmpty, facts.missing.isEmpty { planReport.listed() }
        telemetry.synced(facts)
        oldestChange = oldestChange ?? .now
        takeNextRules()
        unsettle(.facts)
    }

    /// Plans by other rules from now on, as one change: what they want differs from what is announced, and only the
    /// difference is committed, with regard to the fuse. Rules that need Namespaces wait until these have been listed.
    ///
    /// - Returns: whether the rules are in force; false when they wait.
    @discardableResult
    public func reconfigure(_ configuration: PlannerConfiguration) -> Bool {
        nextRules = configuration
        ledger.hasNextRules = false
        takeNextRules()
        ledger.hasNextRules = nextRules != nil
        return nextRules == nil
    }

    private func takeNextRules() {
        guard let rules = nextRules, !rules.selection.needsNamespaces || facts.listed.contains(.namespaces) else {
            return
        }
        if ledger.hasNextRules { logger.notice("Namespaces are listed, the new rules are in force") }
        nextRules = nil
        ledger.hasNextRules = false
        guard rules != facts.configuration else { return }
        facts.reconfigure(rules)
        refused.forgive()
        unsettle(.facts)
    }

    /// Runs until the task is cancelled; then finishes the transaction in flight and closes the session. What is
    /// announced stays announced.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [trigger, clock, comparePeriod] in
                while (try? await clock.sleep(for: comparePeriod)) != nil { trigger.signal(.tick) }
            }
            let events = await session.events()
            group.addTask { [self] in
                for await event in events { await handle(event) }
            }
            telemetry.health.registerLoop(AgentTelemetry.reconcileLoop, maximumAge: Self.maximumRound)
            trigger.signal(.tick)
            for await _ in trigger.rounds {
                telemetry.health.beat(AgentTelemetry.reconcileLoop)
                if trigger.hasNewsOnly, let pause = window.pause(at: elapsed()) {
                    guard (try? await clock.sleep(for: pause)) != nil else { continue }
                }
                if let wait = await round(trigger.take()) {
                    group.addTask { [trigger, clock] in
                        if (try? await clock.sleep(for: wait)) != nil { trigger.signal(.retry) }
                    }
                } else {
                    settle()
                }
                if let wait = wake.pause(at: elapsed()) {
                    group.addTask { [trigger, clock] in
                        if (try? await clock.sleep(for: wait)) != nil { trigger.signal(.timer) }
                    }
                }
            }
            await session.close()
            if !isEmbedded { telemetry.sessionLost("the agent is stopping") }
            group.cancelAll()
        }
    }

    /// What an explanation is made of: copies of references, so that this takes no time whatever there is.
    func explainSnapshot() -> ExplainSnapshot {
        ExplainSnapshot(facts: facts, ledger: ledger, now: elapsed())
    }

    /// Returns once every fact that was applied before has been acted upon, as far as FRR let it.
    package func quiesce() async {
        guard !isSettled else { return }
        await withCheckedContinuation { settleWaiters.append($0) }
    }

    private func settle() {
        guard trigger.isEmpty else { return }
        isSettled = true
        for waiter in settleWaiters { waiter.resume() }
        settleWaiters = []
    }

    private func unsettle(_ reason: TriggerReason) {
        isSettled = false
        trigger.signal(reason)
    }

    private func handle(_ event: SessionEvent) {
        switch event {
        case .disconnected(let reason):
            guard isOpen else { return }
            loseSession(reason)
            unsettle(.sessionLost)
        case .healed(let count):
            telemetry.orphansHealed(count)
        case .moved: break
        }
    }

    // MARK: - One round

    /// Opens, reads, plans, commits as needed. Returns how long to wait before trying again, nil when all is well.
    private func round(_ reasons: Set<TriggerReason>) async -> Duration? {
        do {
            try await openIfNeeded()
            if reasons.contains(.tick) {
                running = nil
                refused.tick()
            }
            if running == nil { try await readRunning() }
            if reasons.contains(.tick) { await checkInstalled() }
            // Lost just now: the next round is due already, and without running no rule of time may be judged.
            guard let running else {
                wake.nextChange = nil
                return nil
            }
            let (hasNews, start) = (facts.hasNews, ContinuousClock.now)
            let plan = facts.plan(
                running: Self.announced(running), at: elapsed(), isCurrent: telemetry.watches.isCurrent)
            wake.nextChange = plan?.nextChange
            ledger.planned(plan)
            guard let plan else { return nil }
            planReport.report(plan, fuse: facts.configuration.fuse)
            let difference = PlannedDifference(plan: plan, running: running)
            if hasNews { telemetry.planned(in: start.duration(to: .now)) }
            let sequenceBefore = sequence
            guard try await commit(difference) else { return backoff.next() }
            backoff.reset()
            // Some times count from the commit, such as that of a drain.
            if sequence != sequenceBefore { trigger.signal(.committed) }
            return nil
        } catch {
            // Nothing changes by itself before the next plan.
            wake.nextChange = nil
            if error.code == .disconnected || error.code == .deadlineExceeded { loseSession(error.message) }
            if !isOpen, !isEmbedded { telemetry.sessionLost(error.message) }
            ledger.failed(error.message, isConnected: isOpen)
            let wait = backoff.next()
            logger.log(
                level: isEmbedded && !isOpen ? .debug : .warning,
                isOpen ? "FRR refuses, trying again" : "FRR cannot be reached, trying again",
                metadata: [LogKeys.error: "\(error)", LogKeys.delay: "\(wait)"])
            return wait
        }
    }

    /// Without what was announced by hand.
    static func announced(_ running: Set<Network>) -> [IPAddress: AttributeClass] {
        let ours = running.filter { network in
            network.attributeClass != .manual && network.prefix.length == network.prefix.family.bitWidth
        }
        return Dictionary(ours.map { ($0.prefix.address, $0.attributeClass) }, uniquingKeysWith: min)
    }

    private func openIfNeeded() async throws(ManagementError) {
        guard !isOpen else { return }
        let capabilities = try await session.open()
        let isReconnect = wasOpen
        isOpen = true
        wasOpen = true
        ledger.opened()
        running = nil
        refused.forgive()
        guard !isEmbedded else { return }
        telemetry.sessionOpened(capabilities, isReconnect: isReconnect)
        logger.info(
            "session with FRR open",
            metadata: [
                LogKeys.provider: "\(capabilities.provider)", LogKeys.dialect: "\(capabilities.dialect)",
                LogKeys.schema: "\(capabilities.schema)", LogKeys.releases: "\(capabilities.releases)",
            ])
    }

    private func readRunning() async throws(ManagementError) {
        let networks = try await session.networks()
        running = networks
        ledger.ran(networks, at: elapsed())
        telemetry.running(networks)
        telemetry.runningRead()
    }

    private func checkInstalled() async {
        guard let running, let installed = try? await session.installedNetworks() else { return }
        installedCheck.look(running: running, installed: installed, logger: logger)
        telemetry.uninstalled(installedCheck.lasting.count)
        ledger.uninstalled = Set(installedCheck.lasting.map(\.prefix))
    }

    private func loseSession(_ reason: String) {
        if isOpen, !isEmbedded {
            logger.warning("session with FRR lost", metadata: [LogKeys.reason: "\(reason)"])
            telemetry.sessionLost(reason)
        }
        isOpen = false
        running = nil
        ledger.failed(reason, isConnected: false)
    }

    /// Commits what the plan wants and FRR does not have. Returns false when a retry is due.
    private func commit(_ difference: PlannedDifference) async throws(ManagementError) -> Bool {
        report(held: difference.heldByOperator)
        let due = refused.due(of: difference.edits)
        let since = oldestChange
        oldestChange = nil
        // What was refused before holds back nothing else.
        for edits in [due.fresh, due.again] where !edits.isEmpty {
            guard await commit(edits, difference, since: since) else {
                oldestChange = since
                return false
            }
        }
        return true
    }

    private func report(held: [IPPrefix]) {
        for prefix in held where !reported.contains(prefix) {
            logger.warning(
                "VIP is announced by hand, left alone",
                metadata: [LogKeys.prefix: "\(prefix)", LogKeys.hint: "cosmolet withdraw \(prefix)"])
        }
        reported = Set(held)
    }

    /// One transaction. When FRR refuses it for good and it has several edits, it is tried without the classes that the
    /// refusal names, else in halves, so that one bad VIP does not hold back the others.
    private func commit(
        _ edits: [NetworkEdit], _ difference: PlannedDifference, since: ContinuousClock.Instant?
    ) async -> Bool {
        sequence += 1
        let transaction = Transaction(id: "\(idPrefix)-\(sequence)", edits: edits, cause: difference.cause(of: edits))
        let start = ContinuousClock.now
        let result = await session.commit(transaction)
        window.committed(in: result.duration, at: elapsed())
        if !isEmbedded { telemetry.committed(result) }
        if let duration = changeToReply(result, start: start, since: since) { telemetry.changeReached(in: duration) }
        logger.log(transaction, result)
        if result.outcome == .applied { running?.apply(edits) }
        ledger.committed(
            transaction, result, running: result.outcome == .applied ? running : nil, at: elapsed(), time: Date())
        switch result.outcome {
        case .applied:
            refusals = 0
            if let running { telemetry.running(running) }
            observer?.applied(edits, of: difference.plan)
            return true
        case .rejected(let error) where error.isRetryable && (refusals == 0 || !error.isAborted):
            // A daemon may have been away for a moment; only what is refused again is looked at edit by edit.
            if error.isAborted { refusals += 1 }
            running = nil
            return false
        case .rejected(let error):
            let named = ClassRefusal.edits(of: edits, namedIn: error.message)
            let isHopeless = { edits.count == 1 || named.contains($0) }
            for edit in edits where isHopeless(edit) {
                refused.refuse(edit)
                observer?.refused(edit, of: difference.plan, because: error.message)
            }
            let rest = edits.filter { !isHopeless($0) }
            guard rest.count == edits.count else {
                return rest.isEmpty ? true : await commit(rest, difference, since: since)
            }
            let middle = edits.count / 2
            let first = await commit(Array(edits[..<middle]), difference, since: since)
            let second = await commit(Array(edits[middle...]), difference, since: since)
            return first && second
        case .unknown(let error):
            // Only reading can tell: on this connection if it still lives, else after the next open.
            running = nil
            telemetry.commitUnknown(error.message)
            if error.code == ManagementError.Code.disconnected.description { loseSession(error.message) }
            return false
        }
    }

    private func changeToReply(
        _ result: CommitResult, start: ContinuousClock.Instant, since: ContinuousClock.Instant?
    ) -> Duration? {
        guard let since, let reply = result.durationToReply else { return nil }
        return since.duration(to: start) + reply
    }
}
