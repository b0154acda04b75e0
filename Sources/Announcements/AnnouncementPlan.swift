public import NetworkTypes

/// What a node announces, and why, and why not: a pure function of facts. The order in which facts came or are listed
/// makes no difference.
public struct AnnouncementPlan: Sendable, Hashable {
    /// One decision for each VIP entry of each Service, by Service, then address.
    public let decisions: [Decision]
    /// The class of each announced VIP.
    public let announcements: [IPAddress: AttributeClass]

    /// Plans from all facts.
    public init(_ facts: AnnouncementFacts) {
        self.init(
            decisions: facts.services.flatMap { service in
                ServiceRules.decide(
                    service, endpoints: facts.endpoints[service.id] ?? [], node: facts.node,
                    configuration: facts.configuration)
            },
            tags: facts.configuration.tags)
    }

    /// Merges decisions of Services that were judged one by one.
    ///
    /// A VIP with several owners is announced if any owner qualifies. When they ask for different classes the lowest tag
    /// wins, and each of those decisions carries a warning.
    public init(decisions: some Sequence<Decision>, tags: TagMap) {
        var decisions = Array(decisions)
        var owners: [IPAddress: Set<AttributeClass>] = [:]
        for decision in decisions {
            if let vip = decision.vip, let attributeClass = decision.attributeClass {
                owners[vip, default: []].insert(attributeClass)
            }
        }
        let ordered = owners.mapValues { classes in
            classes.sorted { (tags.tag(of: $0) ?? .max, $0) < (tags.tag(of: $1) ?? .max, $1) }
        }
        for index in decisions.indices {
            guard let vip = decisions[index].vip, decisions[index].attributeClass != nil,
                let classes = ordered[vip], classes.count > 1
            else { continue }
            decisions[index].attributeClass = classes[0]
            decisions[index].warnings.append(.classConflict(classes.map(\.rawValue)))
        }
        self.decisions = decisions.sorted { ($0.service, $0.sortKey) < ($1.service, $1.sortKey) }
        announcements = ordered.mapValues { $0[0] }
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
