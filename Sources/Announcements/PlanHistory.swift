public import NetworkTypes

/// The rules that need time: ordered drain, hold-down of VIPs that flap, and the fuse. A value without a clock: times
/// are durations since any fixed moment, and never go back.
///
/// Feed it what FRR runs by `observe`, then pass each plan through `apply`. What is remembered starts empty after a
/// restart of the agent; the drain's clock then starts again, which withdraws later, not earlier.
public struct PlanHistory: Sendable, Hashable {
    /// What FRR runs, without what was announced by hand.
    private var running: [IPAddress: AttributeClass] = [:]
    /// Since when a VIP has been running with class `drain`.
    private(set) var drainingSince: [IPAddress: Duration] = [:]
    /// What the last plan wanted; nil before the first.
    private var wanted: Set<IPAddress>?
    /// Times at which a VIP became wanted or unwanted, within the window.
    private var changes: [IPAddress: [Duration]] = [:]
    /// Until when a VIP is held down.
    private(set) var heldUntil: [IPAddress: Duration] = [:]
    private var fuseState = FuseState()

    /// Knows nothing yet.
    public init() {}

    /// Takes in what FRR runs, without class `manual`: after each read and after each commit.
    public mutating func observe(running: [IPAddress: AttributeClass], at now: Duration) {
        self.running = running
        drainingSince = drainingSince.filter { running[$0.key] == .drain }
        for (vip, attributeClass) in running where attributeClass == .drain && drainingSince[vip] == nil {
            drainingSince[vip] = now
        }
    }

    /// Since when the fuse has been holding; nil while it holds nothing.
    var fuseSince: Duration? { fuseState.since }

    /// Lets the withdrawals through that the fuse holds now. Has no effect when it holds none.
    public mutating func releaseFuse() { fuseState.release() }

    /// There is no plan, or it rests on facts that may be old: what the fuse holds has its whole time again from here on.
    public mutating func restartFuse(at now: Duration) { fuseState.restart(at: now) }

    /// A complete list has lost what stood for these VIPs. If that takes most of what is announced, the fuse holds it
    /// however little it is.
    public mutating func doubtWithdrawals(of vips: some Sequence<IPAddress>) { fuseState.doubt(vips) }

    /// The rules have changed. What they take away is doubted likewise.
    public mutating func doubtAllWithdrawals() { fuseState.doubt(running.keys) }

    /// The plan with regard to time.
    public mutating func apply(
        _ plan: AnnouncementPlan, configuration: PlannerConfiguration, at now: Duration
    ) -> AnnouncementPlan {
        var plan = plan
        holdDown(&plan, configuration.holdDown, at: now)
        let drained = drain(&plan, hold: configuration.drainHold, at: now)
        fuse(&plan, configuration.fuse, sparing: drained, at: now)
        return plan
    }

    // MARK: - Flapping

    private mutating func holdDown(_ plan: inout AnnouncementPlan, _ limit: HoldDown?, at now: Duration) {
        let wants = Set(plan.announcements.keys)
        defer { wanted = wants }
        guard let limit else {
            changes = [:]
            heldUntil = [:]
            return
        }
        heldUntil = heldUntil.filter { now < $0.value }
        if let wanted {
            for vip in wanted.symmetricDifference(wants) {
                changes[vip, default: []].append(now)
                let recent = changes[vip, default: []].filter { now - $0 < limit.window }
                changes[vip] = recent
                // While it is held, each further change starts the quiet time again.
                if recent.count >= limit.changes || heldUntil[vip] != nil { heldUntil[vip] = now + limit.hold }
            }
        }
        changes = changes.filter { now - ($0.value.last ?? now) < limit.window }
        let held = heldUntil.filter { wants.contains($0.key) }
        guard !held.isEmpty else { return }
        plan.withdraw { vip, _ in held[vip] == nil ? nil : .heldDown }
        for until in held.values { plan.note(nextChange: until) }
    }

    // MARK: - Drain

    /// Ends the drains whose time is over, and does not begin those of VIPs that are not announced. Returns those that
    /// somebody asked for; that endpoints are gone may be a mistake of a list.
    private mutating func drain(
        _ plan: inout AnnouncementPlan, hold: Duration, at now: Duration
    ) -> Set<IPAddress> {
        // In order is a drain in which every announcing decision is one; the merge gave such VIPs class drain.
        var inOrder: [IPAddress: Bool] = [:]
        var asked: Set<IPAddress> = []
        // By index: most decisions of a large cluster announce nothing here, and need not be taken out to see that.
        for index in plan.decisions.indices where plan.decisions[index].attributeClass != nil {
            let decision = plan.decisions[index]
            guard let vip = decision.vip else { continue }
            inOrder[vip] = inOrder[vip] != false && decision.reason.drained != nil
            if decision.reason != .drainingWithoutEndpoints { asked.insert(vip) }
        }
        var done: Set<IPAddress> = []
        for vip in inOrder.filter(\.value).keys {
            guard running[vip] != nil else {
                done.insert(vip)
                continue
            }
            // Not yet seen with class drain: the hold time starts when it is, for routers must have heard of it.
            guard let since = drainingSince[vip] else { continue }
            if now - since >= hold { done.insert(vip) } else { plan.note(nextChange: since + hold) }
        }
        if !done.isEmpty { plan.withdraw { vip, reason in done.contains(vip) ? reason.drained : nil } }
        return done.intersection(asked)
    }

    // MARK: - Fuse

    private mutating func fuse(
        _ plan: inout AnnouncementPlan, _ limits: WithdrawalFuse?, sparing drained: Set<IPAddress>, at now: Duration
    ) {
        guard let limits else {
            fuseState.reset()
            return
        }
        let unwanted = Set(running.keys.filter { plan.announcements[$0] == nil })
        var leaving = unwanted.subtracting(drained)
        if !leaving.isEmpty {
            // What the own Node says is no list that came back empty.
            for decision in plan.decisions where decision.reason.isNodeSignal {
                if let vip = decision.vip { leaving.remove(vip) }
            }
        }
        let held = fuseState.hold(
            leaving, of: running, sparing: unwanted.subtracting(leaving), wanted: plan.announcements, limits, at: now)
        guard !held.isEmpty, let since = fuseState.since else { return }
        for vip in held { plan.announcements[vip] = running[vip] }
        plan.heldByFuse = held.sorted()
        plan.note(nextChange: since + limits.hold)
    }
}

extension AnnouncementPlan {
    /// Turns announcing decisions into negative ones where a new reason is given for the VIP.
    fileprivate mutating func withdraw(_ newReason: (IPAddress, ReasonCode) -> ReasonCode?) {
        for index in decisions.indices where decisions[index].attributeClass != nil {
            guard let vip = decisions[index].vip, let reason = newReason(vip, decisions[index].reason) else { continue }
            decisions[index].reason = reason
            decisions[index].attributeClass = nil
            decisions[index].classCause = nil
            announcements[vip] = nil
        }
    }

    fileprivate mutating func note(nextChange: Duration) {
        self.nextChange = min(self.nextChange ?? nextChange, nextChange)
    }
}
