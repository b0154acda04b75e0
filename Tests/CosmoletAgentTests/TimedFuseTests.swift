import Announcements
import CosmoletTesting
import Kubernetes
import NetworkTypes
import Northbound
import Observability
import Testing

@testable import CosmoletAgent

/// The fuse in the reconcile loop: the clock stands still until a test moves it.
@Suite struct TimedFuseTests: TimedSuite {
    @Test func emptyListIsHeldAndReleasedByTheOperator() async throws {
        let (services, slices) = many(20)
        try await with { rig in
            await sync(rig, services, slices)
            try await rig.transactions(1)
            await rig.reconciler.apply(.replacedServices([]))
            try await rig.sleeps(.seconds(300))
            try await rig.transactions(1)
            #expect(rig.metric("cosmolet_fuse_held_vips") == "20")
            #expect(rig.telemetry.health.readyz().isHealthy)
            await rig.advanceInVain(by: .seconds(299), news: noise(1))
            await rig.reconciler.apply(.node(nodeReleasing("they are gone")))
            let all = try await rig.transactions(2)
            #expect(all[1].edits.count == 20)
            #expect(rig.metric("cosmolet_fuse_held_vips") == "0")
            #expect(await rig.session.running.isEmpty)
        }
    }

    /// Of nodes with few VIPs there are many: a list that comes back empty takes everything from all of them.
    @Test(arguments: [1, 4], [true, false])
    func emptyListIsHeldHoweverFewVIPsThereAre(count: Int, isServices: Bool) async throws {
        let (services, slices) = many(count)
        try await with { rig in
            await sync(rig, services, slices)
            try await rig.transactions(1)
            await rig.reconciler.apply(isServices ? .replacedServices([]) : .replacedSlices([]))
            try await rig.sleeps(.seconds(300))
            #expect(rig.metric("cosmolet_fuse_held_vips") == "\(count)")
            await rig.advanceInVain(by: .seconds(299), news: noise(1))
            await rig.reconciler.apply(.node(nodeReleasing("they are gone")))
            try await rig.transactions(2)
            #expect(await rig.session.running.isEmpty)
        }
    }

    /// A server that begins anew has the Service `kubernetes`; its list is not quite empty.
    @Test func listThatKeepsOnlyWhatIsNotAnnouncedIsHeldToo() async throws {
        let (services, slices) = many(4)
        let kubernetes = service(ServiceID(namespace: "default", name: "kubernetes"), "not an address")
        try await with { rig in
            await sync(rig, services + [kubernetes], slices)
            try await rig.transactions(1)
            await rig.reconciler.apply(.replacedServices([kubernetes]))
            try await rig.sleeps(.seconds(300))
            #expect(rig.metric("cosmolet_fuse_held_vips") == "4")
        }
    }

    /// Objects that are put back from manifests have no status, so no address.
    @Test func listWithoutAddressesIsHeldToo() async throws {
        let (services, slices) = many(4)
        try await with { rig in
            await sync(rig, services, slices)
            try await rig.transactions(1)
            await rig.reconciler.apply(.replacedServices(services.map { ServiceFacts(id: $0.id, addresses: []) }))
            try await rig.sleeps(.seconds(300))
            #expect(rig.metric("cosmolet_fuse_held_vips") == "4")
        }
    }

    /// An agent that starts while the API server is empty has nothing to compare its lists with but FRR.
    @Test func firstListsWithoutWhatIsAnnouncedAreHeldToo() async throws {
        let running: Set = [network("198.51.100.1/32"), network("198.51.100.2/32")]
        try await with(running: running) { rig in
            await sync(rig, [], [])
            try await rig.sleeps(.seconds(300))
            #expect(rig.metric("cosmolet_fuse_held_vips") == "2")
            await rig.advanceInVain(by: .seconds(299), news: noise(1))
            await rig.reconciler.apply(.node(nodeReleasing("they are gone")))
            try await rig.transactions(1)
            #expect(await rig.session.running.isEmpty)
        }
    }

    /// What has slices is no mistake of a list: its endpoints left while the agent was away.
    @Test func whatTheFirstListsExplainIsWithdrawnAtOnce() async throws {
        try await with(running: [network("198.51.100.1/32")]) { rig in
            await sync(rig, [service(web, "198.51.100.1")], [slice(web, ready: false)])
            let all = try await rig.transactions(1)
            #expect(all[0].edits == [.remove(try IPPrefix("198.51.100.1/32"))])
        }
    }

    /// New rules may have come with the restart, and a list that has lost its slices as well.
    @Test(arguments: [true, false])
    func anAgentThatStartsWithOtherRulesOrWithoutSlicesWithdrawsNothingAtOnce(rulesAreNew: Bool) async throws {
        var configuration = PlannerConfiguration()
        if rulesAreNew { configuration.kinds = [] }
        try await with(configuration, running: [network("198.51.100.1/32"), network("198.51.100.2/32")]) { rig in
            await sync(
                rig, [service(web, "198.51.100.1"), service(db, "198.51.100.2")],
                rulesAreNew ? [slice(web), slice(db)] : [])
            try await rig.sleeps(.seconds(300))
            #expect(rig.metric("cosmolet_fuse_held_vips") == "2")
            try await rig.transactions(0)
        }
    }

    /// Restored without objects, then restored for good: the own Node may be listed first.
    @Test func whatTheFuseHeldBeforeTheNodeWasGoneIsHeldAnewWhenItIsBack() async throws {
        let (services, slices) = many(20)
        try await with { rig in
            await sync(rig, services, slices)
            try await rig.transactions(1)
            await rig.reconciler.apply(.replacedServices([]))
            try await rig.sleeps(.seconds(300))
            await rig.advanceInVain(by: .seconds(1), news: .replacedNode(nil))
            await rig.advanceInVain(by: .seconds(400), news: noise(1))
            await rig.advanceInVain(by: .seconds(1), news: .replacedNode(node))
            #expect(rig.metric("cosmolet_fuse_held_vips") == "20")
            await rig.advanceInVain(by: .seconds(1), news: .replacedServices(services))
            #expect(rig.metric("cosmolet_fuse_held_vips") == "0")
            #expect(await rig.session.running.count == 20)
        }
    }

    /// Nothing goes while the API server is away, also when the fuse had tripped before.
    @Test func theFuseHoldsAsLongAsTheAPIServerIsNotHeard() async throws {
        let (services, slices) = many(20)
        let status = Observed(WatcherStatus())
        try await with { rig in
            rig.telemetry.watches.add("services") { status.value }
            status.update {
                $0.isConnected = true
                $0.timeSinceLastHeard = .zero
            }
            await sync(rig, services, slices)
            try await rig.transactions(1)
            await rig.reconciler.apply(.replacedServices([]))
            try await rig.sleeps(.seconds(300))
            status.update {
                $0.isConnected = false
                $0.timeSinceLastHeard = .seconds(11)
            }
            await rig.advanceInVain(by: .seconds(400), news: noise(1))
            try await rig.sleeps(.seconds(300))
            status.update {
                $0.isConnected = true
                $0.timeSinceLastHeard = .zero
            }
            await rig.advanceInVain(by: .seconds(299), news: noise(2))
            rig.clock.advance(by: .seconds(1))
            let all = try await rig.transactions(2)
            #expect(all[1].edits.count == 20)
        }
    }

    @Test func smallNodesLoseSingleVIPsByAList() async throws {
        let (services, slices) = many(4)
        try await with { rig in
            await sync(rig, services, slices)
            try await rig.transactions(1)
            await rig.reconciler.apply(.replacedServices(Array(services.dropLast())))
            let all = try await rig.transactions(2)
            #expect(all[1].edits == [.remove(try IPPrefix("198.51.100.4/32"))])
        }
    }

    /// Deletions that come one by one, each in a transaction of its own.
    @Test func streamOfDeletionsIsStopped() async throws {
        let (services, slices) = many(30)
        try await with { rig in
            await sync(rig, services, slices)
            try await rig.transactions(1)
            for (index, slice) in slices.enumerated() {
                await rig.reconciler.apply(.deletedSlice(slice.id))
                await rig.reconciler.quiesce()
                rig.clock.advance(by: .milliseconds(100))
                #expect(rig.session.transactions.value.count == 1 + min(index + 1, 15))
            }
            #expect(rig.metric("cosmolet_fuse_held_vips") == "15")
            #expect(await rig.session.running.count == 15)
        }
    }

    @Test func wishThatLastsIsGranted() async throws {
        let (services, slices) = many(20)
        try await with { rig in
            await sync(rig, services, slices)
            try await rig.transactions(1)
            await rig.reconciler.apply(.replacedServices([]))
            try await rig.sleeps(.seconds(300))
            rig.clock.advance(by: .seconds(300))
            try await rig.transactions(2)
            #expect(await rig.session.running.isEmpty)
        }
    }

    @Test func whatComesBackInTimeWasNeverWithdrawn() async throws {
        let (services, slices) = many(20)
        try await with { rig in
            await sync(rig, services, slices)
            try await rig.transactions(1)
            await rig.reconciler.apply(.replacedSlices([]))
            try await rig.sleeps(.seconds(300))
            rig.clock.advance(by: .seconds(200))
            await rig.reconciler.apply(.replacedSlices(slices))
            await rig.advanceInVain(by: .seconds(200), news: noise(1))
            #expect(rig.metric("cosmolet_fuse_held_vips") == "0")
            // The next time is a time of its own.
            await rig.reconciler.apply(.replacedSlices([]))
            try await rig.sleeps(.seconds(300), times: 2)
            try await rig.transactions(1)
        }
    }

    /// Ten minutes without API server, then another one without any object, in which the kubelet registers the Node anew.
    @Test func emptyServerInPlaceOfTheOldOneWithdrawsNothing() async throws {
        let (services, slices) = many(20)
        try await with { rig in
            await sync(rig, services, slices)
            try await rig.transactions(1)
            rig.clock.advance(by: .seconds(600))
            for news in [.replacedNode(nil), .replacedServices([]), .replacedSlices([])] as [FactChange] {
                await rig.reconciler.apply(news)
                await rig.reconciler.quiesce()
            }
            #expect(!rig.telemetry.health.readyz().isHealthy)
            await rig.reconciler.apply(.node(node))
            try await rig.sleeps(.seconds(300))
            #expect(rig.metric("cosmolet_fuse_held_vips") == "20")
            // A list is no news, whatever annotation it brings from a backup.
            await rig.reconciler.apply(.replacedNode(nodeReleasing("last year")))
            await rig.advanceInVain(by: .seconds(200), news: .node(node))
            await rig.advanceInVain(by: .seconds(50), news: .node(nodeReleasing("last year")))
            await rig.reconciler.apply(.node(nodeReleasing("today")))
            try await rig.transactions(2)
            #expect(await rig.session.running.isEmpty)
        }
    }

    @Test func startWithAnEmptyListWithdrawsNothing() async throws {
        let running = Set((1...20).map { network("198.51.100.\($0)/32") })
        try await with(running: running) { rig in
            await sync(rig, [], [])
            try await rig.sleeps(.seconds(300))
            try await rig.transactions(0)
            #expect(rig.metric("cosmolet_fuse_held_vips") == "20")
        }
    }

    @Test func newVIPsGoOutWhileTheFuseHolds() async throws {
        let (services, slices) = many(20)
        try await with { rig in
            await sync(rig, services, slices)
            try await rig.transactions(1)
            await rig.reconciler.apply(.replacedServices([]))
            await rig.reconciler.apply(.slice(slice(web)))
            await rig.reconciler.apply(.service(service(web, "203.0.113.1")))
            let all = try await rig.transactions(2)
            #expect(all[1].edits == [.set(network("203.0.113.1/32"))])
        }
    }

    @Test func drainOfTheNodeIsNotHeldByTheFuse() async throws {
        let (services, slices) = many(20)
        try await with { rig in
            await sync(rig, services, slices)
            try await rig.transactions(1)
            await rig.reconciler.apply(.node(drained))
            try await rig.transactions(2)
            try await rig.sleeps(.seconds(10))
            rig.clock.advance(by: .seconds(10))
            try await rig.transactions(3)
            #expect(await rig.session.running.isEmpty)
        }
    }
}
