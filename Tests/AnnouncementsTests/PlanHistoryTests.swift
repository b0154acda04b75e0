import Announcements
import NetworkTypes
import Testing

/// A node with one or more Services, an FRR that takes each plan after one step, and a clock.
private struct Timeline {
    var facts: AnnouncementFacts
    var history = PlanHistory()
    var running: [IPAddress: AttributeClass] = [:]
    var now = Duration.zero

    init(vips: Int = 1) {
        facts = AnnouncementFacts(node: NodeFacts(name: "here"), services: [], endpoints: [:])
        for index in 0..<vips {
            let id = ServiceID(namespace: "shop", name: "s\(index)")
            facts.services.append(
                ServiceFacts(id: id, addresses: [AddressFact(kind: .loadBalancer, text: "198.51.100.\(index + 1)")]))
        }
        for index in 0..<vips { setReady(true, index) }
    }

    mutating func setReady(_ isReady: Bool, _ index: Int = 0) {
        facts.endpoints[facts.services[index].id] =
            isReady ? [EndpointFact(address: IPAddress("10.0.0.1")!, nodeName: "here")] : []
    }

    /// Plans at a time in seconds, without committing.
    mutating func plan(at seconds: Double) -> AnnouncementPlan {
        now = .seconds(seconds)
        history.observe(running: running, at: now)
        return history.apply(AnnouncementPlan(facts), configuration: facts.configuration, at: now)
    }

    /// Plans, and commits what was planned.
    mutating func step(at seconds: Double) -> AnnouncementPlan {
        let plan = plan(at: seconds)
        running = plan.announcements
        history.observe(running: running, at: now)
        return plan
    }
}

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

    // MARK: - Fuse

    @Test func fuseHoldsAMassWithdrawalUntilItPersists() {
        var line = Timeline(vips: 30)
        let all = line.step(at: 0).announcements
        line.facts.endpoints = [:]
        let held = line.step(at: 10)
        #expect(held.announcements == all && held.heldByFuse == all.keys.sorted())
        #expect(held.nextChange == .seconds(310))
        #expect(held.decisions.allSatisfy { $0.reason == .noEndpoints })
        #expect(line.step(at: 309.9).announcements == all)
        let gone = line.step(at: 310)
        #expect(gone.announcements.isEmpty && gone.heldByFuse.isEmpty)
    }

    @Test func fuseHoldsAnEmptyListOfServices() {
        var line = Timeline(vips: 30)
        let all = line.step(at: 0).announcements
        let services = line.facts.services
        line.facts.services = []
        #expect(line.step(at: 1).announcements == all)
        line.facts.services = services
        let plan = line.step(at: 2)
        #expect(plan.announcements == all && plan.heldByFuse.isEmpty && plan.nextChange == nil)
        // The next incident has its full time.
        line.facts.services = []
        #expect(line.step(at: 299).nextChange == .seconds(599))
    }

    @Test func releasedFuseLetsThisWithdrawalThroughAndHoldsTheNext() {
        var line = Timeline(vips: 30)
        let all = line.step(at: 0).announcements
        line.history.releaseFuse()
        line.facts.endpoints = [:]
        #expect(line.step(at: 1).announcements == all)
        line.history.releaseFuse()
        #expect(line.step(at: 2).announcements.isEmpty)
        for index in 0..<30 { line.setReady(true, index) }
        #expect(line.step(at: 3).announcements == all)
        line.facts.endpoints = [:]
        #expect(line.step(at: 4).announcements == all)
    }

    @Test(arguments: [(10, false), (14, false), (15, false), (16, true), (30, true)])
    func fuseNeedsMoreThanItsShareAndMinimum(gone: Int, holds: Bool) {
        var line = Timeline(vips: 30)
        _ = line.step(at: 0)
        for index in 0..<gone { line.setReady(false, index) }
        #expect(line.step(at: 1).heldByFuse.isEmpty != holds)
    }

    @Test func fuseLetsSmallNodesLoseEverything() {
        var line = Timeline(vips: 10)
        _ = line.step(at: 0)
        line.facts.endpoints = [:]
        #expect(line.step(at: 1).announcements.isEmpty)
    }

    /// One by one, as a controller deletes: counted over a minute, and what was let go stays so.
    @Test func fuseCountsOverAWindow() {
        var line = Timeline(vips: 30)
        _ = line.step(at: 0)
        for index in 0..<20 {
            line.setReady(false, index)
            let plan = line.step(at: Double(index))
            #expect(plan.announcements.count == 29 - min(index, 14))
            #expect(plan.heldByFuse.count == max(0, index - 14))
        }
        // The sixteenth was the first too much, at 15.
        #expect(line.step(at: 314.9).announcements.count == 15)
        #expect(line.step(at: 315).announcements.count == 10)
        // Granted is granted: the next one counts from the start.
        line.setReady(false, 20)
        #expect(line.step(at: 316).heldByFuse.isEmpty)
    }

    @Test func slowWithdrawalsAreNotCountedTogether() {
        var line = Timeline(vips: 30)
        _ = line.step(at: 0)
        for index in 0..<30 {
            line.setReady(false, index)
            #expect(line.step(at: Double(index) * 7).heldByFuse.isEmpty)
        }
        #expect(line.running.isEmpty)
    }

    @Test func whatComesBackIsNotCounted() {
        var line = Timeline(vips: 30)
        _ = line.step(at: 0)
        for index in 0..<60 {
            line.setReady(false, index % 30)
            #expect(line.step(at: Double(index)).heldByFuse.isEmpty)
            line.setReady(true, index % 30)
            #expect(line.step(at: Double(index) + 0.5).announcements.count == 30)
        }
    }

    @Test func fuseHoldsFewVIPsThatAListTookAway() {
        var line = Timeline(vips: 4)
        let all = line.step(at: 0).announcements
        line.facts.endpoints = [:]
        line.history.doubtWithdrawals(of: all.keys)
        #expect(line.step(at: 1).heldByFuse == all.keys.sorted())
        // Until the last one is back, for a controller makes them anew one after the other.
        line.setReady(true, 0)
        line.setReady(true, 1)
        line.setReady(true, 2)
        #expect(line.step(at: 2).announcements == all)
        line.setReady(true, 3)
        #expect(line.step(at: 3).heldByFuse.isEmpty)
        // What is wanted again is not doubted any more.
        line.facts.endpoints = [:]
        #expect(line.step(at: 4).announcements.isEmpty)
    }

    @Test func aDrainForLackOfEndpointsThatAListTookAwayEndsInTheFuse() {
        var line = Timeline(vips: 4)
        line.facts.configuration.zeroEndpoints = .drain
        let all = line.step(at: 0).announcements
        line.facts.endpoints = [:]
        line.history.doubtWithdrawals(of: all.keys)
        _ = line.step(at: 1)
        let plan = line.step(at: 11)
        #expect(plan.heldByFuse == all.keys.sorted())
        #expect(plan.announcements.values.allSatisfy { $0 == .drain })
    }

    @Test func fuseDoesNotHoldBackADrainThatSomebodyAskedFor() {
        var line = Timeline(vips: 30)
        _ = line.step(at: 0)
        line.facts.node.annotations.drains = true
        _ = line.step(at: 1)
        #expect(line.step(at: 11).announcements.isEmpty)
    }

    @Test(arguments: [true, false])
    func fuseDoesNotHoldBackWhatTheNodeItselfSays(isLabel: Bool) {
        var line = Timeline(vips: 30)
        _ = line.step(at: 0)
        line.facts.node.exclusionLabel = isLabel ? "" : nil
        line.facts.node.isNetworkUnavailable = !isLabel
        let plan = line.step(at: 1)
        #expect(plan.announcements.isEmpty && plan.heldByFuse.isEmpty && plan.nextChange == nil)
    }

    @Test func fuseHoldsAnEmptyListOnANodeThatIsExcluded() {
        var line = Timeline(vips: 30)
        _ = line.step(at: 0)
        line.facts.node.exclusionLabel = ""
        line.facts.services = []
        #expect(line.step(at: 1).heldByFuse.count == 30)
    }

    @Test func fuseHoldsADrainForLackOfEndpoints() {
        var line = Timeline(vips: 30)
        line.facts.configuration.zeroEndpoints = .drain
        _ = line.step(at: 0)
        line.facts.endpoints = [:]
        _ = line.step(at: 1)
        let plan = line.step(at: 11)
        #expect(plan.heldByFuse.count == 30)
        #expect(plan.announcements.values.allSatisfy { $0 == .drain })
    }

    @Test func fuseCanBeOff() {
        var line = Timeline(vips: 30)
        line.facts.configuration.fuse = nil
        _ = line.step(at: 0)
        line.facts.endpoints = [:]
        #expect(line.step(at: 1).announcements.isEmpty)
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
