internal import NetworkTypes

extension CommitService {
    /// The client name under which the service commits on its own account.
    static let ownClient = "northbound"

    // MARK: - Confirm timeout

    /// Undoes commits that were not confirmed in time; also those of a process that was killed in between.
    func undoUnconfirmed() async {
        let due: [TransactionRecord]
        do { due = try await journal.unconfirmed().filter { ($0.confirmByMicroseconds ?? .max) <= now() } } catch {
            return
        }
        for record in due {
            // The time-out is cleared before the undo is queued: an undo that fails is tried by hand, not for ever.
            var cleared = record
            cleared.confirmByMicroseconds = nil
            await finish(cleared)
            await commitNow(
                kind: .unconfirmed, edits: undo(record), cause: ["transaction \(record.id) was not confirmed in time"])
        }
    }

    /// The inverse of a transaction, but only of what is still as the transaction left it: a later change stays.
    private func undo(_ record: TransactionRecord) -> [NetworkEdit] {
        let classes = (running ?? []).byPrefix
        return record.edits.filter { classes[$0.prefix] == $0.after }.map(\.inverse)
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
                edits: agentNetworks.map { .set(Network(prefix: $0.prefix, attributeClass: .drain)) },
                cause: ["no lease renewed for \(staleAfter) by \(names.joined(separator: ", "))"])
            return
        }
        guard now() - drainedAt > configuration.drainHold.microseconds, !agentNetworks.isEmpty else { return }
        await commitNow(
            kind: .leaseWithdrawal, edits: agentNetworks.map { .remove($0.prefix) },
            cause: ["drained for \(configuration.drainHold) without a lease"])
    }

    /// What is not announced by hand, in prefix order.
    private var agentNetworks: [Network] { (running ?? []).filter { $0.attributeClass != .manual }.sorted() }

    /// Puts a commit of the service's own in front of the queue and executes it.
    private func commitNow(kind: TransactionKind, edits: [NetworkEdit], cause: [String]) async {
        guard !edits.isEmpty else { return }
        let key = RequestKey(client: Self.ownClient, requestID: makeID())
        queue.insert(QueuedCommit(key: key, kind: kind, edits: edits, cause: cause, confirmTimeout: nil), at: 0)
        await commitQueued()
    }
}
