internal import NetworkTypes

extension CommitService {
    /// Reads FRR and settles everything that was open: transactions in doubt, commits whose answer was lost, and what
    /// FRR runs that the journal does not know.
    func recover() async throws(ManagementError) {
        await enter()
        defer { leave() }
        let networks = try await session.networks()
        setRunning(networks)
        let open = unresolved
        unresolved = []
        let resolved = chained(open.map { Self.resolve($0.1, running: networks) })
        await finish(resolved)
        for ((commit, _), record) in zip(open, resolved) { answer(commit, .success(record)) }
        do throws(JournalError) {
            // Results that are known and only not written yet must not be judged by what FRR runs by now.
            try await mendJournal()
            try await resolveDoubtful(networks)
        } catch {
            noteFailed(error)
            mustObserve = true
        }
        await observe(networks, cause: "FRR runs something else than the journal says")
    }

    /// Transactions of a process before this one.
    private func resolveDoubtful(_ networks: Set<Network>) async throws(JournalError) {
        parent = try await journal.head().id
        let doubtful = try await journal.inDoubt()
        guard !doubtful.isEmpty else { return }
        // Their parents are as they were meant; those that were applied follow each other.
        await finish(doubtful.map { Self.resolve($0, running: networks) })
        parent = try await journal.head().id
    }

    /// The outcome that FRR shows: applied when all of it is there, rejected when not. A transaction is never applied in
    /// part; where running has moved on since, what is missing was changed by somebody else.
    static func resolve(_ record: TransactionRecord, running: Set<Network>) -> TransactionRecord {
        let classes = running.byPrefix
        var resolved = record
        let isThere = record.edits.allSatisfy { classes[$0.prefix] == $0.after }
        resolved.outcome = isThere ? .applied : .rejected
        let reason = record.error.map { "\($0); " } ?? ""
        resolved.error = isThere ? nil : reason + "not applied, as running shows"
        return resolved
    }

    /// Reads running again, between two commits.
    func refreshRunning() async throws(ManagementError) -> Set<Network> {
        await enter()
        defer { leave() }
        return try await readRunning()
    }

    /// Reads running again. What somebody else changed is observed, so that the journal's model stays FRR's.
    func readRunning() async throws(ManagementError) -> Set<Network> {
        let networks = try await session.networks()
        if let running, running != networks { await observe(networks, cause: "changed by somebody else") }
        setRunning(networks)
        return networks
    }

    /// What a client is told when FRR could not be read; a session that is gone is lost for all.
    func failed(_ error: ManagementError) -> NorthboundError {
        switch error.code {
        case .unsupported: return NorthboundError(.unimplemented, error.message)
        case .deadlineExceeded: return NorthboundError(.deadlineExceeded, error.message)
        default:
            loseSession(error.message)
            return NorthboundError(.unavailable, error.message)
        }
    }
}
