internal import NetworkTypes

/// Client and request id: what makes a Commit idempotent.
struct RequestKey: Hashable {
    let client: String
    let requestID: String
}

/// A commit that waits for its turn.
struct QueuedCommit {
    /// What it shall do to running.
    enum Change {
        /// These edits.
        case edits([NetworkEdit])
        /// Whatever takes these back, of what is still as they left it: a later change stays.
        case inverse([RecordedEdit])
        /// Whatever makes running this table when its turn comes.
        case table(Set<Network>)
        /// Whatever gives all that is not announced by hand this class, nil: withdraws it, if the leases are over still.
        case lapse(to: AttributeClass?)
    }

    let key: RequestKey
    let kind: TransactionKind
    let change: Change
    let cause: [String]
    let confirmTimeout: Duration?
    /// Until when somebody waits for it, on the service's uptime; nil: for ever.
    var deadline: Duration?

    /// True for what the service commits on its own account: policy and locks are for clients.
    var isOwn: Bool {
        switch kind {
        case .commit, .rollback: false
        case .unconfirmed, .leaseDrain, .leaseWithdrawal, .observed, .providerMove: true
        }
    }
}

/// Each request is applied once at most, and all who made it get its outcome. One that was refused for a reason that
/// passes may be made again under the same name: it is then executed anew, with a record of its own.
extension CommitService {
    /// The outcome of an earlier request with this key, or of one in flight; nil when this one shall be executed. The key
    /// is then this one's, until `submit` or `giveUp`.
    ///
    /// - Parameter deadline: until when this one waits.
    func claim(_ key: RequestKey, deadline: Duration?) async throws(NorthboundError) -> TransactionRecord? {
        guard inFlight[key] == nil else {
            extend(key, to: deadline)
            return try Self.outcome(try await wait(for: key).get())
        }
        // Before the journal is asked: a repetition that comes meanwhile waits for this one.
        inFlight[key] = []
        var earlier = remembered[key]
        if earlier == nil {
            do throws(JournalError) {
                earlier = try await journal.record(requestID: key.requestID, client: key.client)
            } catch  where !configuration.announcesWithoutJournal {
                throw giveUp(
                    key, NorthboundError(.unavailable, "the journal cannot be read and may not be missing: \(error)"))
            } catch {
                noteFailed(error)
            }
        }
        guard let earlier, !Self.mayBeRepeated(earlier) else { return nil }
        answer(key, .success(earlier))
        return try Self.outcome(earlier)
    }

    /// Queues a commit whose key was claimed, and waits for its record.
    func submit(_ commit: QueuedCommit) async throws(NorthboundError) -> TransactionRecord {
        guard !isStopping else {
            throw giveUp(commit.key, NorthboundError(.unavailable, "the northbound is stopping"))
        }
        guard queue.count < configuration.maximumQueuedCommits else {
            throw giveUp(
                commit.key, NorthboundError(.resourceExhausted, "\(queue.count) commits are waiting already"))
        }
        queue.append(commit)
        wakeUp.signal()
        return try Self.outcome(try await wait(for: commit.key).get())
    }

    /// Ends a request that was claimed and is not submitted.
    func giveUp(_ key: RequestKey, _ error: NorthboundError) -> NorthboundError {
        answer(key, .failure(error))
        return error
    }

    private func wait(for key: RequestKey) async -> Result<TransactionRecord, NorthboundError> {
        await withCheckedContinuation { inFlight[key, default: []].append($0) }
    }

    func answer(_ key: RequestKey, _ result: Result<TransactionRecord, NorthboundError>) {
        for continuation in inFlight.removeValue(forKey: key) ?? [] { continuation.resume(returning: result) }
    }

    func answer(_ commit: QueuedCommit, _ result: Result<TransactionRecord, NorthboundError>) {
        if commit.isOwn { ownResult = result }
        answer(commit.key, result)
    }

    // MARK: - Deadlines

    /// The moment until which a client waits, on the service's uptime.
    func deadline(in timeRemaining: Duration?) -> Duration? { timeRemaining.map { uptime() + $0 } }

    /// Somebody else waits for a commit too, perhaps longer: a client that repeats its request.
    private func extend(_ key: RequestKey, to deadline: Duration?) {
        guard let index = queue.firstIndex(where: { $0.key == key }), let earlier = queue[index].deadline else {
            return
        }
        queue[index].deadline = deadline.map { max($0, earlier) }
    }

    /// Answers the commits in the queue for which nobody waits any more. Nothing of them was begun, so that their
    /// requests may be repeated.
    func refuseOverdue() {
        let now = uptime()
        let isOverdue: (QueuedCommit) -> Bool = { commit in commit.deadline.map { $0 <= now } ?? false }
        let overdue = queue.filter(isOverdue)
        guard !overdue.isEmpty else { return }
        queue.removeAll(where: isOverdue)
        let error = NorthboundError(.deadlineExceeded, "the deadline passed before the commit had its turn")
        for commit in overdue { answer(commit, .failure(error)) }
    }

    /// Commits whose answer was lost while FRR cannot be read: their clients are told that nothing is known yet.
    func answerUnresolved() {
        let open = unresolved
        unresolved = []
        for (commit, record) in open { answer(commit, .success(record)) }
    }

    func refuseQueued(_ error: NorthboundError) {
        let waiting = queue
        queue = []
        for commit in waiting { answer(commit, .failure(error)) }
    }

    // MARK: - Outcomes

    /// What a client gets for a record: the record itself when it is applied, else an error that names it. The same for
    /// the first answer and for every repetition.
    static func outcome(_ record: TransactionRecord) throws(NorthboundError) -> TransactionRecord {
        switch record.outcome {
        case .applied: return record
        case .rejected: throw error(record)
        case .pending, .unknown:
            throw NorthboundError(.unknown, "the outcome of transaction \(record.id) is not known yet")
        }
    }

    /// gRPC's code for what FRR refused: aborted or unavailable when the same request may succeed later. The record has the code of
    /// the refusal at the end of its text, see `ManagementErrorSummary.description`.
    private static func error(_ record: TransactionRecord) -> NorthboundError {
        let text = record.error ?? "transaction \(record.id) was not applied"
        for (code, status) in refusals where text.hasSuffix(" [\(code)]") {
            return NorthboundError(status, String(text.dropLast(code.description.utf8.count + 3)))
        }
        return NorthboundError(.aborted, text)
    }

    /// True when nothing of it was applied, and for a reason that may be gone by now: a lock, a daemon or a connection.
    static func mayBeRepeated(_ record: TransactionRecord) -> Bool {
        guard record.outcome == .rejected else { return false }
        switch error(record).code {
        case .aborted, .unavailable: return true
        default: return false
        }
    }

    private static let refusals: [(ManagementError.Code, StatusCode)] = [
        (.invalidEdit, .invalidArgument), (.disconnected, .unavailable), (.rejected, .failedPrecondition),
        (.unsupported, .failedPrecondition), (.locked, .aborted), (.aborted, .aborted),
        (.deadlineExceeded, .aborted), (.protocolViolation, .aborted), (.unreachable, .unavailable),
        (.unresponsive, .unavailable),
    ]
}
