import Announcements
import NetworkTypes
import Testing

/// Which withdrawals are held back, and for how long.
@Suite struct WithdrawalFuseTests {
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

    @Test func whatWentByNewsDoesNotLetAListTakeTheRest() {
        var line = Timeline(vips: 4)
        _ = line.step(at: 0)
        line.setReady(false, 0)
        line.setReady(false, 1)
        let rest = line.step(at: 1).announcements
        #expect(rest.count == 2)
        line.facts.endpoints = [:]
        line.history.doubtWithdrawals(of: rest.keys)
        #expect(line.step(at: 2).heldByFuse == rest.keys.sorted())
    }

    @Test func aListThatTakesTheRestTogetherWithNewsIsHeld() {
        var line = Timeline(vips: 4)
        let all = line.step(at: 0).announcements
        line.facts.endpoints = [:]
        line.history.doubtWithdrawals(of: all.keys.sorted().prefix(1))
        #expect(line.step(at: 1).heldByFuse == all.keys.sorted())
    }

    @Test func timeThatNothingCanBeJudgedInDoesNotCount() {
        var line = Timeline(vips: 30)
        let all = line.step(at: 0).announcements
        line.facts.endpoints = [:]
        #expect(line.step(at: 10).announcements == all)
        line.history.restartFuse(at: .seconds(300))
        let held = line.step(at: 599.9)
        #expect(held.announcements == all && held.nextChange == .seconds(600))
        #expect(line.step(at: 600).announcements.isEmpty)
        // While it holds nothing there is nothing to start.
        line.history.restartFuse(at: .seconds(700))
        #expect(line.step(at: 701).nextChange == nil)
    }

    @Test func aReleaseOfNothingDoesNotForgetWhatWent() {
        var line = Timeline(vips: 30)
        _ = line.step(at: 0)
        for index in 0..<15 { line.setReady(false, index) }
        #expect(line.step(at: 1).heldByFuse.isEmpty)
        line.history.releaseFuse()
        line.setReady(false, 15)
        #expect(line.step(at: 2).heldByFuse.count == 1)
    }

    /// FRR may refuse it: what was let go counts for a minute, and not as long as it is tried.
    @Test func whatWasLetGoAndStaysIsCountedOnce() {
        var line = Timeline(vips: 30)
        _ = line.step(at: 0)
        for index in 0..<8 { line.setReady(false, index) }
        for second in stride(from: 1.0, through: 121, by: 10) { #expect(line.plan(at: second).heldByFuse.isEmpty) }
        for index in 8..<16 { line.setReady(false, index) }
        #expect(line.plan(at: 122).heldByFuse.isEmpty)
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
}
