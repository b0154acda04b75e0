import Announcements
import NetworkTypes
import Testing

private let rows = endpointRows + serviceRows + nodeRows

@Suite struct ServiceRulesTests {
    @Test(arguments: rows)
    func followsTheRuleTable(row: RuleRow) throws {
        var facts = try row.facts()
        let plan = AnnouncementPlan(facts)
        let outcomes = plan.decisions.map { decision in
            ([decision.reason.rawValue] + decision.warnings.map { "!\($0.code)" }).joined(separator: " ")
        }
        #expect(outcomes == row.outcomes)
        #expect((plan.announcements.values.first?.rawValue ?? "-") == row.attributeClass)
        for decision in plan.decisions {
            #expect((decision.attributeClass != nil) == decision.reason.announces)
            #expect(decision.attributeClass == nil || decision.attributeClass?.rawValue == row.attributeClass)
        }
        // Neither the order of Services nor that of endpoints matters.
        facts.services.reverse()
        facts.endpoints = facts.endpoints.mapValues { $0.reversed() }
        #expect(AnnouncementPlan(facts) == plan)
    }

    @Test func tableIsLargeAndHasNoRowTwice() {
        #expect(rows.count >= 200)
        #expect(Set(rows.map(\.text)).count == rows.count)
    }

    /// What needs time has its rows in `PlanHistoryTests`; `kindOff` is for explaining.
    @Test func everyReasonCodeHasARow() {
        let seen = Set(rows.flatMap(\.outcomes).compactMap { ReasonCode(rawValue: $0.split(" ")[0]) })
        let timed = Set(ReasonCode.allCases.compactMap(\.drained)).union([.heldDown, .kindOff])
        #expect(seen == Set(ReasonCode.allCases).subtracting(timed))
    }

    @Test func everyWarningHasARow() {
        let seen = Set(rows.flatMap(\.outcomes).flatMap { $0.split("!").dropFirst() })
        #expect(seen == Set(PlanWarning.codes))
    }

    @Test func explanationsAreDistinct() {
        #expect(Set(ReasonCode.allCases.map(\.explanation)).count == ReasonCode.allCases.count)
    }

    @Test func oneBadEntryDoesNotHurtTheOthers() {
        let service = ServiceFacts(
            id: ServiceID(namespace: "shop", name: "web"),
            addresses: [
                AddressFact(kind: .loadBalancer, text: "bogus"), AddressFact(kind: .loadBalancer, text: nil),
                AddressFact(kind: .loadBalancer, text: "198.51.100.2", isProxyMode: true),
                AddressFact(kind: .loadBalancer, text: "198.51.100.1"),
                AddressFact(kind: .loadBalancer, text: "2001:db8::1"),
            ])
        let decisions = ServiceRules.decide(
            service, endpoints: [EndpointFact(address: IPAddress("10.0.0.1")!)], node: NodeFacts(name: "here"),
            configuration: PlannerConfiguration())
        #expect(
            decisions.map(\.reason) == [
                .invalidAddress, .hostnameOnly, .proxyMode, .endpointInCluster, .noEndpointsOfFamily,
            ])
    }

    @Test func explainingNamesKindsThatAreOff() {
        let service = ServiceFacts(
            id: ServiceID(namespace: "shop", name: "web"),
            addresses: [
                AddressFact(kind: .clusterIP, text: "10.96.0.7"),
                AddressFact(kind: .loadBalancer, text: "198.51.100.1"),
            ])
        func reasons(judgesAllKinds: Bool) -> [ReasonCode] {
            ServiceRules.decide(
                service, endpoints: [], node: NodeFacts(name: "here"), configuration: PlannerConfiguration(),
                judgesAllKinds: judgesAllKinds
            ).map(\.reason)
        }
        #expect(reasons(judgesAllKinds: false) == [.noEndpoints])
        #expect(reasons(judgesAllKinds: true) == [.kindOff, .noEndpoints])
    }

    @Test func decisionNamesTheEndpointsItRestsOn() throws {
        let facts = try RuleRow(
            "LB C 4 | 4unready@here#9 4ready@there#3 4unready@here#3 6ready@here 4term@here#2 | => x : -"
        ).facts()
        let endpoints = try #require(AnnouncementPlan(facts).decisions.first).endpoints
        #expect(endpoints.map(\.address.description) == ["10.244.0.2", "10.244.0.3"])
        #expect(endpoints.map(\.nodeName) == ["here", "there"])
    }

    @Test func warningsNameObjectAndAnnotation() throws {
        let facts = try RuleRow(
            "LB C 4 | 4ready@here | @announce=maybe @zero-endpoints=never @color=red @class=x node.drain=1 => x : -"
        ).facts()
        let plan = AnnouncementPlan(facts)
        let texts = try #require(plan.decisions.first).warnings.map(\.explanation)
        for key in ["announce", "zero-endpoints", "color", "class"] {
            #expect(texts.contains { $0.contains("Service shop/s0") && $0.contains("cosmolet.io/\(key)") }, "\(key)")
        }
        #expect(texts.count == 4)
        let onNode = plan.nodeWarnings.map(\.explanation)
        #expect(onNode.count == 1 && onNode[0].contains("Node here") && onNode[0].contains("cosmolet.io/drain"))
    }
}
