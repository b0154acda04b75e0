internal import Logging
internal import NetworkTypes
internal import Northbound

/// Measures the phases of a commit.
struct PhaseTimer {
    private(set) var phases: [CommitPhase: Duration] = [:]
    private let start = ContinuousClock.now
    private var mark = ContinuousClock.now
    var durationToReply: Duration?

    mutating func begin() { mark = .now }

    /// Adds the time since the last mark to a phase.
    mutating func end(_ phase: CommitPhase) {
        let now = ContinuousClock.now
        phases[phase, default: .zero] += mark.duration(to: now)
        mark = now
    }

    mutating func replyArrived() { durationToReply = start.duration(to: .now) }

    func result(_ outcome: CommitOutcome) -> CommitResult {
        CommitResult(
            outcome: outcome, phases: phases, durationToReply: durationToReply, duration: start.duration(to: .now))
    }
}

extension Channel {
    /// Performs the steps that the commit machine gives out, one after the other, until it has finished (design D4).
    func execute(_ edits: [NetworkEdit], timer: inout PhaseTimer) -> CommitMachine.Finish {
        var machine = CommitMachine()
        var step = machine.first
        var run = CommitRun(edits: edits, deadline: ContinuousClock.now + configuration.lockRetry.limit)
        timer.begin()
        while true {
            if case .finish(let finish) = step { return finish }
            let result = perform(step, &run)
            if let phase = step.phase { timer.end(phase) }
            if step == .commit, run.hasReply { timer.replyArrived() }
            step = machine.handle(result)
        }
    }

    /// What the steps of one commit tell each other.
    private struct CommitRun {
        let edits: [NetworkEdit]
        /// Until when locks are waited for.
        let deadline: ContinuousClock.Instant
        /// Why the last lock or edit was refused.
        var refusal = ""
        /// The failure that is being taken back.
        var failure: Reply.Failure?
        var hasReply = false
    }

    private func perform(_ step: CommitMachine.Step, _ run: inout CommitRun) -> CommitMachine.StepResult {
        do throws(ManagementError) {
            switch step {
            case .lock: return try refused(tryLockBoth(), &run)
            case .wait: return wait(&run)
            case .clean: return try refused(clean(), &run)
            case .edit: return try edit(&run)
            case .commit: return try commit(&run)
            case .discard: try discard(run.failure)
            case .unlock: try unlockAll()
            case .readBack:
                let missing = RoutePlan.missing(
                    run.edits, in: try readRoutes(of: RoutePlan.effective(run.edits).map(\.prefix)).routes,
                    ownership: configuration.ownership)
                guard !missing.isEmpty else { return .done }
                logger.warning(
                    "mgmtd reported a commit as done but running does not show it",
                    metadata: ["missing": "\(missing.prefix(4))"])
                return .missing(missing)
            case .finish: preconditionFailure("the commit has finished")
            }
            return .done
        } catch {
            return .lost(error)
        }
    }

    /// A lock or a transaction of somebody else is in the way.
    private func refused(_ reason: String?, _ run: inout CommitRun) -> CommitMachine.StepResult {
        guard let reason else { return .done }
        run.refusal = reason
        return .refused(ManagementError(.locked, "FRR's configuration is locked by somebody else: \(reason)"))
    }

    private func wait(_ run: inout CommitRun) -> CommitMachine.StepResult {
        do { try backOff(until: run.deadline, reason: run.refusal) } catch {
            return error.code == .locked ? .refused(error) : .lost(error)
        }
        return .done
    }

    private func edit(_ run: inout CommitRun) throws(ManagementError) -> CommitMachine.StepResult {
        let batches: [EditBatch]
        do { batches = try planBatches(run.edits) } catch {
            guard error.code == .invalidEdit || error.code == .rejected else { throw error }
            return .refused(error)
        }
        for batch in batches {
            if let failure = try request(.edit(batch)).failure {
                run.failure = failure
                return .refused(ManagementError(.rejected, "FRR refuses an edit: \(failure.text.firstLine)"))
            }
        }
        return batches.isEmpty ? .nothing : .done
    }

    private func commit(_ run: inout CommitRun) throws(ManagementError) -> CommitMachine.StepResult {
        let reply = try connection.request(
            .commit(.apply), session: session, within: configuration.commitDeadline ?? release.commitDeadline)
        switch reply.body {
        case .committed:
            run.hasReply = true
            return .done
        case .failure(let failure):
            run.hasReply = true
            run.failure = failure
            return .refused(ManagementError(.aborted, "FRR refuses the commit: \(failure.text.firstLine)"))
        default:
            throw ManagementError(.protocolViolation, "odd reply to a commit")
        }
    }

    /// Makes candidate equal running (hazard 11), first making sure that no transaction of a client that died is still
    /// open where COMMIT would crash mgmtd over it (hazards 7 and 8). Both locks are held.
    ///
    /// - Returns: why not, nil when the candidate is clean.
    func clean() throws(ManagementError) -> String? {
        if let refusal = try openTransactionOfOthers() { return refusal }
        let reply = try connection.request(.commit(.abort), session: session, within: cleanDeadline)
        return reply.failure.map { "FRR does not clean its candidate: \($0.text.firstLine)" }
    }

    /// Makes the candidate equal running when a session begins: from 10.4 on it keeps what a client that went has left
    /// there, and the next one to commit would commit that too. The client may have been us, before the connection was
    /// cut or the process killed.
    ///
    /// - Parameter waitsForLocks: false to leave it to others when somebody works on the candidate right now.
    func dropLeftovers(waitsForLocks: Bool) throws(ManagementError) {
        guard !release.disconnectWipesCandidate else { return }
        if waitsForLocks {
            try lockBoth()
        } else if let refusal = try tryLockBoth() {
            logger.debug("the candidate is not looked after now", metadata: ["reason": "\(refusal)"])
            return
        }
        if let refusal = try clean() {
            logger.warning("the candidate may hold leftovers", metadata: ["reason": "\(refusal)"])
        }
        try unlockAll()
    }

    /// Abort takes time in proportion to the configuration, and giving up on it would leave a lock.
    private var cleanDeadline: Duration { max(configuration.requestDeadline, .seconds(30)) }

    /// Removes from candidate what cannot be there. mgmtd opens its transaction for that, or refuses while another is
    /// open. Whatever the edit did, the abort that follows undoes it.
    private func openTransactionOfOthers() throws(ManagementError) -> String? {
        guard release.mayHoldForeignTransaction else { return nil }
        let path = release.schema.entry(IPPrefix(host: IPAddress(family: .ipv4, bits: 0)))
        let batch: EditBatch =
            release.dialect == .native
            ? .tree(.remove, path: path, data: "") : .leaves([.remove(path: path)])
        let reply = try request(.edit(batch))
        release = release.refined(byEditReply: reply.body)
        guard let failure = reply.failure, failure.meansOpenTransaction else { return nil }
        return failure.text
    }

    private func planBatches(_ edits: [NetworkEdit]) throws(ManagementError) -> [EditBatch] {
        let read = try readRoutes(of: RoutePlan.effective(edits).map(\.prefix))
        let ownership = configuration.ownership
        let plan = try RoutePlan(edits: edits, routes: read.routes, ownership: ownership)
        guard release.dialect == .native else {
            return plan.leafBatches(schema: release.schema, ownership: ownership, limits: release.limits)
        }
        let batches = plan.treeBatches(schema: release.schema, ownership: ownership, limits: release.limits)
        guard release.editCopiesConfiguration, plan.removalCount > Self.narrowReadLimit,
            let container = read.container
        else { return batches }
        let replacement = try plan.replacementBatches(
            container: container, schema: release.schema, ownership: ownership, limits: release.limits)
        return replacement.count < batches.count ? replacement : batches
    }

    /// Leaves a clean candidate after a refused edit or commit. On 10.4 and 10.5 nothing but this abort is allowed next
    /// (hazard 8); where mgmtd could not open a transaction, not even this (hazard 7).
    func discard(_ failure: Reply.Failure?) throws(ManagementError) {
        guard failure?.meansOpenTransaction != true else { return }
        let reply = try connection.request(.commit(.abort), session: session, within: cleanDeadline)
        if let failure = reply.failure {
            throw ManagementError(.protocolViolation, "mgmtd does not abort: \(failure.text.firstLine)")
        }
    }
}

extension Reply.Failure {
    /// The one refusal that is told by its text, as the protobuf dialect has no codes: another client's configuration
    /// transaction is open.
    fileprivate var meansOpenTransaction: Bool {
        text.lowercased().hasPrefix("failed to create a configuration")
    }
}

extension String {
    /// For messages of one line; libyang's texts have many.
    fileprivate var firstLine: String {
        let lines = split(whereSeparator: \.isNewline).map { $0.trimmed }.filter { !$0.isEmpty }
        return lines.prefix(3).joined(separator: " ").prefix(300).description
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
