internal import NetworkTypes

/// Commits take turns. What waits and does not clash shares one transaction of FRR and two writes of the journal; each
/// has a record, an outcome and an answer of its own.
extension CommitService {
    /// A commit whose intent is durable, or may be missing.
    private typealias Intended = (commit: QueuedCommit, record: TransactionRecord)

    /// After so many transactions in a row that FRR refused as a whole, a group is not taken apart any further: the
    /// cause is then not an edit but a daemon that is away.
    private static let maximumAbortsInARow = 16

    /// Executes what is queued: as many commits in one transaction of FRR as may go together.
    func commitQueued() async {
        while !queue.isEmpty, running != nil, !isStopping, !Task.isCancelled {
            await enter()
            defer { leave() }
            guard running != nil else { break }
            await execute(await intend(takeGroup()))
        }
        if running == nil, !queue.isEmpty { wakeUp.signal() }
    }

    /// The next commits that may go together: no prefix twice, none with a confirm timeout, all of kind commit. Those
    /// for which nobody waits any more are refused; from here on a commit is carried out whatever its deadline.
    private func takeGroup() -> [QueuedCommit] {
        refuseOverdue()
        var group: [QueuedCommit] = []
        var prefixes: Set<IPPrefix> = []
        while let next = queue.first {
            guard case .edits(let edits) = next.change, next.confirmTimeout == nil, next.kind == .commit else {
                return group.isEmpty ? [queue.removeFirst()] : group
            }
            let its = Set(edits.map(\.prefix))
            if !group.isEmpty {
                guard prefixes.isDisjoint(with: its), prefixes.count + its.count <= configuration.policy.maximumEdits
                else { break }
            }
            group.append(queue.removeFirst())
            prefixes.formUnion(its)
        }
        return group
    }

    // MARK: - Intent

    /// Checks commits and writes the intents of those that may go on, in one durable write. The others are answered.
    private func intend(_ group: [QueuedCommit]) async -> [Intended] {
        var intended: [Intended] = []
        // What will be announced, and which transaction comes before, when those ahead in the group are applied.
        var expected = (running ?? []).byPrefix
        var parent = self.parent
        for commit in group {
            do throws(NorthboundError) {
                let edits = try await self.edits(of: commit, expected: &expected)
                let record = TransactionRecord(
                    id: makeID(), parent: parent, kind: commit.kind, requestID: commit.key.requestID,
                    client: commit.key.client, cause: Causes.bounded(commit.cause),
                    edits: Self.recorded(edits, before: expected), capabilities: management,
                    startedAtMicroseconds: now(),
                    // In the intent already: who is killed before the result is written shall not forget it.
                    confirmByMicroseconds: commit.confirmTimeout.map { now() + $0.microseconds })
                intended.append((commit, record))
                expected.apply(edits)
                parent = record.id
            } catch {
                answer(commit, .failure(error))
            }
        }
        var begun: [Intended] = []
        for (index, result) in await begin(intended.map { $0.record }).enumerated() {
            switch result {
            case .success(let record): begun.append((intended[index].commit, record))
            case .failure(let error): answer(intended[index].commit, .failure(error))
            }
        }
        return begun
    }

    /// The edits of a commit, checked.
    ///
    /// - Parameter expected: what will be announced before it; read anew for a commit that names a whole table.
    private func edits(
        of commit: QueuedCommit, expected: inout [IPPrefix: AttributeClass]
    ) async throws(NorthboundError) -> [NetworkEdit] {
        let edits: [NetworkEdit]
        switch commit.change {
        case .edits(let given): edits = given
        case .inverse(let recorded):
            let now = expected
            edits = recorded.filter { now[$0.prefix] == $0.after }.map(\.inverse)
        case .table(let table):
            let current: Set<Network>
            do { current = try await readRunning() } catch { throw failed(error) }
            expected = current.byPrefix
            edits = NetworkEdit.difference(from: current, to: table)
        case .lapse(let attributeClass): edits = try lapse(to: attributeClass, of: expected)
        }
        guard running != nil else { throw NorthboundError(.unavailable, "FRR cannot be reached") }
        guard !commit.isOwn else { return edits }
        if let holder = lock?.client, holder != commit.key.client {
            throw NorthboundError(.failedPrecondition, "the configuration is locked by client \(holder)")
        }
        if let refusal = configuration.policy.refusal(
            of: edits, running: expected, isRollback: commit.kind == .rollback)
        {
            throw refusal.error
        }
        return edits
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

    // MARK: - Executing

    /// One transaction of FRR for all. One that FRR refuses is taken apart into halves until the commits at fault are
    /// alone; those beside them are applied.
    private func execute(_ accepted: [Intended]) async {
        var waiting = accepted.isEmpty ? [] : [accepted[...]]
        var abortsInARow = 0
        while let group = waiting.popLast() {
            guard running != nil else {
                // The one before is in doubt, or the session is gone: nothing may follow before FRR was read.
                let error = ManagementError(.disconnected, "not sent: what FRR runs must be read first")
                await conclude(group, CommitResult(outcome: .rejected(ManagementErrorSummary(error))))
                continue
            }
            let edits = group.flatMap { $0.record.edits.map(\.edit) }
            let result = await session.commit(
                Transaction(
                    id: group[group.startIndex].record.id, edits: edits, cause: group.flatMap { $0.record.cause }))
            switch result.outcome {
            case .applied:
                abortsInARow = 0
                if var after = running {
                    after.apply(edits)
                    setRunning(after)
                }
            case .rejected(let error):
                abortsInARow = error.isAborted ? abortsInARow + 1 : 0
                let isAnEditAtFault = !error.isRetryable || error.isAborted && abortsInARow < Self.maximumAbortsInARow
                if group.count > 1, isAnEditAtFault {
                    let middle = group.startIndex + group.count / 2
                    waiting += [group[middle...], group[..<middle]]
                    continue
                }
                if error.code == ManagementError.Code.disconnected.description { loseSession(error.message) }
            case .unknown(let error):
                // The records stay in doubt until FRR was read; so do the answers.
                running = nil
                if error.code == ManagementError.Code.disconnected.description { loseSession(error.message) }
            }
            await conclude(group, result)
        }
    }

    /// Writes the results of commits that shared a transaction, in one durable write, and answers them.
    private func conclude(_ group: ArraySlice<Intended>, _ result: CommitResult) async {
        let records = chained(group.map { Self.concluded($0, result, now: now()) })
        await finish(records)
        for ((commit, _), record) in zip(group, records) {
            if record.outcome == .unknown {
                // The client waits until recovery has read FRR.
                unresolved.append((commit, record))
                wakeUp.signal()
                continue
            }
            if case .rejected(let error) = result.outcome, error.code == ManagementError.Code.locked.description {
                tell(.lockRefused(error.message))
            }
            answer(commit, .success(record))
        }
    }

    private static func concluded(_ intended: Intended, _ result: CommitResult, now: Int64) -> TransactionRecord {
        var record = intended.record
        record.phaseMicroseconds = result.phases.mapValues(\.microseconds)
        record.durationMicroseconds = result.duration.microseconds
        switch result.outcome {
        case .applied:
            record.outcome = .applied
            if let timeout = intended.commit.confirmTimeout {
                record.confirmByMicroseconds = now + timeout.microseconds
            }
        case .rejected(let error):
            record.outcome = .rejected
            record.error = error.description
            record.confirmByMicroseconds = nil
        case .unknown(let error):
            record.outcome = .unknown
            record.error = error.description
        }
        return record
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
