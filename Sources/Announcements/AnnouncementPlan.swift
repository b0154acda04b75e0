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
                    configuration: facts.configuration, namespaceLabels: facts.namespaces[service.id.namespace])
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
        var asked: [IPAddress: Set<AttributeClass>] = [:]
        for decision in decisions {
            if let vip = decision.claimedVIP { asked[vip, default: []].formUnion(decision.askedClass) }
        }
        let classes = asked.mapValues { ClassOrder($0, tags: tags) }
        for index in decisions.indices {
            if let vip = decisions[index].claimedVIP { classes[vip]?.settle(&decisions[index]) }
        }
        self.init(
            sorted: decisions.sorted(by: Decision.precedes), announcements: classes.mapValues(\.winner),
            nodeWarnings: nodeWarnings)
    }

    /// Takes what is merged and sorted already.
    init(sorted decisions: [Decision], announcements: [IPAddress: AttributeClass], nodeWarnings: [PlanWarning]) {
        self.decisions = decisions
        self.announcements = announcements
        self.nodeWarnings = nodeWarnings
    }
}

/// The classes that the owners of one VIP ask for, the one that wins first. Empty when all of them drain.
struct ClassOrder: Sendable, Hashable {
    private let classes: [AttributeClass]

    init(_ asked: Set<AttributeClass>, tags: TagMap) {
        classes =
            asked.count < 2
            ? Array(asked) : asked.sorted { (tags.tag(of: $0) ?? .max, $0) < (tags.tag(of: $1) ?? .max, $1) }
    }

    /// What the VIP is announced with.
    var winner: AttributeClass { classes.first ?? .drain }

    /// Gives an announcing decision the class that won.
    func settle(_ decision: inout Decision) {
        guard let winner = classes.first else { return }
        if decision.attributeClass != winner { decision.classCause = .sharedAddress }
        decision.attributeClass = winner
        if classes.count > 1, !decision.reason.drains {
            decision.warnings.append(.classConflict(classes.map(\.rawValue)))
        }
    }
}

extension Decision {
    /// The VIP, when it is to be announced.
    var claimedVIP: IPAddress? { attributeClass == nil ? nil : vip }

    /// The class that an owner asks for; none when it drains.
    var askedClass: Set<AttributeClass> {
        guard let attributeClass, !reason.drains else { return [] }
        return [attributeClass]
    }

    /// The order of a plan.
    static func precedes(_ a: Decision, _ b: Decision) -> Bool {
        a.service != b.service ? a.service < b.service : a.sortKey < b.sortKey
    }
}

extension Decision {
    /// Orders decisions of one Service.
    fileprivate var sortKey: (VIPKind, String, String) {
        (kind ?? .loadBalancer, text, reason.rawValue)
    }
}
