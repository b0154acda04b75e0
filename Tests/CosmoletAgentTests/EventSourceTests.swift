import Announcements
import NetworkTypes
import Northbound
import Testing

@testable import CosmoletAgent

@Suite struct EventSourceTests {
    private static let vip = "198.51.100.1"

    /// Plans as the reconciler makes them: facts, rules, history; and what the source says of each step.
    private struct Rig {
        var facts: AnnouncementFacts
        var history = PlanHistory()
        var source = EventSource(node: "here")
        /// What FRR runs, without what is announced by hand.
        var running: [IPAddress: AttributeClass] = [:]
        var byHand: Set<IPAddress> = []
        private var decisions: [Decision] = []

        init() {
            facts = AnnouncementFacts(node: NodeFacts(name: "here"), services: [], endpoints: [:])
        }

        mutating func add(_ name: String, _ vip: String, ready: Bool = true) {
            let id = ServiceID(namespace: "shop", name: name)
            facts.services.removeAll { $0.id == id }
            facts.services.append(
                ServiceFacts(id: id, addresses: [AddressFact(kind: .loadBalancer, text: vip)]))
            facts.endpoints[id] = [EndpointFact(address: IPAddress("10.0.0.1")!, isReady: ready)]
        }

        /// Plans, and commits what differs; or is refused by a lock; or the answer to the commit is lost.
        mutating func step(at seconds: Int = 0, commits: Bool = true, isAnswered: Bool = true) -> [EventNotice] {
            history.observe(running: running, at: .seconds(seconds))
            let plan = history.apply(
                AnnouncementPlan(facts), configuration: facts.configuration, at: .seconds(seconds))
            var notices = source.planned(
                plan, PlanChange.all(from: decisions, to: plan.decisions), running: Set(running.keys))
            decisions = plan.decisions
            guard commits else { return notices }
            let current = Set(
                running.map { Network(prefix: IPPrefix(host: $0), attributeClass: $1) }
                    + byHand.map { Network(prefix: IPPrefix(host: $0), attributeClass: .manual) })
            let edits = PlannedDifference(plan: plan, running: current).edits
            running = plan.announcements.filter { !byHand.contains($0.key) }
            if isAnswered { notices += source.applied(edits, of: plan) }
            return notices
        }
    }

    private func brief(_ notices: [EventNotice]) -> [String] {
        notices.map { notice in
            let object =
                switch notice.object {
                case .service(let id): "\(id)"
                case .node(let name): name
                }
            return "\(object) \(notice.reason)"
        }
    }

    @Test func whatIsThereAtTheStartIsNotTold() {
        var rig = Rig()
        rig.add("web", Self.vip)
        rig.add("bad", "no-address")
        rig.facts.node.annotations.drains = true
        rig.running = [IPAddress(Self.vip)!: .drain]
        #expect(rig.step().isEmpty)
    }

    @Test func announcedAndWithdrawnSayWhy() throws {
        var rig = Rig()
        #expect(rig.step().isEmpty)
        rig.add("web", Self.vip)
        let announced = rig.step()
        #expect(brief(announced) == ["shop/web VIPAnnounced"])
        #expect(
            announced.first?.message
                == "198.51.100.1 is announced from here with class default: "
                + "\(ReasonCode.endpointInCluster.explanation) (EndpointInCluster)")
        #expect(rig.step().isEmpty, "nothing has changed")
        rig.add("web", Self.vip, ready: false)
        let withdrawn = rig.step()
        #expect(brief(withdrawn) == ["shop/web VIPWithdrawn"])
        #expect(withdrawn.first?.message.hasSuffix("(NoReadyEndpoints)") == true)
        #expect(withdrawn.allSatisfy { $0.severity == .normal && !$0.isClusterWide })
    }

    @Test func anAddressThatIsTakenAwayIsToldToItsOwner() {
        var rig = Rig()
        rig.add("web", Self.vip)
        _ = rig.step()
        rig.add("web", "198.51.100.2")
        let notices = rig.step()
        #expect(Set(brief(notices)) == ["shop/web VIPAnnounced", "shop/web VIPWithdrawn"])
        #expect(
            notices.last?.message
                == "198.51.100.1 is withdrawn from here: the Service has not this address any more, or its kind is off")
    }

    @Test func whoGaveAVIPUpIsNotToldOfItsEnd() {
        var rig = Rig()
        rig.add("web", Self.vip)
        rig.add("db", Self.vip)
        _ = rig.step()
        rig.add("web", Self.vip, ready: false)
        #expect(rig.step().isEmpty)
        rig.facts.services.removeAll()
        #expect(brief(rig.step()) == ["shop/db VIPWithdrawn"])
    }

    @Test func mistakesOfTheServiceAreToldOnceAndForTheWholeCluster() {
        var rig = Rig()
        _ = rig.step()
        rig.add("bad", "no-address")
        rig.add("web", Self.vip)
        rig.facts.services[1].annotations = ServiceAnnotations(
            ["cosmolet.io/drain": "maybe"], of: rig.facts.services[1].id)
        let notices = rig.step()
        #expect(
            brief(notices) == ["shop/bad InvalidAddress", "shop/web InvalidAnnotation", "shop/web VIPAnnounced"])
        #expect(notices.map(\.isClusterWide) == [true, true, false])
        #expect(notices.map(\.severity) == [.warning, .warning, .normal])
        #expect(notices[1].message.contains("cosmolet.io/drain has the value \"maybe\""))
        // Another endpoint changes the decision, but not what is wrong.
        rig.facts.endpoints[rig.facts.services[1].id]?.append(EndpointFact(address: IPAddress("10.0.0.2")!))
        #expect(rig.step().isEmpty)
        rig.facts.configuration.allowedLoadBalancerPrefixes = []
        #expect(brief(rig.step()) == ["shop/web OutsideAllowedPrefixes", "shop/web VIPWithdrawn"])
    }

    @Test func aDrainOfTheNodeIsToldAsItGoes() {
        var rig = Rig()
        rig.add("web", Self.vip)
        rig.add("db", "198.51.100.2")
        _ = rig.step()
        _ = rig.step()
        rig.facts.node.annotations.drains = true
        #expect(
            brief(rig.step(at: 1)) == ["here DrainStarted", "shop/web VIPDraining", "shop/db VIPDraining"])
        #expect(rig.step(at: 2).isEmpty)
        // Whoever reboots the node now would do so too early.
        #expect(rig.step(at: 20, commits: false).isEmpty)
        #expect(rig.step(at: 21, commits: false).isEmpty)
        #expect(
            brief(rig.step(at: 22)) == ["shop/web VIPWithdrawn", "shop/db VIPWithdrawn", "here DrainCompleted"])
        #expect(rig.step(at: 23).isEmpty)
        rig.facts.node.annotations.drains = false
        #expect(
            brief(rig.step(at: 24)) == ["here DrainEnded", "shop/web VIPAnnounced", "shop/db VIPAnnounced"])
    }

    @Test func theFuseIsToldToTheNode() {
        var rig = Rig()
        for index in 0..<20 { rig.add("s\(index)", "198.51.100.\(index + 1)") }
        _ = rig.step()
        _ = rig.step()
        let services = rig.facts.services
        rig.facts.services = []
        let held = rig.step(at: 1)
        #expect(brief(held) == ["here FuseHeld"])
        #expect(held.first?.severity == .warning && held.first?.message.contains("20 VIPs") == true)
        rig.facts.services = services
        #expect(brief(rig.step(at: 2)) == ["here FuseReleased"])
        rig.facts.services = []
        _ = rig.step(at: 3)
        #expect(rig.step(at: 1000, commits: false).isEmpty, "not while FRR still has them")
        let released = rig.step(at: 1001)
        #expect(brief(released).last == "here FuseReleased" && released.count == 21)
        #expect(released.last?.message == "20 withdrawals that were held are through")
        #expect(brief(released).dropLast().allSatisfy { $0.hasSuffix("VIPWithdrawn") })
        #expect(rig.step(at: 1002).isEmpty)
    }

    @Test func aHoldThatIsThereAtTheStartIsTold() {
        var rig = Rig()
        rig.running = [IPAddress(Self.vip)!: .default, IPAddress("198.51.100.2")!: .default]
        rig.history.doubtWithdrawals(of: rig.running.keys)
        #expect(brief(rig.step()) == ["here FuseHeld"])
        #expect(rig.step(at: 1).isEmpty)
        #expect(brief(rig.step(at: 300)) == ["here FuseReleased"])
    }

    @Test func whatWasLetGoAndIsWantedAgainIsNotCounted() {
        var rig = Rig()
        for index in 0..<20 { rig.add("s\(index)", "198.51.100.\(index + 1)") }
        _ = rig.step()
        let services = rig.facts.services
        rig.facts.services = []
        _ = rig.step(at: 1)
        #expect(rig.step(at: 301, commits: false).isEmpty)
        rig.facts.services = services
        let released = rig.step(at: 302)
        #expect(brief(released) == ["here FuseReleased"])
        #expect(released.first?.message == "nothing of what was held is withdrawn, all is wanted again")
    }

    @Test func aHoldThatFollowsAnotherInTheSamePlanIsTold() {
        var rig = Rig()
        for index in 0..<36 { rig.add("s\(index)", "198.51.100.\(index + 1)") }
        _ = rig.step()
        rig.facts.services.removeFirst(22)
        #expect(brief(rig.step(at: 1)) == ["here FuseHeld"])
        rig.history.releaseFuse()
        rig.facts.services = []
        let notices = rig.step(at: 2)
        let aboutNode = notices.filter { $0.object == .node("here") }
        #expect(brief(aboutNode) == ["here FuseHeld", "here FuseReleased"])
        #expect(aboutNode.first?.message.contains("14 VIPs") == true)
        #expect(aboutNode.last?.message == "22 withdrawals that were held are through")
        #expect(notices.count == 24)
    }

    // MARK: - What FRR runs counts, not who changed it

    @Test func aVIPThatIsAnnouncedByHandHoldsNoDrainUp() {
        var rig = Rig()
        rig.add("web", Self.vip)
        rig.add("db", "198.51.100.2")
        rig.byHand = [IPAddress(Self.vip)!]
        _ = rig.step()
        _ = rig.step()
        rig.facts.node.annotations.drains = true
        #expect(brief(rig.step(at: 1)).contains("here DrainStarted"))
        #expect(rig.step(at: 2).isEmpty)
        #expect(brief(rig.step(at: 20)) == ["shop/db VIPWithdrawn", "here DrainCompleted"])
    }

    @Test func aWithdrawalWhoseAnswerWasLostIsToldOnceItIsRead() {
        var rig = Rig()
        rig.add("web", Self.vip)
        _ = rig.step()
        rig.facts.node.annotations.drains = true
        _ = rig.step(at: 1)
        _ = rig.step(at: 2)
        #expect(rig.step(at: 20, isAnswered: false).isEmpty)
        let notices = rig.step(at: 21)
        #expect(brief(notices) == ["shop/web VIPWithdrawn", "here DrainCompleted"])
        #expect(notices.first?.message.hasSuffix("(DrainedNodeAnnotation)") == true)
        #expect(rig.step(at: 22).isEmpty)
    }

    @Test func aReleaseWhoseAnswerWasLostIsToldOnceItIsRead() {
        var rig = Rig()
        for index in 0..<20 { rig.add("s\(index)", "198.51.100.\(index + 1)") }
        _ = rig.step()
        rig.facts.services = []
        _ = rig.step(at: 1)
        #expect(rig.step(at: 301, isAnswered: false).isEmpty)
        let notices = rig.step(at: 302)
        #expect(notices.count == 21 && brief(notices).last == "here FuseReleased")
        #expect(notices.last?.message == "20 withdrawals that were held are through")
    }

    @Test func whatNeverCameToFRRHoldsNoDrainUp() {
        var rig = Rig()
        rig.add("db", "198.51.100.2")
        _ = rig.step()
        rig.add("web", Self.vip)
        #expect(rig.step(at: 1, commits: false).isEmpty)
        rig.facts.node.annotations.drains = true
        _ = rig.step(at: 2)
        _ = rig.step(at: 3)
        #expect(brief(rig.step(at: 20)) == ["shop/db VIPWithdrawn", "here DrainCompleted"])
    }

    @Test func aRefusalIsToldOncePerAnswer() throws {
        var rig = Rig()
        rig.add("web", Self.vip)
        let plan = AnnouncementPlan(rig.facts)
        _ = rig.source.planned(plan, PlanChange.all(from: [], to: plan.decisions), running: [])
        let edit = NetworkEdit.set(Network(prefix: try IPPrefix("198.51.100.1/32")))
        let first = rig.source.refused(edit, of: plan, because: "no")
        #expect(brief(first) == ["shop/web VIPRefused"])
        #expect(first.first?.message == "announcing 198.51.100.1 is refused on here: no")
        #expect(rig.source.refused(edit, of: plan, because: "no").isEmpty)
        #expect(rig.source.refused(edit, of: plan, because: "never").count == 1)
        #expect(brief(rig.source.applied([edit], of: plan)) == ["shop/web VIPAnnounced"])
        #expect(rig.source.refused(edit, of: plan, because: "never").count == 1)
    }
}
