import Announcements
import NetworkTypes
import Testing

/// Random facts, the same on every run.
@Suite struct PlanPropertyTests {
    @Test(arguments: 0..<4 as Range<UInt64>)
    func agreesWithTheReference(seed: UInt64) throws {
        var random = RandomFacts(seed: seed)
        var seen: Set<ReasonCode> = []
        for round in 0..<2500 {
            let facts = try random.facts()
            let plan = AnnouncementPlan(facts)
            let reference = ReferenceRules(facts: facts, meaning: RandomFacts.selectors).outcomes()
            let outcomes = plan.decisions.map { decision in
                ReferenceRules.Outcome(
                    service: decision.service, text: decision.text, kind: decision.kind,
                    reason: decision.reason.rawValue, attributeClass: decision.attributeClass?.rawValue ?? "-")
            }.sorted()
            try #require(outcomes == reference.outcomes, "round \(round): \(facts)")
            try #require(
                plan.announcements.mapValues(\.rawValue) == reference.announced, "round \(round): \(facts)")
            seen.formUnion(plan.decisions.map(\.reason))
        }
        // The random facts reach every outcome, so agreement means something.
        let timed = Set(ReasonCode.allCases.compactMap(\.drained)).union([.heldDown, .kindOff])
        #expect(seen == Set(ReasonCode.allCases).subtracting(timed))
    }

    @Test func orderOfFactsMakesNoDifference() throws {
        var random = RandomFacts(seed: 99)
        var generator = SeededGenerator(seed: 100)
        for _ in 0..<500 {
            let facts = try random.facts()
            let plan = AnnouncementPlan(facts)
            for _ in 0..<4 {
                var shuffled = facts
                shuffled.services.shuffle(using: &generator)
                for index in shuffled.services.indices { shuffled.services[index].addresses.shuffle(using: &generator) }
                shuffled.endpoints = facts.endpoints.mapValues { $0.shuffled(using: &generator) }
                shuffled.node.taints.shuffle(using: &generator)
                try #require(AnnouncementPlan(shuffled) == plan)
            }
        }
    }

    @Test func drainsAreClosedUnderTheirCodes() {
        for reason in ReasonCode.allCases {
            if let drained = reason.drained {
                #expect(reason.announces && reason.drains && !drained.announces && !drained.drains)
                #expect(drained.rawValue == "Drained" + reason.rawValue.dropFirst("Draining".count))
            }
            #expect(!reason.drains || reason.announces)
        }
    }
}
