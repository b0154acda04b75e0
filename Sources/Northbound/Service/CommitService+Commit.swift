internal import NetworkTypes

extension CommitService {
    /// Queues a commit and waits for its record. The same key gives the same record, also while the first is in flight.
    func enqueue(_ commit: QueuedCommit) async throws(NorthboundError) -> TransactionRecord {
        if let finished = try await earlierOutcome(of: commit.key) { return try Self.outcome(finished) }
        if inFlight[commit.key] == nil {
            guard queue.count < configuration.maximumQueuedCommits else {
                throw NorthboundError(.resourceExhausted, "\(queue.count) commits are waiting already")
            }
            guard !isStopping else { throw NorthboundError(.unavailable, "the northbound is stopping") }
            queue.append(commit)
            inFlight[commit.key] = []
        }
        let result = await withCheckedContinuation { continuation in
            inFlight[commit.key, default: []].append(continuation)
            wakeUp.signal()
        }
        return try Self.outcome(result.get())
    }

    /// The record of an earlier request with this key, unless it is in flight right now.
    private func earlierOutcome(of key: RequestKey) async throws(NorthboundError) -> TransactionRecord? {
        guard inFlight[key] == nil else { return nil }
        let record: TransactionRecord?
        do { record = try await journal.record(requestID: key.requestID, client: key.client) } catch { return nil }
        // The journal was asked without holding anything: the request may have been queued meanwhile.
        guard inFlight[key] == nil else { return nil }
        return record
    }

    /// What a client gets for a record: the record itself when it is applied, else an error that names it.
    static func outcome(_ record: TransactionRecord) throws(NorthboundError) -> TransactionRecord {
        switch record.outcome {
        case .applied: return record
        case .rejected: throw NorthboundError(.aborted, record.error ?? "transaction \(record.id) was not applied")
        case .pending, .unknown:
            throw NorthboundError(.unknown, "the outcome of transaction \(record.id) is not known yet")
        }
    }

    func refuseQueued(_ error: NorthboundError) {
        let waiting = queue
        queue = []
        for commit in waiting { answer(commit, .failure(error)) }
    }

    func answer(_ commit: QueuedCommit, _ result: Result<TransactionRecord, NorthboundError>) {
        for continuation in inFlight.removeValue(forKey: commit.key) ?? [] { continuation.resume(returning: result) }
    }

    // MARK: - Executing

    /// Executes what is queued: as many commits in one transaction of FRR as may go together.
    func commitQueued() async {
        while !queue.isEmpty, running != nil {
            await enter()
            defer { leave() }
            guard running != nil else { break }
            let group = takeGroup()
            var expected = (running ?? []).byPrefix
            var accepted: [(QueuedCommit, TransactionRecord)] = []
            for commit in group {
                do throws(NorthboundError) {
                    accepted.append((commit, try await intend(commit, expected: expected)))
                    expected.apply(commit.edits)
                } catch {
                    answer(commit, .failure(error))
                }
            }
            await execute(accepted)
        }
        if running == nil, !queue.isEmpty { wakeUp.signal() }
    }

    /// The next commits that may go together: no prefix twice, none with a confirm timeout, all of kind commit.
    private func takeGroup() -> [QueuedCommit] {
        var group: [QueuedCommit] = []
        var prefixes: Set<IPPrefix> = []
        while let next = queue.first {
            let isAlone = next.confirmTimeout != nil || next.kind != .commit
            let its = Set(next.edits.map(\.prefix))
            if !group.isEmpty {
                guard !isAlone, prefixes.isDisjoint(with: its),
                    prefixes.count + its.count <= configuration.policy.maximumEdits
                else { break }
            }
            group.append(queue.removeFirst())
            prefixes.formUnion(its)
            if isAlone { break }
        }
        return group
    }

    /// Checks a commit and writes its intent.
    ///
    /// - Parameter expected: what will be announced when the commits before it in its group are applied.
    private func intend(
        _ commit: QueuedCommit, expected: [IPPrefix: AttributeClass]
    ) async throws(NorthboundError) -> TransactionRecord {
        guard running != nil else { throw NorthboundError(.unavailable, "FRR cannot be reached") }
        if commit.kind == .commit {
            switch configuration.policy.refusal(of: commit.edits, running: expected) {
            case .permissionDenied(let message): throw NorthboundError(.permissionDenied, message)
            case .resourceExhausted(let message): throw NorthboundError(.resourceExhausted, message)
            case nil: break
            }
        }
        if let lockHolder, lockHolder != commit.key.client, commit.kind == .commit || commit.kind == .rollback {
            throw NorthboundError(.failedPrecondition, "the configuration is locked by client \(lockHolder)")
        }
        return try await begin(
            TransactionRecord(
                id: makeID(), parent: parent, kind: commit.kind, requestID: commit.key.requestID,
                client: commit.key.client, cause: commit.cause, edits: Self.recorded(commit.edits, before: expected),
                capabilities: management, startedAtMicroseconds: now()))
    }

    /// One entry for each prefix, in prefix order, with what was there before.
    static func recorded(_ edits: [NetworkEdit], before classes: [IPPrefix: AttributeClass]) -> [RecordedEdit] {
        var last: [IPPrefix: NetworkEdit] = [:]
        for edit in edits { last[edit.prefix] = edit }
        return last.sorted { $0.key < $1.key }.map { prefix, edit in
            var after: AttributeClass?
            if case .set(let network) = edit { after = network.attributeClass }
            return RecordedEdit(prefix: prefix, before: classes[prefix], after: after)
        }
    }

    /// One transaction of FRR for all; when FRR refuses it and it holds several commits, each has one of its own.
    private func execute(_ accepted: [(QueuedCommit, TransactionRecord)]) async {
        guard !accepted.isEmpty else { return }
        let edits = accepted.flatMap { $0.1.edits.map(\.edit) }
        let result = await session.commit(
            Transaction(id: accepted[0].1.id, edits: edits, cause: accepted.flatMap { $0.1.cause }))
        if case .rejected(let error) = result.outcome, !error.isRetryable, accepted.count > 1 {
            for one in accepted { await execute([one]) }
            return
        }
        switch result.outcome {
        case .applied:
            var after = running ?? []
            after.apply(edits)
            setRunning(after)
        case .rejected(let error):
            if error.code == ManagementError.Code.locked.description { tell(.lockRefused(error.message)) }
            if error.code == ManagementError.Code.disconnected.description { loseSession(error.message) }
        case .unknown(let error):
            // The record stays in doubt until FRR was read; so does the answer.
            running = nil
            if error.code == ManagementError.Code.disconnected.description { loseSession(error.message) }
        }
        for (commit, record) in accepted { await conclude(commit, record, result) }
    }

    private func conclude(_ commit: QueuedCommit, _ record: TransactionRecord, _ result: CommitResult) async {
        var record = record
        record.phaseMicroseconds = result.phases.mapValues(\.microseconds)
        record.durationMicroseconds = result.duration.microseconds
        switch result.outcome {
        case .applied:
            record.outcome = .applied
            if let timeout = commit.confirmTimeout { record.confirmByMicroseconds = now() + timeout.microseconds }
        case .rejected(let error):
            record.outcome = .rejected
            record.error = error.description
        case .unknown(let error):
            record.outcome = .unknown
            record.error = error.description
        }
        await finish(record)
        guard record.outcome != .unknown else {
            // The client waits until recovery has read FRR.
            unresolved[record.id] = (commit, record)
            wakeUp.signal()
            return
        }
        if case .rejected(let error) = result.outcome {
            answer(commit, .failure(Self.error(error)))
        } else {
            answer(commit, .success(record))
        }
    }

    /// gRPC's code for what FRR refused: aborted when the same request may succeed later.
    private static func error(_ summary: ManagementErrorSummary) -> NorthboundError {
        switch summary.code {
        case ManagementError.Code.invalidEdit.description: NorthboundError(.invalidArgument, summary.message)
        case ManagementError.Code.disconnected.description: NorthboundError(.unavailable, summary.message)
        default: NorthboundError(summary.isRetryable ? .aborted : .failedPrecondition, summary.message)
        }
    }
}

extension Set<Network> {
    /// What is there after the edits were applied.
    public mutating func apply(_ edits: [NetworkEdit]) {
        var classes = byPrefix
        classes.apply(edits)
        self = Set(classes.map { Network(prefix: $0, attributeClass: $1) })
    }

    /// The class of each prefix.
    var byPrefix: [IPPrefix: AttributeClass] {
        Dictionary(map { ($0.prefix, $0.attributeClass) }, uniquingKeysWith: { $1 })
    }
}

extension [IPPrefix: AttributeClass] {
    /// What is there after the edits were applied.
    mutating func apply(_ edits: [NetworkEdit]) {
        for edit in edits {
            switch edit {
            case .set(let network): self[network.prefix] = network.attributeClass
            case .remove(let prefix): self[prefix] = nil
            }
        }
    }
}

extension Duration {
    /// Whole microseconds, rounded down.
    var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
