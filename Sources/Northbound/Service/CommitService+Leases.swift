internal import NetworkTypes

extension CommitService {
    // MARK: - Lock

    /// Refuses commits of all others, until `unlock` or until its holder was not heard for `lockTimeout`.
    public func lock(client: String) async throws(NorthboundError) {
        if let holder = lock?.client, holder != client {
            throw NorthboundError(.failedPrecondition, "the configuration is locked by client \(holder)")
        }
        lock = Lease(client: client, renewedAt: uptime())
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
        guard let held = lock, uptime() - held.renewedAt > configuration.lockTimeout else { return }
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
        leases[Self.earlierClients] = Lease(client: Self.earlierClients, renewedAt: uptime())
    }

    /// Tells that this client is alive and stands by its announcements.
    public func renewLease(client: String) async throws(NorthboundError) {
        leases[Self.earlierClients] = nil
        leases[client] = Lease(client: client, renewedAt: uptime())
        drainedAt = nil
        heard(client)
    }

    /// A client with a lease or the lock renews it with whatever it asks.
    func heard(_ client: String) {
        if lock?.client == client { lock?.renewedAt = uptime() }
        guard leases[client] != nil else { return }
        leases[client]?.renewedAt = uptime()
        drainedAt = nil
    }

    /// Drains and then withdraws, in this order, when no client with a lease has been heard for `staleAfter`.
    func expireLeases() async {
        guard let staleAfter = configuration.staleAfter, isStale, !(running ?? []).byPrefix.lapsing.isEmpty else {
            return
        }
        if let drainedAt {
            guard uptime() - drainedAt > configuration.drainHold else { return }
            await commitNow(
                kind: .leaseWithdrawal, .lapse(to: nil), cause: "drained for \(configuration.drainHold) without a lease"
            )
            return
        }
        let names = leases.keys.sorted()
        drainedAt = uptime()
        guard
            await commitNow(
                kind: .leaseDrain, .lapse(to: .drain),
                cause: "no lease renewed for \(staleAfter) by \(names.joined(separator: ", "))")
        else {
            drainedAt = nil
            return
        }
        // A client that was heard meanwhile has ended it: the next lapse begins with a drain again.
        guard drainedAt != nil else { return }
        // The hold begins when the drain is done.
        drainedAt = uptime()
        for name in names { tell(.leaseExpired(client: name)) }
    }

    /// The edits of a drain or a withdrawal, in its turn: a lease may have been renewed since it was called for.
    func lapse(
        to attributeClass: AttributeClass?, of running: [IPPrefix: AttributeClass]
    ) throws(NorthboundError) -> [NetworkEdit] {
        guard isStale else { throw NorthboundError(.aborted, "a lease was renewed meanwhile") }
        let prefixes = running.lapsing
        guard !prefixes.isEmpty else { throw NorthboundError(.aborted, "nothing is announced any more") }
        return prefixes.map { prefix in
            attributeClass.map { .set(Network(prefix: prefix, attributeClass: $0)) } ?? .remove(prefix)
        }
    }

    /// True when clients had leases and none of them has been heard for `staleAfter`.
    private var isStale: Bool {
        guard let staleAfter = configuration.staleAfter, let newest = leases.values.map(\.renewedAt).max() else {
            return false
        }
        return uptime() - newest > staleAfter
    }
}

extension [IPPrefix: AttributeClass] {
    /// What is not announced by hand, and so ends with the leases; in prefix order.
    fileprivate var lapsing: [IPPrefix] { filter { $0.value != .manual }.keys.sorted() }
}

/// When a client was last heard.
struct Lease {
    let client: String
    /// On the service's uptime.
    var renewedAt: Duration
}
