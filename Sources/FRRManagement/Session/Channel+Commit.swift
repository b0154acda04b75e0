internal import NetworkTypes
internal import Northbound

/// How one run of a transaction through mgmtd ended.
enum CommitAttempt {
    /// Running shows all of it.
    case applied
    /// Refused; running is as it was.
    case rejected(ManagementError)
    /// The connection went after COMMIT was sent, or could not confirm what came of it. It must be dropped.
    case unknown(ManagementError)
    /// The connection went before COMMIT was sent: nothing was changed. It must be dropped.
    case lost(ManagementError)
    /// mgmtd says it is done, but running lacks these: the shared candidate was wiped under us (hazard 10).
    case incomplete([String])
}

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
    /// Runs a transaction once: lock both, clean candidate, edit, commit, unlock, read back (design D4).
    func attempt(_ edits: [NetworkEdit], timer: inout PhaseTimer) -> CommitAttempt {
        timer.begin()
        var isCommitSent = false
        do throws(ManagementError) {
            if let refusal = try prepare(edits, timer: &timer, isCommitSent: &isCommitSent) {
                return .rejected(refusal)
            }
            let prefixes = RoutePlan.effective(edits).map(\.prefix)
            let missing = RoutePlan.missing(
                edits, in: try readRoutes(of: prefixes).routes, ownership: configuration.ownership)
            timer.end(.readBack)
            return missing.isEmpty ? .applied : .incomplete(missing)
        } catch {
            // `locked` comes from waiting without a lock, with nothing sent that would need cleaning.
            if error.code == .locked, heldLocks.isEmpty, !isCommitSent { return .rejected(error) }
            return isCommitSent ? .unknown(error) : .lost(error)
        }
    }

    /// Everything up to the unlock.
    ///
    /// - Returns: the refusal, after which candidate is clean and nothing is locked; nil when committed.
    private func prepare(
        _ edits: [NetworkEdit], timer: inout PhaseTimer, isCommitSent: inout Bool
    ) throws(ManagementError) -> ManagementError? {
        try lockAndClean(timer: &timer)
        let batches: [EditBatch]
        do {
            batches = try planBatches(edits)
        } catch {
            guard error.code == .invalidEdit || error.code == .rejected else { throw error }
            try unlockAll()
            timer.end(.unlock)
            return error
        }
        for batch in batches {
            if let failure = try request(.edit(batch)).failure {
                timer.end(.edit)
                try discard(after: failure)
                timer.end(.unlock)
                return ManagementError(.rejected, "FRR refuses an edit: \(failure.text.firstLine)")
            }
        }
        timer.end(.edit)
        if !batches.isEmpty {
            isCommitSent = true
            let reply = try connection.request(
                .commit(.apply), session: session, within: configuration.commitDeadline ?? release.commitDeadline)
            timer.end(.commit)
            timer.replyArrived()
            switch reply.body {
            case .committed: break
            case .failure(let failure):
                // Running is unchanged: mgmtd validates before it applies. Candidate still has our edits.
                isCommitSent = false
                try discard(after: failure)
                timer.end(.unlock)
                return ManagementError(.aborted, "FRR refuses the commit: \(failure.text.firstLine)")
            default:
                throw ManagementError(.protocolViolation, "odd reply to a commit")
            }
        }
        try unlockAll()
        timer.end(.unlock)
        return nil
    }

    /// Takes the locks and makes candidate equal running (hazard 11), first making sure that no transaction of a
    /// client that died is still open where COMMIT would crash mgmtd over it (hazards 7 and 8).
    func lockAndClean(timer: inout PhaseTimer) throws(ManagementError) {
        let deadline = ContinuousClock.now + configuration.lockRetry.limit
        while true {
            try lockBoth()
            timer.end(.lock)
            guard let refusal = try openTransactionOfOthers() else { break }
            try unlockAll()
            try backOff(until: deadline, reason: refusal)
        }
        let reply = try connection.request(.commit(.abort), session: session, within: cleanDeadline)
        if let failure = reply.failure {
            try unlockAll()
            throw ManagementError(.locked, "FRR does not clean its candidate: \(failure.text.firstLine)")
        }
        timer.end(.clean)
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

    /// Leaves a clean candidate and no lock after a refused edit or commit. On 10.4 and 10.5 nothing but this abort is
    /// allowed next (hazard 8); where mgmtd could not open a transaction, not even this (hazard 7).
    func discard(after failure: Reply.Failure) throws(ManagementError) {
        if !failure.meansOpenTransaction {
            let reply = try connection.request(.commit(.abort), session: session, within: cleanDeadline)
            if let failure = reply.failure {
                throw ManagementError(.protocolViolation, "mgmtd does not abort: \(failure.text.firstLine)")
            }
        }
        try unlockAll()
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
