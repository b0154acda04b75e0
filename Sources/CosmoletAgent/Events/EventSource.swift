internal import Announcements
internal import NetworkTypes
internal import Northbound

/// Turns what the reconciler reports into notices: of changes only, so that an agent that starts and adopts what is there
/// says nothing. A value without I/O.
struct EventSource {
    private enum Drain {
        /// All drained VIPs have their last plan, and FRR still runs some.
        case withdrawing
        case none, draining, drained
    }

    private let node: String
    private var isFirst = true
    /// What FRR runs, without what is announced by hand.
    private var running: Set<IPAddress> = []
    /// The Services that a VIP is, or until its withdrawal was, announced for.
    private var owners: [IPAddress: Set<ServiceID>] = [:]
    /// What FRR said of the VIPs that it refuses.
    private var refusals: [IPAddress: String] = [:]
    private var heldByFuse: Set<IPAddress> = []
    /// What the fuse has let go and FRR still runs, and how many of those FRR has withdrawn; nil once that is told.
    private var released: (waiting: Set<IPAddress>, withdrawn: Int)?
    private var nodeWarnings: [PlanWarning] = []
    /// How many VIP entries are in a drain of the node, by reason.
    private var nodeDrains: [ReasonCode: Int] = [:]
    /// How many entries of each VIP a drain of the node has ended for.
    private var drained: [IPAddress: Int] = [:]
    private var drain = Drain.none

    init(node: String) { self.node = node }

    // MARK: - Plans

    /// - Parameter running: what FRR runs as the plan is made, without what is announced by hand.
    mutating func planned(
        _ plan: AnnouncementPlan, _ changes: [PlanChange], running: Set<IPAddress>
    ) -> [EventNotice] {
        var notices = vanished(running, plan)
        var givenUp: [(vip: IPAddress, service: ServiceID)] = []
        for change in changes {
            let kept = Set(change.after.filter { $0.attributeClass != nil }.compactMap(\.vip))
            for decision in change.before {
                count(decision, -1)
                if let vip = decision.vip, decision.attributeClass != nil, !kept.contains(vip) {
                    givenUp.append((vip, change.service))
                }
            }
            for decision in change.after {
                count(decision, 1)
                if let vip = decision.vip, decision.attributeClass != nil {
                    owners[vip, default: []].insert(decision.service)
                }
                notices += complaints(decision, before: change.before.filter { $0.text == decision.text })
            }
        }
        // Who gave up a VIP that stays with others is not concerned when these lose it.
        for (vip, service) in givenUp where plan.announcements[vip] != nil && owners[vip, default: []].count > 1 {
            owners[vip]?.remove(service)
        }
        // What is planned and never comes to FRR, as it is announced by hand or refused, has no withdrawal either.
        owners = owners.filter { running.contains($0.key) || plan.announcements[$0.key] != nil }
        for warning in plan.nodeWarnings where !nodeWarnings.contains(warning) { notices.append(aboutNode(warning)) }
        nodeWarnings = plan.nodeWarnings
        let aboutFuse = fuseNotices(plan)
        notices += drainNotices() + aboutFuse
        defer { isFirst = false }
        return isFirst ? aboutFuse : notices
    }

    /// Takes in what FRR runs. What it has lost without an edit that was confirmed, such as by one whose answer was lost,
    /// is withdrawn too, unless it is announced again at once.
    private mutating func vanished(_ now: Set<IPAddress>, _ plan: AnnouncementPlan) -> [EventNotice] {
        defer { running = now }
        let gone = running.subtracting(now).filter { plan.announcements[$0] == nil }.sorted()
        let decisions = Self.decisions(on: gone, in: plan)
        return gone.flatMap { withdrawn($0, decisions[$0] ?? []) }
    }

    /// What whoever wrote the Service should know.
    private func complaints(_ decision: Decision, before: [Decision]) -> [EventNotice] {
        let service = EventNotice.Object.service(decision.service)
        var notices: [EventNotice] = []
        if decision.reason.isRefusalOfAddress, !before.contains(where: { $0.reason == decision.reason }) {
            notices.append(
                EventNotice(
                    object: service, reason: decision.reason.rawValue, severity: .warning,
                    message: "\(decision.text.prefix(100)) is not announced: \(decision.reason.explanation)",
                    isClusterWide: true))
        }
        let known = before.flatMap(\.warnings)
        for warning in decision.warnings where !known.contains(warning) {
            if warning == .exclusionLabelIsFalse {
                notices.append(aboutNode(warning))
            } else {
                notices.append(
                    EventNotice(
                        object: service, reason: warning.code, severity: .warning, message: warning.explanation,
                        isClusterWide: true))
            }
        }
        return notices
    }

    private func aboutNode(_ warning: PlanWarning) -> EventNotice {
        EventNotice(object: .node(node), reason: warning.code, severity: .warning, message: warning.explanation)
    }

    // MARK: - Drain of the node

    private mutating func count(_ decision: Decision, _ step: Int) {
        guard decision.reason.isDrainOfNode else { return }
        nodeDrains[decision.reason, default: 0] += step
        if nodeDrains[decision.reason] == 0 { nodeDrains[decision.reason] = nil }
        guard let vip = decision.vip, !decision.reason.drains else { return }
        drained[vip, default: 0] += step
        if drained[vip] == 0 { drained[vip] = nil }
    }

    /// After a plan and after a commit: a drain has ended only once FRR runs nothing of it.
    private mutating func drainNotices() -> [EventNotice] {
        let draining = nodeDrains.filter(\.key.drains)
        let now: Drain =
            if !draining.isEmpty {
                .draining
            } else if nodeDrains.isEmpty {
                .none
            } else {
                running.isDisjoint(with: drained.keys) ? .drained : .withdrawing
            }
        defer { drain = now }
        guard now != drain else { return [] }
        let reasons = nodeDrains.keys.map(\.rawValue).sorted().joined(separator: ", ")
        switch now {
        case .draining where drain == .none:
            let count = draining.values.reduce(0, +)
            return [aboutNode(EventReason.drainStarted, "\(count) VIP entries drain (\(reasons))")]
        case .draining, .withdrawing: return []
        case .drained:
            return [aboutNode(EventReason.drainCompleted, "all VIPs that drained are withdrawn (\(reasons))")]
        case .none: return [aboutNode(EventReason.drainEnded, "no VIP is drained from this node any more")]
        }
    }

    private func aboutNode(
        _ reason: String, _ message: String, severity: EventNotice.Severity = .normal
    ) -> EventNotice {
        EventNotice(object: .node(node), reason: reason, severity: severity, message: message)
    }

    // MARK: - Fuse

    private mutating func fuseNotices(_ plan: AnnouncementPlan) -> [EventNotice] {
        let held = Set(plan.heldByFuse)
        // Nothing of what it held is held still: that hold is over, and another one may have begun in the same plan.
        let isOther = held.isDisjoint(with: heldByFuse)
        if isOther, !heldByFuse.isEmpty {
            let gone = heldByFuse.filter { plan.announcements[$0] == nil }
            released = ((released?.waiting ?? []).union(gone), released?.withdrawn ?? 0)
        }
        heldByFuse = held
        settleReleased()
        // What is wanted again is not waited for.
        if let (waiting, withdrawn) = released {
            released = (waiting.filter { plan.announcements[$0] == nil }, withdrawn)
        }
        let notices = releaseNotices()
        guard isOther, !held.isEmpty else { return notices }
        let message =
            "the withdrawal of \(held.count) VIPs at once is held back; if it is meant, give the Node a new value of "
            + AnnotationKey.releaseFuse
        return notices + [aboutNode(EventReason.fuseHeld, message, severity: .warning)]
    }

    /// Ticks off what FRR has withdrawn.
    private mutating func settleReleased() {
        guard let (waiting, withdrawn) = released else { return }
        let left = waiting.intersection(running)
        released = (left, withdrawn + waiting.count - left.count)
    }

    /// Told once FRR has withdrawn all that the fuse has let go, or it is wanted again.
    private mutating func releaseNotices() -> [EventNotice] {
        guard let (waiting, withdrawn) = released, waiting.isEmpty else { return [] }
        released = nil
        let message =
            withdrawn > 0
            ? "\(withdrawn) withdrawals that were held are through"
            : "nothing of what was held is withdrawn, all is wanted again"
        return [aboutNode(EventReason.fuseReleased, message)]
    }

    // MARK: - Commits

    mutating func applied(_ edits: [NetworkEdit], of plan: AnnouncementPlan) -> [EventNotice] {
        let decisions = Self.decisions(on: edits.map(\.prefix.address), in: plan)
        let notices = edits.flatMap { edit -> [EventNotice] in
            let vip = edit.prefix.address
            let its = decisions[vip] ?? []
            refusals[vip] = nil
            switch edit {
            case .set(let network):
                running.insert(vip)
                return its.compactMap { Self.announced($0, network, on: node) }
            case .remove:
                running.remove(vip)
                return withdrawn(vip, its)
            }
        }
        settleReleased()
        return notices + drainNotices() + releaseNotices()
    }

    private static func announced(_ decision: Decision, _ network: Network, on node: String) -> EventNotice? {
        guard decision.attributeClass != nil else { return nil }
        let isDrain = decision.reason.drains
        return EventNotice(
            object: .service(decision.service), reason: isDrain ? EventReason.draining : EventReason.announced,
            message: "\(decision.text) \(isDrain ? "drains" : "is announced") from \(node) with class "
                + "\(network.attributeClass): \(decision.reason.explanation) (\(decision.reason.rawValue))")
    }

    private mutating func withdrawn(_ vip: IPAddress, _ decisions: [Decision]) -> [EventNotice] {
        let services = (owners.removeValue(forKey: vip) ?? []).union(decisions.map(\.service))
        return services.sorted().map { service in
            withdrawn(vip, service, decisions.first { $0.service == service })
        }
    }

    private func withdrawn(_ vip: IPAddress, _ service: ServiceID, _ decision: Decision?) -> EventNotice {
        let why =
            decision.map { "\($0.reason.explanation) (\($0.reason.rawValue))" }
            ?? "the Service has not this address any more, or its kind is off"
        return EventNotice(
            object: .service(service), reason: EventReason.withdrawn,
            message: "\(vip) is withdrawn from \(node): \(why)")
    }

    /// FRR is asked again every few seconds: the same answer is told once.
    mutating func refused(_ edit: NetworkEdit, of plan: AnnouncementPlan, because reason: String) -> [EventNotice] {
        let vip = edit.prefix.address
        guard refusals.updateValue(reason, forKey: vip) != reason else { return [] }
        let services = Set((Self.decisions(on: [vip], in: plan)[vip] ?? []).map(\.service)).union(owners[vip] ?? [])
        let verb = if case .set = edit { "announcing" } else { "withdrawing" }
        return services.sorted().map { service in
            EventNotice(
                object: .service(service), reason: EventReason.refused, severity: .warning,
                message: "\(verb) \(vip) is refused on \(node): \(reason)")
        }
    }

    private static func decisions(on vips: [IPAddress], in plan: AnnouncementPlan) -> [IPAddress: [Decision]] {
        guard !vips.isEmpty else { return [:] }
        let vips = Set(vips)
        var result: [IPAddress: [Decision]] = [:]
        for decision in plan.decisions {
            if let vip = decision.vip, vips.contains(vip) { result[vip, default: []].append(decision) }
        }
        return result
    }
}

extension ReasonCode {
    /// True when the address itself, or the policy for it, is the reason, on whatever node.
    fileprivate var isRefusalOfAddress: Bool {
        switch self {
        case .invalidAddress, .notUnicast, .outsideAllowedPrefixes, .noExternalPrefixAllowed: true
        default: false
        }
    }

    /// True when the node as a whole drains or is drained.
    fileprivate var isDrainOfNode: Bool {
        switch self {
        case .drainingNodeAnnotation, .drainingNodeNotReady, .drainingNodeCordoned, .drainingNodeTainted,
            .drainedNodeAnnotation, .drainedNodeNotReady, .drainedNodeCordoned, .drainedNodeTainted:
            true
        default: false
        }
    }
}
