import Announcements
import CosmoletTesting
import NetworkTypes
import Northbound
import Observability
import Testing

@testable import CosmoletAgent

/// Drain and hold-down in the reconcile loop: the clock stands still until a test moves it.
@Suite struct TimedRulesTests: TimedSuite {
    @Test func drainHoldsThenWithdraws() async throws {
        try await with { rig in
            await sync(rig, [service(web, "198.51.100.1")], [slice(web)])
            try await rig.transactions(1)
            await rig.reconciler.apply(.node(drained))
            let draining = try await rig.transactions(2)
            #expect(draining[1].edits == [.set(network("198.51.100.1/32", .drain))])
            try await rig.sleeps(.seconds(10))
            await rig.advanceInVain(by: .seconds(9), news: noise(1))
            rig.clock.advance(by: .seconds(1))
            let withdrawn = try await rig.transactions(3)
            #expect(withdrawn[2].edits == [.remove(try IPPrefix("198.51.100.1/32"))])
            #expect(withdrawn[2].cause == ["shop/web: 198.51.100.1 DrainedNodeAnnotation"])
            #expect(rig.metric("cosmolet_drained_vips") == "1")
            // A drained node takes nothing new, and gives back what it had.
            await rig.reconciler.apply(.slice(slice(db)))
            await rig.advanceInVain(by: .seconds(60), news: .service(service(db, "198.51.100.2")))
            await rig.reconciler.apply(.node(node))
            let back = try await rig.transactions(4)
            #expect(back[3].edits == [.set(network("198.51.100.1/32")), .set(network("198.51.100.2/32"))])
            #expect(rig.metric("cosmolet_drained_vips") == "0")
        }
    }

    @Test func drainThatIsTakenBackWithdrawsNothing() async throws {
        try await with { rig in
            await sync(rig, [service(web, "198.51.100.1")], [slice(web)])
            try await rig.transactions(1)
            await rig.reconciler.apply(.node(drained))
            try await rig.transactions(2)
            try await rig.sleeps(.seconds(10))
            rig.clock.advance(by: .seconds(5))
            await rig.reconciler.apply(.node(node))
            let all = try await rig.transactions(3)
            #expect(all[2].edits == [.set(network("198.51.100.1/32"))])
            await rig.advanceInVain(by: .seconds(60), news: noise(1))
        }
    }

    @Test func holdTimeCountsFromTheCommitNotFromThePlan() async throws {
        try await with { rig in
            await sync(rig, [service(web, "198.51.100.1")], [slice(web)])
            try await rig.transactions(1)
            await rig.session.holdNextCommit()
            await rig.reconciler.apply(.node(drained))
            _ = try await rig.session.transactions.wait(for: "the drain") { $0.count == 2 }
            rig.clock.advance(by: .seconds(60))
            await rig.session.release()
            try await rig.sleeps(.seconds(10))
            try await rig.transactions(2)
            rig.clock.advance(by: .seconds(10))
            try await rig.transactions(3)
        }
    }

    @Test func holdTimeOfZeroStillShowsTheClassFirst() async throws {
        var configuration = PlannerConfiguration()
        configuration.drainHold = .zero
        try await with(configuration) { rig in
            await sync(rig, [service(web, "198.51.100.1")], [slice(web)])
            try await rig.transactions(1)
            await rig.reconciler.apply(.node(drained))
            let all = try await rig.transactions(3)
            #expect(all[1].edits == [.set(network("198.51.100.1/32", .drain))])
            #expect(all[2].edits == [.remove(try IPPrefix("198.51.100.1/32"))])
        }
    }

    @Test func restartInADrainAdoptsItAndStartsItsClockAgain() async throws {
        try await with(running: [network("198.51.100.1/32", .drain)]) { rig in
            await rig.reconciler.apply(.replacedServices([service(web, "198.51.100.1")]))
            await rig.reconciler.apply(.replacedSlices([slice(web)]))
            await rig.reconciler.apply(.replacedNode(drained))
            try await rig.sleeps(.seconds(10))
            await rig.advanceInVain(by: .seconds(9), news: noise(1))
            rig.clock.advance(by: .seconds(1))
            let all = try await rig.transactions(1)
            #expect(all[0].edits == [.remove(try IPPrefix("198.51.100.1/32"))])
        }
    }

    // MARK: - Hold-down

    @Test func flappingVIPIsHeldDownAndOthersAreNot() async throws {
        var configuration = PlannerConfiguration()
        configuration.holdDown = HoldDown(changes: 3, window: .seconds(60), hold: .seconds(30))
        try await with(configuration) { rig in
            await sync(rig, [service(web, "198.51.100.1"), service(db, "198.51.100.2")], [slice(web)])
            try await rig.transactions(1)
            var count = 1
            for ready in [false, true, false] {
                await rig.reconciler.apply(.slice(slice(web, ready: ready)))
                count += 1
                try await rig.transactions(count)
            }
            await rig.advanceInVain(by: .seconds(1), news: .slice(slice(web)))
            #expect(rig.metric("cosmolet_held_down_vips") == "1")
            await rig.reconciler.apply(.slice(slice(db)))
            let other = try await rig.transactions(5)
            #expect(other[4].edits == [.set(network("198.51.100.2/32"))])
            try await rig.sleeps(.seconds(30))
            await rig.advanceInVain(by: .seconds(29), news: noise(1))
            rig.clock.advance(by: .seconds(1))
            let back = try await rig.transactions(6)
            #expect(back[5].edits == [.set(network("198.51.100.1/32"))])
            #expect(rig.metric("cosmolet_held_down_vips") == "0")
        }
    }

    @Test func withoutHoldDownEveryChangeGoesAtOnce() async throws {
        try await with { rig in
            await sync(rig, [service(web, "198.51.100.1")], [slice(web)])
            try await rig.transactions(1)
            for change in 2...21 {
                await rig.reconciler.apply(.slice(slice(web, ready: !change.isMultiple(of: 2))))
                try await rig.transactions(change)
            }
        }
    }
}
