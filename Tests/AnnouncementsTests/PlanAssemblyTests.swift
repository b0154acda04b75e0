import NetworkTypes
import Testing

@testable import Announcements

/// What is kept up to date must be what a whole plan gives.
@Suite struct PlanAssemblyTests {
    private static func decide(_ service: ServiceFacts, _ facts: AnnouncementFacts) -> [Decision] {
        ServiceRules.decide(
            service, endpoints: facts.endpoints[service.id] ?? [], node: facts.node,
            configuration: facts.configuration, namespaceLabels: facts.namespaces[service.id.namespace])
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func anyChangesGiveTheWholePlan(seed: UInt64) async throws {
        var random = RandomFacts(seed: seed)
        var facts = try random.facts()
        facts.services = []
        var assembly = PlanAssembly(tags: facts.configuration.tags)
        for _ in 0..<60 {
            var news: [ServiceID: [Decision]] = [:]
            // Mostly one Service at a time, sometimes many; the names are few, so that they share VIPs and are replaced.
            for _ in 0..<(random.chance(10) ? 30 : 1) {
                let service = random.service("s\(random.pick(Array(0..<40)))")
                facts.services.removeAll { $0.id == service.id }
                facts.endpoints[service.id] = nil
                if random.chance(80) {
                    facts.services.append(service)
                    facts.endpoints[service.id] = random.endpoints()
                    news[service.id] = Self.decide(service, facts)
                } else {
                    news[service.id] = []
                }
            }
            assembly.update(news)
            await Task.yield()
            #expect(assembly.plan(nodeWarnings: facts.node.annotations.warnings) == AnnouncementPlan(facts))
        }
        #expect(facts.services.count > 8, "too few Services to have taken the way of few changes")
    }

    @Test func aVIPThatLosesItsWinnerTakesTheOthersClass() throws {
        let gold = AttributeClass(rawValue: "gold")!
        let tags = try TagMap(ownedTags: 100...199, classes: [.default: 110, gold: 105, .manual: 198, .drain: 199])
        func decision(_ name: String, _ attributeClass: AttributeClass) -> Decision {
            Decision(
                service: ServiceID(namespace: "shop", name: name), kind: .loadBalancer, text: "198.51.100.1",
                vip: IPAddress("198.51.100.1")!, reason: .endpointInCluster, attributeClass: attributeClass)
        }
        let (a, b) = (decision("a", .default), decision("b", gold))
        var assembly = PlanAssembly(tags: tags)
        assembly.update([a.service: [a], b.service: [b]])
        let both = assembly.plan()
        #expect(both.announcements == [a.vip!: gold])
        #expect(both.decisions.map(\.attributeClass) == [gold, gold])
        #expect(both.decisions.allSatisfy { $0.warnings == [.classConflict(["gold", "default"])] })
        assembly.update([b.service: []])
        #expect(assembly.plan().announcements == [a.vip!: .default])
        #expect(assembly.plan().decisions == [a])
        assembly.update([a.service: []])
        #expect(assembly.plan() == AnnouncementPlan(decisions: [], tags: tags))
    }

    // MARK: - Differences of plans

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func changesAreWhatDiffersService(seed: UInt64) throws {
        var random = RandomFacts(seed: seed)
        var facts = try random.facts()
        let old = AnnouncementPlan(facts).decisions
        for _ in 0..<3 {
            let service = random.service("s\(random.pick(Array(0..<8)))")
            facts.services.removeAll { $0.id == service.id }
            if random.chance(70) { facts.services.append(service) }
        }
        let new = AnnouncementPlan(facts).decisions
        let byService = { (decisions: [Decision]) in Dictionary(grouping: decisions, by: \.service) }
        let (before, after) = (byService(old), byService(new))
        let expected = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted()
        let changes = PlanChange.all(from: old, to: new)
        #expect(changes.map(\.service) == expected)
        for change in changes {
            #expect(Array(change.before) == before[change.service] ?? [])
            #expect(Array(change.after) == after[change.service] ?? [])
        }
        #expect(PlanChange.all(from: new, to: new).isEmpty)
    }
}
