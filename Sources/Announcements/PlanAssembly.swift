public import NetworkTypes

/// A plan that is kept up to date Service by Service: what changes costs what the changed Services and those that share
/// a VIP with them cost, not what the cluster costs.
///
/// It gives what `AnnouncementPlan(decisions:tags:nodeWarnings:)` gives of the same decisions, whatever the order in which
/// they came; a test compares the two.
public struct PlanAssembly: Sendable {
    private let tags: TagMap
    /// What the rules say of each Service by itself; Services without a decision are absent.
    private var judged: [ServiceID: [Decision]] = [:]
    /// The Services that each VIP is announced for.
    private var owners: [IPAddress: Set<ServiceID>] = [:]
    private var classes: [IPAddress: ClassOrder] = [:]
    /// Merged, in the order of a plan.
    private var decisions: [Decision] = []
    private var announcements: [IPAddress: AttributeClass] = [:]

    /// Begins without Services.
    public init(tags: TagMap) {
        self.tags = tags
    }

    /// Takes in what the rules say of some Services now; nothing for one that is gone.
    public mutating func update(_ news: [ServiceID: [Decision]]) {
        var changed: Set<ServiceID> = []
        var vips: Set<IPAddress> = []
        for (id, new) in news {
            let old = judged[id] ?? []
            guard old != new else { continue }
            judged[id] = new.isEmpty ? nil : new
            changed.insert(id)
            for vip in old.lazy.compactMap(\.claimedVIP) {
                owners[vip]?.remove(id)
                vips.insert(vip)
            }
            for vip in new.lazy.compactMap(\.claimedVIP) {
                owners[vip, default: []].insert(id)
                vips.insert(vip)
            }
        }
        for vip in vips { changed.formUnion(settle(vip)) }
        show(changed)
    }

    /// The plan of all Services.
    public func plan(nodeWarnings: [PlanWarning] = []) -> AnnouncementPlan {
        AnnouncementPlan(sorted: decisions, announcements: announcements, nodeWarnings: nodeWarnings)
    }

    /// Finds the class of a VIP anew. Returns its owners, whose decisions carry it.
    private mutating func settle(_ vip: IPAddress) -> Set<ServiceID> {
        guard let its = owners[vip], !its.isEmpty else {
            owners[vip] = nil
            classes[vip] = nil
            announcements[vip] = nil
            return []
        }
        var asked: Set<AttributeClass> = []
        for id in its {
            for decision in judged[id] ?? [] where decision.claimedVIP == vip { asked.formUnion(decision.askedClass) }
        }
        let order = ClassOrder(asked, tags: tags)
        classes[vip] = order
        announcements[vip] = order.winner
        return its
    }

    // MARK: - The sorted decisions

    /// Puts the merged decisions of some Services where they belong.
    private mutating func show(_ changed: Set<ServiceID>) {
        // To move the rest for each of many takes longer than to sort all once.
        guard changed.count * 8 < judged.count else {
            let all = judged.values.flatMap { merged($0) }
            decisions = all.sorted(by: Decision.precedes)
            return
        }
        for id in changed {
            let start = firstIndex { !($0 < id) }
            let end = firstIndex { id < $0 }
            decisions.replaceSubrange(start..<end, with: merged(judged[id] ?? []).sorted(by: Decision.precedes))
        }
    }

    private func merged(_ decisions: [Decision]) -> [Decision] {
        decisions.map { decision in
            var decision = decision
            if let vip = decision.claimedVIP { classes[vip]?.settle(&decision) }
            return decision
        }
    }

    /// The first decision whose Service is far enough: binary search.
    private func firstIndex(where isReached: (ServiceID) -> Bool) -> Int {
        var low = 0
        var high = decisions.count
        while low < high {
            let middle = (low + high) / 2
            if isReached(decisions[middle].service) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
