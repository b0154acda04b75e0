import Announcements
import NetworkTypes
import Testing

@Suite struct AnnouncementPlanTests {
    private let gold = AttributeClass(rawValue: "gold")!
    private let vip = IPAddress("198.51.100.1")!

    private func service(_ name: String, _ vips: [String], className: String? = nil) -> ServiceFacts {
        ServiceFacts(
            id: ServiceID(namespace: "shop", name: name),
            addresses: vips.map { AddressFact(kind: .loadBalancer, text: $0) },
            annotations: ServiceAnnotations(className: className))
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
        #expect(
            plan.decisions.first?.warnings == [
                .unknownClass(service: ServiceID(namespace: "shop", name: "a"), name: "platinum")
            ])
    }
}
