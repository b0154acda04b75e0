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
        guard let unconfirmed = try? await journal.unconfirmed() else { return }
        for record in unconfirmed where (record.confirmByMicroseconds ?? .max) <= now() {
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

    /// Keeps a commit that was made with a confirm timeout.
    public func confirmCommit(id: String, client: String) async throws(NorthboundError) -> TransactionRecord {
        // The undo of the same transaction takes its turn too.
        await enter()
        defer { leave() }
        var record = try await transaction(id: id)
        guard record.client == client || client.isEmpty else {
            throw NorthboundError(.permissionDenied, "transaction \(id) belongs to client \(record.client)")
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

    // MARK: - Lease

    /// Drains and then withdraws, in this order, when no client with a lease has been heard for `staleAfter`.
    func expireLeases() async {
        guard let staleAfter = configuration.staleAfter, !leases.isEmpty else { return }
        let newest = leases.values.map(\.renewedAt).max() ?? 0
        guard now() - newest > staleAfter.microseconds else { return }
        guard let drainedAt = leases.values.compactMap(\.drainedAt).max() else {
            let names = leases.keys.sorted()
            for name in names {
                tell(.leaseExpired(client: name))
                leases[name]?.drainedAt = now()
            }
            lockHolder = nil
            await commitNow(
                kind: .leaseDrain,
                .edits(agentNetworks.map { .set(Network(prefix: $0.prefix, attributeClass: .drain)) }),
                cause: "no lease renewed for \(staleAfter) by \(names.joined(separator: ", "))")
            return
        }
        guard now() - drainedAt > configuration.drainHold.microseconds, !agentNetworks.isEmpty else { return }
        await commitNow(
            kind: .leaseWithdrawal, .edits(agentNetworks.map { .remove($0.prefix) }),
            cause: "drained for \(configuration.drainHold) without a lease")
    }

    /// What is not announced by hand, in prefix order.
    private var agentNetworks: [Network] { (running ?? []).filter { $0.attributeClass != .manual }.sorted() }

    /// Puts a commit of the service's own in front of the queue and executes it.
    ///
    /// - Returns: false when it may succeed later.
    @discardableResult
    private func commitNow(kind: TransactionKind, _ change: QueuedCommit.Change, cause: String) async -> Bool {
        if case .edits(let edits) = change, edits.isEmpty { return true }
        let key = RequestKey(client: Self.ownClient, requestID: makeID())
        queue.insert(QueuedCommit(key: key, kind: kind, change: change, cause: [cause], confirmTimeout: nil), at: 0)
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
