internal import NetworkTypes

extension CommitService {
    /// The client name under which the service commits on its own account.
    static let ownClient = "northbound"

    // MARK: - Confirm timeout

    /// Undoes commits that were not confirmed in time; also those of a process that was killed in between.
    ///
    /// The time-out is cleared only behind the undo: whoever is killed between the two finds nothing left to undo.
    /// While FRR is locked or away, the undo is tried again in the next round; one that FRR refuses for good is left to
    /// people.
    func undoUnconfirmed() async {
        for record in await unconfirmed() where (record.confirmByMicroseconds ?? .max) <= now() {
            let cause = "transaction \(record.id) was not confirmed in time"
            let isThere = (running ?? []).byPrefix
            let isUndone = !record.edits.contains { isThere[$0.prefix] == $0.after && $0.before != $0.after }
            guard running != nil else { return }
            if !isUndone {
                guard await commitNow(kind: .unconfirmed, .inverse(record.edits), cause: cause) else { continue }
            }
            await enter()
            var cleared = record
            cleared.confirmByMicroseconds = nil
            await finish([cleared])
            leave()
        }
    }

    /// Applied transactions that wait for a ConfirmCommit. What the journal could not take yet counts before what it has.
    private func unconfirmed() async -> [TransactionRecord] {
        let known = (try? await journal.unconfirmed()) ?? []
        let pending = unfinished
        let ids = Set(pending.map(\.id))
        return known.filter { !ids.contains($0.id) }
            + pending.filter { $0.outcome == .applied && $0.confirmByMicroseconds != nil }
    }

    /// Keeps a commit that was made with a confirm timeout.
    public func confirmCommit(id: String, client: String) async throws(NorthboundError) -> TransactionRecord {
        guard !client.isEmpty else { throw NorthboundError(.invalidArgument, "ConfirmCommit needs a client name") }
        // The undo of the same transaction takes its turn too.
        await enter()
        defer { leave() }
        var record = try await transaction(id: id)
        guard record.client == client else {
            throw NorthboundError(.permissionDenied, "transaction \(id) belongs to client \(record.client)")
        }
        guard record.outcome == .applied else {
            throw NorthboundError(.failedPrecondition, "transaction \(id) is \(record.outcome.rawValue)")
        }
        guard let confirmBy = record.confirmByMicroseconds else {
            throw NorthboundError(.failedPrecondition, "transaction \(id) does not wait for a confirmation")
        }
        guard confirmBy > now() else {
            throw NorthboundError(.failedPrecondition, "transaction \(id) was not confirmed in time")
        }
        record.confirmByMicroseconds = nil
        do { try await journal.finish(record) } catch {
            throw NorthboundError(.unavailable, "the confirmation cannot be written: \(error)")
        }
        tell(.recorded(record))
        return record
    }

    /// Puts a commit of the service's own in front of the queue and executes it.
    ///
    /// - Returns: false when it may succeed later.
    @discardableResult
    func commitNow(kind: TransactionKind, _ change: QueuedCommit.Change, cause: String) async -> Bool {
        if case .edits(let edits) = change, edits.isEmpty { return true }
        let key = RequestKey(client: Self.ownClient, requestID: makeID())
        let commit = QueuedCommit(
            key: key, kind: kind, change: change, cause: [cause], confirmTimeout: nil, deadline: nil)
        queue.insert(commit, at: 0)
        ownResult = nil
        await commitQueued()
        do throws(NorthboundError) {
            guard let record = try ownResult?.get() else { return false }
            _ = try Self.outcome(record)
            return true
        } catch {
            return error.code != .aborted && error.code != .unavailable && error.code != .unknown
        }
    }
}
