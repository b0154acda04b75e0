import Announcements
import NetworkTypes
import Testing

private let web = ServiceID(namespace: "shop", name: "web")

/// What the planner tells of its decisions, for explanations.
@Suite struct ExplainingTests {
    /// The standings of the endpoints and the outcome of the rules never contradict each other.
    @Test(arguments: endpointRows)
    func standingsAgreeWithTheOutcome(row: RuleRow) throws {
        let facts = try row.facts()
        for decision in AnnouncementPlan(facts).decisions where decision.reason.stage == .endpoints {
            let vip = try #require(decision.vip)
            let kind = try #require(decision.kind)
            let service = try #require(facts.services.first { $0.id == decision.service })
            let best = facts.endpoints[service.id, default: []].map {
                EndpointStanding($0, family: vip.family, policy: service.policy(for: kind), node: facts.node.name)
            }.min()
            let expected: [EndpointStanding?] =
                switch decision.reason {
                case .endpointInCluster, .endpointOnNode: [.ready]
                case .onlyTerminatingEndpoints, .onlyTerminatingOnNode, .drainingTerminatingEndpoints,
                    .drainingTerminatingOnNode:
                    [.servingWhileTerminating]
                case .noReadyEndpoints, .noReadyLocalEndpoints: [.notReady]
                case .noEndpointsOfFamily, .noLocalEndpointsOfFamily: [.otherFamily]
                case .noLocalEndpoints: [.otherNode, nil]
                case .noEndpoints: [nil]
                case .keptWithoutEndpoints: [.notReady, .otherFamily, nil]
                default: []
                }
            #expect(expected.contains(best), "\(decision.reason): \(String(describing: best))")
        }
    }

    @Test func everyCodeHasAdviceThatNamesItsObject() {
        for code in ReasonCode.allCases {
            let advice = code.advice(service: web, node: "here")
            #expect(advice.count > 20, "\(code)")
            // A command can be pasted as it is.
            if advice.contains("kubectl -n") { #expect(advice.contains("-n shop "), "\(code)") }
            if advice.contains("kubectl label node") { #expect(advice.contains("node here "), "\(code)") }
        }
    }

    private func causes(_ services: ServiceFacts..., node: NodeFacts = NodeFacts(name: "here")) -> [ClassCause?] {
        let classes: [AttributeClass: UInt32] = [
            .default: 100, AttributeClass(rawValue: "gold")!: 110, .manual: 198, .drain: 199,
        ]
        var configuration = PlannerConfiguration()
        configuration.tags = try! TagMap(ownedTags: 100...199, classes: classes)
        let endpoint = EndpointFact(address: IPAddress("10.0.0.1")!)
        let plan = AnnouncementPlan(
            AnnouncementFacts(
                node: node, services: services,
                endpoints: Dictionary(uniqueKeysWithValues: services.map { ($0.id, [endpoint]) }),
                configuration: configuration))
        return plan.decisions.map(\.classCause)
    }

    private func service(_ name: String, className: String? = nil, drains: Bool = false) -> ServiceFacts {
        ServiceFacts(
            id: ServiceID(namespace: "shop", name: name),
            addresses: [AddressFact(kind: .loadBalancer, text: "198.51.100.1")],
            annotations: ServiceAnnotations(className: className, drains: drains))
    }

    @Test func classHasItsCause() {
        #expect(causes(service("a")) == [.noAnnotation])
        #expect(causes(service("a", className: "gold")) == [.annotation])
        #expect(causes(service("a", className: "silver")) == [.unknownClass])
        #expect(causes(service("a", drains: true)) == [.drain])
        #expect(causes(service("a", className: "gold"), service("b")) == [.sharedAddress, .noAnnotation])
        #expect(causes(service("a", drains: true), service("b")) == [.sharedAddress, .noAnnotation])
        #expect(causes(service("a"), node: NodeFacts(name: "here", exclusionLabel: "")) == [nil])
    }

    @Test func drainReasonIsKnownAndDecidesNothing() {
        let annotations = NodeAnnotations([AnnotationKey.drainReason: "kernel"], ofNode: "here")
        #expect(annotations.drainReason == "kernel")
        #expect(!annotations.drains)
        #expect(annotations.warnings.isEmpty)
        #expect(ServiceAnnotations([AnnotationKey.drainReason: "kernel"], of: web).warnings.isEmpty)
    }

    @Test func historyTellsWhatIsLeft() throws {
        let vip = IPAddress("198.51.100.1")!
        var configuration = PlannerConfiguration()
        configuration.drainHold = .seconds(10)
        var history = PlanHistory()
        #expect(history.drainTimeLeft(of: vip, configuration: configuration, at: .zero) == nil)
        history.observe(running: [vip: .drain], at: .seconds(5))
        #expect(history.drainTimeLeft(of: vip, configuration: configuration, at: .seconds(8)) == .seconds(7))
        #expect(history.drainTimeLeft(of: vip, configuration: configuration, at: .seconds(99)) == .zero)
        history.observe(running: [vip: .default], at: .seconds(9))
        #expect(history.drainTimeLeft(of: vip, configuration: configuration, at: .seconds(9)) == nil)
        #expect(history.fuseTimeLeft(configuration: configuration, at: .zero) == nil)
        #expect(history.holdDownTimeLeft(of: vip, at: .zero) == nil)
    }
}
