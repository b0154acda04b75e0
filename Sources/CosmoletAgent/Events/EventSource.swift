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
    /// The Services that a VIP is, or until its withdrawal was, announced for.
    private var owners: [IPAddress: Set<ServiceID>] = [:]
    /// What FRR said of the VIPs that it refuses.
    private var refusals: [IPAddress: String] = [:]
    /// VIPs that FRR refused to announce, and has not announced since.
    private var unannounced: Set<IPAddress> = []
    private var heldByFuse: [IPAddress] = []
    /// What the fuse has let go and FRR still runs, and how many VIPs it let go.
    private var released: (waiting: Set<IPAddress>, count: Int) = ([], 0)
    private var nodeWarnings: [PlanWarning] = []
    /// How many VIP entries are in a drain of the node, by reason.
    private var nodeDrains: [ReasonCode: Int] = [:]
    /// How many entries of each VIP a drain of the node has ended for.
    private var drained: [IPAddress: Int] = [:]
    private var drain = Drain.none

    init(node: String) { self.node = node }

    // MARK: - Plans

    mutating func planned(_ plan: AnnouncementPlan, _ changes: [PlanChange]) -> [EventNotice] {
        var notices: [EventNotice] = []
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
        for warning in plan.nodeWarnings where !nodeWarnings.contains(warning) { notices.append(aboutNode(warning)) }
        nodeWarnings = plan.nodeWarnings
        notices += drainNotices() + fuseNotices(plan)
        defer { isFirst = false }
        return isFirst ? [] : notices
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
                drained.keys.allSatisfy { owners[$0] == nil || unannounced.contains($0) } ? .drained : .withdrawing
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
        defer { heldByFuse = plan.heldByFuse }
        if heldByFuse.isEmpty, !plan.heldByFuse.isEmpty {
            return [
                aboutNode(
                    EventReason.fuseHeld,
                    "the withdrawal of \(plan.heldByFuse.count) VIPs at once is held back; if it is meant, give the Node "
                        + "a new value of \(AnnotationKey.releaseFuse)", severity: .warning)
            ]
        }
        if !heldByFuse.isEmpty, plan.heldByFuse.isEmpty {
            let gone = heldByFuse.filter { plan.announcements[$0] == nil }
            released = (Set(gone), gone.count)
            if gone.isEmpty {
                return [aboutNode(EventReason.fuseReleased, "nothing is held back any more, all is wanted again")]
            }
        }
        // What is wanted again is not waited for.
        released.waiting = released.waiting.filter { plan.announcements[$0] == nil }
        return releaseNotices()
    }

    /// Told once FRR has withdrawn all that the fuse has let go.
    private mutating func releaseNotices() -> [EventNotice] {
        guard released.count > 0, released.waiting.isEmpty else { return [] }
        defer { released.count = 0 }
        return [aboutNode(EventReason.fuseReleased, "\(released.count) withdrawals that were held are through")]
    }

    // MARK: - Commits

    mutating func applied(_ edits: [NetworkEdit], of plan: AnnouncementPlan) -> [EventNotice] {
        let decisions = Self.decisions(on: edits, in: plan)
        let notices = edits.flatMap { edit -> [EventNotice] in
            let vip = edit.prefix.address
            let its = decisions[vip] ?? []
            refusals[vip] = nil
            unannounced.remove(vip)
            released.waiting.remove(vip)
            switch edit {
            case .set(let network): return its.compactMap { Self.announced($0, network, on: node) }
            case .remove:
                let services = (owners.removeValue(forKey: vip) ?? []).union(its.map(\.service))
                return services.sorted().map { service in
                    withdrawn(vip, service, its.first { $0.service == service })
                }
            }
        }
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
        if case .set = edit { unannounced.insert(vip) }
        guard refusals.updateValue(reason, forKey: vip) != reason else { return [] }
        let services = Set((Self.decisions(on: [edit], in: plan)[vip] ?? []).map(\.service)).union(owners[vip] ?? [])
        let verb = if case .set = edit { "announcing" } else { "withdrawing" }
        return services.sorted().map { service in
            EventNotice(
                object: .service(service), reason: EventReason.refused, severity: .warning,
                message: "\(verb) \(vip) is refused on \(node): \(reason)")
        }
    }

    private static func decisions(on edits: [NetworkEdit], in plan: AnnouncementPlan) -> [IPAddress: [Decision]] {
        let vips = Set(edits.map(\.prefix.address))
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
