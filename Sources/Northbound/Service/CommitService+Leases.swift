internal import NetworkTypes

extension CommitService {
    // MARK: - Lock

    /// Refuses commits of all others, until `unlock` or until its holder was not heard for `lockTimeout`.
    public func lock(client: String) async throws(NorthboundError) {
        if let holder = lock?.client, holder != client {
            throw NorthboundError(.failedPrecondition, "the configuration is locked by client \(holder)")
        }
        lock = Lease(client: client, renewedAt: now())
        heard(client)
    }

    /// Ends `lock`.
    public func unlock(client: String) async throws(NorthboundError) {
        guard lock?.client == client else {
            throw NorthboundError(.failedPrecondition, "client \(client) does not hold the lock")
        }
        lock = nil
    }

    /// Ends the lock of a client that has gone.
    func expireLock() {
        guard let held = lock, now() - held.renewedAt > configuration.lockTimeout.microseconds else { return }
        lock = nil
        tell(.leaseExpired(client: held.client))
    }

    // MARK: - Lease

    /// Stands for clients of an earlier run until one of them is heard: their announcements outlive the service, so
    /// must the wish that somebody stands by them.
    static let earlierClients = "earlier clients"

    /// Begins to wait for clients.
    func leaseBegins() {
        guard configuration.staleAfter != nil else { return }
        leases[Self.earlierClients] = Lease(client: Self.earlierClients, renewedAt: now())
    }

    /// Tells that this client is alive and stands by its announcements.
    public func renewLease(client: String) async throws(NorthboundError) {
        leases[Self.earlierClients] = nil
        leases[client] = Lease(client: client, renewedAt: now())
        drainedAtMicroseconds = nil
        heard(client)
    }

    /// A client with a lease or the lock renews it with whatever it asks.
    func heard(_ client: String) {
        if lock?.client == client { lock?.renewedAt = now() }
        guard leases[client] != nil else { return }
        leases[client]?.renewedAt = now()
        drainedAtMicroseconds = nil
    }

    /// Drains and then withdraws, in this order, when no client with a lease has been heard for `staleAfter`.
    func expireLeases() async {
        let networks = agentNetworks
        guard let staleAfter = configuration.staleAfter, let newest = leases.values.map(\.renewedAt).max(),
            now() - newest > staleAfter.microseconds, !networks.isEmpty
        else { return }
        if let drainedAt = drainedAtMicroseconds {
            guard now() - drainedAt > configuration.drainHold.microseconds else { return }
            await commitNow(
                kind: .leaseWithdrawal, .edits(networks.map { .remove($0.prefix) }),
                cause: "drained for \(configuration.drainHold) without a lease")
            return
        }
        let names = leases.keys.sorted()
        let drain = networks.map { NetworkEdit.set(Network(prefix: $0.prefix, attributeClass: .drain)) }
        // The withdrawal's hold begins with a drain that succeeded.
        guard
            await commitNow(
                kind: .leaseDrain, .edits(drain),
                cause: "no lease renewed for \(staleAfter) by \(names.joined(separator: ", "))")
        else { return }
        drainedAtMicroseconds = now()
        for name in names { tell(.leaseExpired(client: name)) }
    }

    /// What is not announced by hand, in prefix order.
    private var agentNetworks: [Network] { (running ?? []).filter { $0.attributeClass != .manual }.sorted() }
}

/// When a client was last heard.
struct Lease {
    let client: String
    /// Microseconds since the Unix epoch.
    var renewedAt: Int64
}
