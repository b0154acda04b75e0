public import NetworkTypes

/// What a node announces, and why, and why not: a pure function of facts. The order in which facts came or are listed
/// makes no difference.
public struct AnnouncementPlan: Sendable, Hashable {
    /// One decision for each VIP entry of each Service, by Service, then address.
    public internal(set) var decisions: [Decision]
    /// The class of each announced VIP.
    public internal(set) var announcements: [IPAddress: AttributeClass]
    /// What is odd about the node, whatever the VIPs are.
    public let nodeWarnings: [PlanWarning]
    /// When the plan changes by itself, on the clock that `PlanHistory` was given; nil: not without news.
    public internal(set) var nextChange: Duration?
    /// Withdrawals that the fuse holds: they are among the announcements, though no decision wants them.
    public internal(set) var heldByFuse: [IPAddress] = []

    /// Plans from all facts, without regard to time: a VIP that drains stays announced with class `drain`.
    public init(_ facts: AnnouncementFacts) {
        self.init(
            decisions: facts.services.flatMap { service in
                ServiceRules.decide(
                    service, endpoints: facts.endpoints[service.id] ?? [], node: facts.node,
                    configuration: facts.configuration, namespaceLabels: facts.namespaces[service.id.namespace] ?? [:])
            },
            tags: facts.configuration.tags, nodeWarnings: facts.node.annotations.warnings)
    }

    /// Merges decisions of Services that were judged one by one.
    ///
    /// A VIP with several owners is announced if any owner qualifies. When they ask for different classes the lowest
    /// tag wins, and each of those decisions carries a warning. An owner that drains asks for nothing: the VIP drains
    /// only when all owners that qualify do.
    public init(decisions: some Sequence<Decision>, tags: TagMap, nodeWarnings: [PlanWarning] = []) {
        var decisions = Array(decisions)
        var owners: [IPAddress: Set<AttributeClass>] = [:]
        for decision in decisions {
            guard let vip = decision.vip, let attributeClass = decision.attributeClass else { continue }
            owners[vip, default: []].formUnion(decision.reason.drains ? [] : [attributeClass])
        }
        let ordered = owners.mapValues { classes in
            classes.sorted { (tags.tag(of: $0) ?? .max, $0) < (tags.tag(of: $1) ?? .max, $1) }
        }
        for index in decisions.indices {
            guard let vip = decisions[index].vip, decisions[index].attributeClass != nil,
                let classes = ordered[vip], let winner = classes.first
            else { continue }
            if decisions[index].attributeClass != winner { decisions[index].classCause = .sharedAddress }
            decisions[index].attributeClass = winner
            if classes.count > 1, !decisions[index].reason.drains {
                decisions[index].warnings.append(.classConflict(classes.map(\.rawValue)))
            }
        }
        self.decisions = decisions.sorted { ($0.service, $0.sortKey) < ($1.service, $1.sortKey) }
        announcements = ordered.mapValues { $0.first ?? .drain }
        self.nodeWarnings = nodeWarnings
    }
}

extension Decision {
    /// Orders decisions of one Service.
    fileprivate var sortKey: (VIPKind, String, String) {
        (kind ?? .loadBalancer, text, reason.rawValue)
    }
}

private func < (
    a: (ServiceID, (VIPKind, String, String)), b: (ServiceID, (VIPKind, String, String))
) -> Bool {
    a.0 != b.0 ? a.0 < b.0 : a.1 < b.1
}
