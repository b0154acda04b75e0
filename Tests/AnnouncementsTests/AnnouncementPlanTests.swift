import Announcements
import NetworkTypes
import Testing

@Suite struct AnnouncementPlanTests {
    private let gold = AttributeClass(rawValue: "gold")!
    private let vip = IPAddress("198.51.100.1")!

    private func service(_ name: String, _ vips: [String], className: String? = nil) -> ServiceFacts {
        ServiceFacts(
            id: ServiceID(namespace: "shop", name: name),
            addresses: vips.map { AddressFact(kind: .loadBalancer, text: $0) }, className: className)
    }

    private func facts(_ services: [ServiceFacts], ready: [String]) throws -> AnnouncementFacts {
        let endpoints = try ready.map {
            (
                ServiceID(namespace: "shop", name: $0),
                [
                    EndpointFact(address: try IPAddress("10.0.0.1"[...])),
                    EndpointFact(address: try IPAddress("fd00::1"[...])),
                ]
            )
        }
        let tags = try TagMap(ownedTags: 100...199, classes: [.default: 100, gold: 120, .drain: 199])
        return AnnouncementFacts(
            node: NodeFacts(name: "here"), services: services,
            endpoints: Dictionary(uniqueKeysWithValues: endpoints), configuration: PlannerConfiguration(tags: tags))
    }

    @Test func familiesAreJudgedApart() throws {
        let plan = AnnouncementPlan(
            try facts([service("web", ["198.51.100.1", "2001:db8::1"])], ready: ["web"]))
        #expect(plan.announcements == [vip: .default, IPAddress("2001:db8::1")!: .default])
    }

    @Test func sharedAddressNeedsOneQualifiedOwner() throws {
        let plan = AnnouncementPlan(
            try facts([service("a", ["198.51.100.1"]), service("b", ["198.51.100.1"])], ready: ["b"]))
        #expect(plan.announcements == [vip: .default])
        #expect(plan.decisions.map(\.reason) == [.noEndpoints, .endpointInCluster])
    }

    @Test func lowestTagWinsAndTheConflictIsReported() throws {
        let plan = AnnouncementPlan(
            try facts(
                [service("a", ["198.51.100.1"], className: "gold"), service("b", ["198.51.100.1"])], ready: ["a", "b"]))
        #expect(plan.announcements == [vip: .default])
        #expect(plan.decisions.allSatisfy { $0.warnings == [.classConflict(["default", "gold"])] })
    }

    @Test func unknownClassFallsBackWithAWarning() throws {
        let plan = AnnouncementPlan(try facts([service("a", ["198.51.100.1"], className: "platinum")], ready: ["a"]))
        #expect(plan.announcements == [vip: .default])
        #expect(plan.decisions.first?.warnings == [.unknownClass("platinum")])
    }

    @Test func orderOfFactsMakesNoDifference() throws {
        var generator = SeededGenerator(seed: 1)
        let services = (0..<40).map { service("s\($0)", ["198.51.100.\($0 % 17)", "2001:db8::\($0 % 11)"]) }
        let original = try facts(services, ready: (0..<40).filter { $0 % 3 != 0 }.map { "s\($0)" })
        let expected = AnnouncementPlan(original)
        for _ in 0..<50 {
            var shuffled = original
            shuffled.services.shuffle(using: &generator)
            shuffled.endpoints = original.endpoints.mapValues { $0.shuffled(using: &generator) }
            #expect(AnnouncementPlan(shuffled) == expected)
        }
    }
}

/// SplitMix64: the same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
