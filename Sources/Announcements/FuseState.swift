internal import NetworkTypes

/// What the fuse remembers: withdrawals that went through lately, those that it holds, and those that it was told to
/// let go. A value without a clock, as `PlanHistory`, which owns it.
struct FuseState: Sendable, Hashable {
    /// Since when it has been holding; nil while it holds nothing.
    private(set) var since: Duration?
    /// What it holds.
    private var held: Set<IPAddress> = []
    /// What was held and may go now, until it has gone or is wanted again.
    private var granted: Set<IPAddress> = []
    /// What was let go within the window and is not wanted again, and when.
    private var gone: [IPAddress: Duration] = [:]
    /// Announced VIPs that a complete list or new rules took away, until they are wanted again or have gone.
    private var doubted: Set<IPAddress> = []

    /// The wish to withdraw these comes from a complete list or from new rules, and not from single news.
    mutating func doubt(_ vips: some Sequence<IPAddress>) { doubted.formUnion(vips) }

    /// Nothing can be judged now. What is held has its whole time again from here on.
    mutating func restart(at now: Duration) {
        if since != nil { since = now }
    }

    /// Lets go what is held now.
    mutating func release() {
        guard since != nil else { return }
        granted.formUnion(held)
        doubted.subtract(held)
        held = []
        gone = [:]
        since = nil
    }

    /// Says whether what is to leave is held.
    ///
    /// - Parameters:
    ///   - leaving: what the plan would withdraw without anybody having asked for it.
    ///   - running: what FRR runs.
    ///   - spared: what of that is withdrawn because somebody asked for it, or the Node says so.
    ///   - wanted: what the plan announces.
    /// - Returns: what stays announced nevertheless; empty when all may go.
    mutating func hold(
        _ leaving: Set<IPAddress>, of running: [IPAddress: AttributeClass], sparing spared: Set<IPAddress>,
        wanted: [IPAddress: AttributeClass], _ fuse: WithdrawalFuse, at now: Duration
    ) -> Set<IPAddress> {
        granted = granted.filter { leaving.contains($0) }
        gone = gone.filter { wanted[$0.key] == nil && now - $0.value < WithdrawalFuse.window }
        // A drain for lack of endpoints may still end in a withdrawal.
        doubted = doubted.filter { running[$0] != nil && (wanted[$0] ?? .drain) == .drain }
        let leaving = leaving.subtracting(granted)
        guard !leaving.isEmpty else {
            since = nil
            held = []
            return []
        }
        let announced = Set(running.keys).subtracting(granted).subtracting(spared)
        guard since != nil || trips(leaving, of: announced, fuse) else {
            for vip in leaving where gone[vip] == nil { gone[vip] = now }
            // Also if FRR refuses it for a while.
            granted.formUnion(leaving)
            return []
        }
        let start = since ?? now
        since = start
        held = leaving
        guard now - start < fuse.hold else {
            release()
            return []
        }
        return leaving
    }

    /// Forgets everything: there is no fuse.
    mutating func reset() { self = FuseState() }

    private func trips(_ leaving: Set<IPAddress>, of announced: Set<IPAddress>, _ fuse: WithdrawalFuse) -> Bool {
        if fuse.trips(withdrawing: leaving.union(gone.keys).count, of: announced.union(gone.keys).count) { return true }
        let taken = leaving.intersection(doubted)
        // What went before by news does not make a list any better that takes the rest.
        return !taken.isEmpty
            && (leaving == announced || fuse.trips(doubting: taken.count, of: announced.count))
    }
}
