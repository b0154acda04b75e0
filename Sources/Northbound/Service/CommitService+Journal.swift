internal import NetworkTypes

/// What the service does with its journal, and without one while it fails.
extension CommitService {
    /// How many outcomes are remembered that the journal does not have.
    private static let maximumRemembered = 4096

    // MARK: - Writing

    /// Writes the intents of commits that go together, in one durable write. While the journal fails, returns the
    /// records without sequence numbers, if that is allowed; else the refusal of each.
    func begin(_ records: [TransactionRecord]) async -> [Result<TransactionRecord, NorthboundError>] {
        guard !records.isEmpty else { return [] }
        do throws(JournalError) {
            try await mendJournal()
            let begun = try await beginAnew(records)
            noteHealed()
            return begun.map { .success($0) }
        } catch  where error.code == .unusable && records.count > 1 {
            // One of them is at fault: the others must not suffer.
            var results: [Result<TransactionRecord, NorthboundError>] = []
            for record in records { results += await begin([record]) }
            return results
        } catch {
            noteFailed(error)
            guard configuration.announcesWithoutJournal else {
                let refusal = NorthboundError(
                    .unavailable, "the journal cannot be written and may not be missing: \(error)")
                return records.map { _ in .failure(refusal) }
            }
            // What is to be undone unless confirmed must be remembered; all else may go on.
            let results = records.map { record -> Result<TransactionRecord, NorthboundError> in
                guard record.confirmByMicroseconds != nil else { return .success(record) }
                return .failure(
                    NorthboundError(
                        .unavailable, "a confirm timeout needs the journal, which cannot be written: \(error)"))
            }
            unwritten += records.count { $0.confirmByMicroseconds == nil }
            return results
        }
    }

    /// A damaged file has been set aside when the call that found it throws: the fresh one gets what FRR runs, and then
    /// the records.
    private func beginAnew(_ records: [TransactionRecord]) async throws(JournalError) -> [TransactionRecord] {
        do throws(JournalError) { return try await beginNow(records) } catch  where error.code == .corrupt {
            noteFailed(error)
            try await mendJournal()
            return try await beginNow(records)
        }
    }

    private func beginNow(_ records: [TransactionRecord]) async throws(JournalError) -> [TransactionRecord] {
        let begun = try await journal.begin(records)
        if let last = begun.last { lastSequence = last.sequence }
        return begun
    }

    /// Writes results in one durable write and tells of them. What cannot be written is kept and written as soon as the
    /// journal works again.
    func finish(_ records: [TransactionRecord]) async {
        let written = records.filter { $0.sequence > 0 }
        if !written.isEmpty {
            do throws(JournalError) {
                try await journal.finish(written)
                forget(written)
            } catch {
                noteFailed(error)
                let ids = Set(written.map(\.id))
                unfinished = unfinished.filter { !ids.contains($0.id) } + written
                remember(written)
            }
        }
        remember(records.filter { $0.sequence == 0 })
        for record in records { tell(.recorded(record)) }
    }

    /// Puts applied records behind the last one, in their order, and rejected ones beside it.
    func chained(_ records: [TransactionRecord]) -> [TransactionRecord] {
        records.map { record in
            var record = record
            record.parent = parent
            if record.outcome == .applied { parent = record.id }
            return record
        }
    }

    /// Writes what FRR runs as a record of its own, if it differs from what the journal says.
    func observe(_ networks: Set<Network>, cause: String) async {
        do throws(JournalError) { try await writeObserved(networks, cause: cause) } catch {
            noteFailed(error)
            mustObserve = true
        }
    }

    /// - Parameter marksGap: also when nothing differs, as what is missing came to nothing in the end.
    /// - Returns: true when there was something to write.
    @discardableResult
    private func writeObserved(
        _ networks: Set<Network>, cause: String, marksGap: Bool = false
    ) async throws(JournalError) -> Bool {
        let before = try await journal.networks(after: nil)
        let edits = RecordedEdit.changes(from: before, to: networks)
        guard marksGap || !edits.isEmpty else { return false }
        let record = TransactionRecord(
            id: makeID(), parent: parent, kind: .observed, requestID: "", client: Self.ownClient, cause: [cause],
            edits: edits, capabilities: management, startedAtMicroseconds: now(), outcome: .applied)
        let written = try await beginNow([record])[0]
        parent = written.id
        tell(.recorded(written))
        return true
    }

    // MARK: - Failure and healing

    /// Before a write: results that are still missing are written, and a gap or a fresh journal is marked by a record
    /// of what FRR runs, so that the journal's model is FRR's before anything follows.
    func mendJournal() async throws(JournalError) {
        let isEmpty = await journal.isEmpty
        guard journalFailure != nil || mustObserve || isEmpty else { return }
        var hasWritten = try await writeUnfinished()
        if let running, unwritten > 0 || mustObserve || isEmpty {
            let cause =
                unwritten > 0
                ? "the journal could not be written; \(unwritten) transactions are missing before this"
                : isEmpty ? "the journal begins here" : "FRR runs something else than the journal says"
            if try await writeObserved(running, cause: cause, marksGap: unwritten > 0) { hasWritten = true }
            mustObserve = false
        }
        if hasWritten { noteHealed() }
    }

    /// Once a round while something is missing in the journal.
    func mendJournalIfDue() async {
        guard journalFailure != nil, unwritten > 0 || mustObserve || !unfinished.isEmpty else { return }
        await enter()
        defer { leave() }
        do throws(JournalError) { try await mendJournal() } catch { noteFailed(error) }
    }

    /// - Returns: true when there was something to write.
    private func writeUnfinished() async throws(JournalError) -> Bool {
        let due = unfinished
        guard !due.isEmpty else { return false }
        do throws(JournalError) { try await journal.finish(due) } catch  where error.code == .notFound {
            // The file was replaced meanwhile: what it does not hold cannot be finished, only observed.
            for record in due {
                do throws(JournalError) { try await journal.finish(record) } catch  where error.code == .notFound {
                    unwritten += 1
                }
            }
        }
        unfinished = []
        return true
    }

    func noteFailed(_ error: JournalError) {
        if journalFailure == nil { tell(.journalFailed(error)) }
        journalFailure = error
    }

    private func noteHealed() {
        guard journalFailure != nil else { return }
        journalFailure = nil
        let missed = unwritten
        unwritten = 0
        tell(.journalHealed(missed: missed))
    }

    // MARK: - Outcomes that the journal does not have

    /// A client that repeats its request gets its outcome also when that could not be written.
    private func remember(_ records: [TransactionRecord]) {
        for record in records where record.outcome == .applied || record.outcome == .rejected {
            let key = RequestKey(client: record.client, requestID: record.requestID)
            if remembered.updateValue(record, forKey: key) == nil { rememberedOrder.append(key) }
        }
        while rememberedOrder.count > Self.maximumRemembered {
            remembered[rememberedOrder.removeFirst()] = nil
        }
    }

    /// What the journal has counts from now on, and not what an earlier try of the same request came to.
    private func forget(_ records: [TransactionRecord]) {
        guard !remembered.isEmpty else { return }
        for record in records {
            let key = RequestKey(client: record.client, requestID: record.requestID)
            if remembered.removeValue(forKey: key) != nil { rememberedOrder.removeAll { $0 == key } }
        }
    }
}
