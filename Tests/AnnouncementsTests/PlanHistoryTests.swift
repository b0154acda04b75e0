import Announcements
import NetworkTypes
import Testing

private let vip = IPAddress("198.51.100.1")!

@Suite struct PlanHistoryTests {
    // MARK: - Drain

    @Test func drainIsOrderedAndComesBack() {
        var line = Timeline()
        #expect(line.step(at: 0).announcements == [vip: .default])
        line.facts.node.annotations.drains = true
        let first = line.step(at: 5)
        #expect(first.announcements == [vip: .drain] && first.decisions[0].reason == .drainingNodeAnnotation)
        let waiting = line.step(at: 14.9)
        #expect(waiting.announcements == [vip: .drain] && waiting.nextChange == .seconds(15))
        let over = line.step(at: 15)
        #expect(over.announcements.isEmpty && over.decisions[0].reason == .drainedNodeAnnotation)
        #expect(over.decisions[0].attributeClass == nil && over.nextChange == nil)
        #expect(line.step(at: 1000).decisions[0].reason == .drainedNodeAnnotation)
        line.facts.node.annotations.drains = false
        #expect(line.step(at: 1001).announcements == [vip: .default])
    }

    /// Each cause, and what it becomes.
    @Test(arguments: ReasonCode.allCases.filter { $0.drained != nil })
    func everyDrainEndsInItsOwnCode(reason: ReasonCode) throws {
        var line = Timeline()
        _ = line.step(at: 0)
        line.facts.configuration.nodeSignals.drainsOnCordon = true
        line.facts.configuration.nodeSignals.drainsOnNotReady = true
        line.facts.configuration.nodeSignals.drainingTaints = [try TaintPattern("away")]
        line.facts.configuration.drainsOnServiceDeletion = true
        line.facts.configuration.zeroEndpoints = .drain
        switch reason {
        case .drainingNodeAnnotation: line.facts.node.annotations.drains = true
        case .drainingNodeNotReady: line.facts.node.isReady = false
        case .drainingNodeCordoned: line.facts.node.isUnschedulable = true
        case .drainingNodeTainted: line.facts.node.taints = [TaintFact(key: "away", effect: "NoExecute")]
        case .drainingServiceAnnotation: line.facts.services[0].annotations.drains = true
        case .drainingServiceDeletion: line.facts.services[0].isBeingDeleted = true
        default: line.setReady(false)
        }
        #expect(line.step(at: 1).decisions.map(\.reason) == [reason])
        #expect(line.step(at: 10.9).announcements == [vip: .drain])
        let plan = line.step(at: 11)
        #expect(plan.decisions.map(\.reason) == [reason.drained])
        #expect(plan.announcements.isEmpty)
    }

    @Test func holdStartsWhenFRRRunsTheDrainClass() {
        var line = Timeline()
        _ = line.step(at: 0)
        line.facts.node.annotations.drains = true
        // FRR does not take the plan: nothing is withdrawn that routers have not been told to leave.
        for time in [1.0, 20, 60] { #expect(line.plan(at: time).announcements == [vip: .drain]) }
        #expect(line.step(at: 70).announcements == [vip: .drain])
        #expect(line.plan(at: 79).announcements == [vip: .drain])
        #expect(line.plan(at: 80).announcements.isEmpty)
    }

    @Test func drainDoesNotStartAnAnnouncement() {
        var line = Timeline()
        line.facts.node.annotations.drains = true
        let plan = line.step(at: 0)
        #expect(plan.announcements.isEmpty && plan.decisions[0].reason == .drainedNodeAnnotation)
    }

    @Test func restartedAgentDrainsAgainFromTheStart() {
        var line = Timeline()
        _ = line.step(at: 0)
        line.facts.node.annotations.drains = true
        _ = line.step(at: 1)
        line.history = PlanHistory()
        #expect(line.step(at: 9).announcements == [vip: .drain])
        #expect(line.step(at: 18).announcements == [vip: .drain])
        #expect(line.step(at: 19).announcements.isEmpty)
    }

    @Test func holdOfZeroWithdrawsOnceTheClassIsSeen() {
        var line = Timeline()
        line.facts.configuration.drainHold = .zero
        _ = line.step(at: 0)
        line.facts.node.annotations.drains = true
        #expect(line.step(at: 1).announcements == [vip: .drain])
        #expect(line.step(at: 1).announcements.isEmpty)
    }

    @Test func terminatingEndpointsDrainAsLongAsTheyServe() {
        var line = Timeline()
        line.facts.configuration.drainsOnTerminating = true
        _ = line.step(at: 0)
        line.facts.endpoints[line.facts.services[0].id] = [
            EndpointFact(
                address: IPAddress("10.0.0.1")!, isReady: false, isServing: true, isTerminating: true, nodeName: "here")
        ]
        #expect(line.step(at: 1).announcements == [vip: .drain])
        #expect(line.step(at: 100).announcements == [vip: .drain])
    }

    @Test func sharedAddressStaysWhileOneOwnerDoesNotDrain() {
        var line = Timeline(vips: 2)
        line.facts.services[1].addresses = line.facts.services[0].addresses
        _ = line.step(at: 0)
        line.facts.services[0].annotations.drains = true
        for time in [1.0, 30] { #expect(line.step(at: time).announcements == [vip: .default]) }
        line.facts.services[1].annotations.drains = true
        #expect(line.step(at: 31).announcements == [vip: .drain])
        let plan = line.step(at: 41)
        #expect(plan.announcements.isEmpty)
        #expect(plan.decisions.map(\.reason) == [.drainedServiceAnnotation, .drainedServiceAnnotation])
    }

    // MARK: - Hold-down

    private func flapping() -> Timeline {
        var line = Timeline(vips: 2)
        line.facts.configuration.holdDown = HoldDown(changes: 4, window: .seconds(60), hold: .seconds(30))
        return line
    }

    @Test func flappingVIPIsHeldDownUntilItIsQuiet() {
        var line = flapping()
        _ = line.step(at: 0)
        for (time, isReady) in [(1.0, false), (2, true), (3, false)] {
            line.setReady(isReady)
            #expect((line.step(at: time).announcements[vip] != nil) == isReady)
        }
        line.setReady(true)
        let held = line.step(at: 4)
        #expect(held.announcements[vip] == nil && held.decisions[0].reason == .heldDown)
        #expect(held.nextChange == .seconds(34))
        // The other VIP does not notice.
        #expect(held.announcements.count == 1 && held.decisions[1].reason == .endpointInCluster)
        line.setReady(false, 1)
        #expect(line.step(at: 5).announcements.isEmpty)
        line.setReady(true, 1)
        #expect(line.step(at: 6).announcements.count == 1)
        // Another change starts the quiet time again.
        line.setReady(false)
        #expect(line.step(at: 20).decisions[0].reason == .noEndpoints)
        line.setReady(true)
        #expect(line.step(at: 21).nextChange == .seconds(51))
        #expect(line.step(at: 50.9).announcements[vip] == nil)
        #expect(line.step(at: 51).announcements[vip] == .default)
    }

    @Test func slowChangesAreNotFlapping() {
        var line = flapping()
        _ = line.step(at: 0)
        for index in 1...20 {
            line.setReady(index.isMultiple(of: 2))
            let plan = line.step(at: Double(index) * 21)
            #expect((plan.announcements[vip] != nil) == index.isMultiple(of: 2))
        }
    }

    @Test func withoutHoldDownEachChangeGoesThrough() {
        var line = Timeline()
        _ = line.step(at: 0)
        for index in 1...50 {
            line.setReady(index.isMultiple(of: 2))
            #expect((line.step(at: Double(index)).announcements[vip] != nil) == index.isMultiple(of: 2))
        }
    }

    // MARK: - Properties

    /// Random facts and an FRR that takes plans late or not at all: whatever happens, what drains in order leaves only
    /// after the hold time with class drain, and a drain announces nothing new.
    @Test(arguments: 0..<4 as Range<UInt64>)
    func drainsAreAlwaysInOrder(seed: UInt64) throws {
        var random = RandomFacts(seed: seed)
        var drained = 0
        for _ in 0..<60 {
            var facts = try random.facts()
            facts.configuration.fuse = nil
            var history = PlanHistory()
            var running: [IPAddress: AttributeClass] = [:]
            var drainSeen: [IPAddress: Duration] = [:]
            var now = Duration.zero
            for _ in 0..<25 {
                now += .seconds(Int64(random.pick([1, 3, 7])))
                if random.chance(60) { facts.node = random.node() }
                history.observe(running: running, at: now)
                for vip in drainSeen.keys where running[vip] != .drain { drainSeen[vip] = nil }
                for vip in running.keys where running[vip] == .drain { drainSeen[vip] = drainSeen[vip] ?? now }
                let judged = AnnouncementPlan(facts)
                let plan = history.apply(judged, configuration: facts.configuration, at: now)
                for (vip, decisions) in Dictionary(grouping: judged.decisions.filter { $0.vip != nil }, by: { $0.vip! })
                {
                    let announcing = decisions.filter(\.reason.announces)
                    guard !announcing.isEmpty, announcing.allSatisfy({ $0.reason.drained != nil }) else { continue }
                    drained += 1
                    if running[vip] == nil {
                        try #require(plan.announcements[vip] == nil)
                    } else if let since = drainSeen[vip], now - since >= .seconds(10) {
                        try #require(plan.announcements[vip] == nil)
                    } else {
                        try #require(plan.announcements[vip] == .drain)
                    }
                }
                for decision in plan.decisions {
                    try #require((decision.attributeClass != nil) == decision.reason.announces)
                    if let vip = decision.vip, decision.reason.announces {
                        try #require(plan.announcements[vip] == decision.attributeClass)
                    }
                }
                if random.chance(70) { running = plan.announcements }
            }
        }
        #expect(drained > 200)
    }
}
