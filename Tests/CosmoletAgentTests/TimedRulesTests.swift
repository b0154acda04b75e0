import Announcements
import CosmoletAgent
import CosmoletTesting
import Logging
import NetworkTypes
import Northbound
import Observability
import Testing

/// The rules that need time, in the reconcile loop: the clock stands still until a test moves it.
@Suite struct TimedRulesTests {
    private let web = ServiceID(namespace: "shop", name: "web")
    private let db = ServiceID(namespace: "shop", name: "db")
    private let node = NodeFacts(name: "here")

    /// One reconciler over a fake FRR.
    private struct Rig: Sendable {
        let session: FakeManagementSession
        let reconciler: Reconciler
        let telemetry: AgentTelemetry
        let clock: ManualClock

        func metric(_ name: String) -> String? {
            let line = telemetry.registry.exposition().split(separator: "\n").first { $0.hasPrefix(name + " ") }
            return line.map { String($0.dropFirst(name.count + 1)) }
        }

        /// Waits until the loop sleeps for so long, counted from the last move of the clock.
        func sleeps(_ duration: Duration, times: Int = 1) async throws {
            _ = try await clock.sleeps.wait(for: "a sleep of \(duration)") { $0[duration, default: 0] >= times }
        }

        @discardableResult
        func transactions(_ count: Int) async throws -> [Transaction] {
            let all = try await session.transactions.wait(for: "\(count) transactions") { $0.count >= count }
            await reconciler.quiesce()
            #expect(session.transactions.value.count == count)
            return all
        }

        /// Moves the clock to a moment at which nothing is due, and lets the loop look at it.
        func advanceInVain(by duration: Duration, news: FactChange) async {
            let count = session.transactions.value.count
            clock.advance(by: duration)
            await reconciler.apply(news)
            await reconciler.quiesce()
            #expect(session.transactions.value.count == count)
        }
    }

    private func with(
        _ configuration: PlannerConfiguration = PlannerConfiguration(), running: Set<Network> = [],
        _ body: (Rig) async throws -> Void
    ) async throws {
        let session = FakeManagementSession(running: running)
        let telemetry = AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: "fake")
        let clock = ManualClock()
        let reconciler = Reconciler(
            session: session, configuration: configuration, telemetry: telemetry, comparePeriod: .seconds(100_000),
            clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reconciler.run() }
            try await body(Rig(session: session, reconciler: reconciler, telemetry: telemetry, clock: clock))
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func service(_ id: ServiceID, _ vips: String...) -> ServiceFacts {
        ServiceFacts(id: id, addresses: vips.map { AddressFact(kind: .loadBalancer, text: $0) })
    }

    private func slice(_ service: ServiceID, ready: Bool = true) -> SliceFacts {
        SliceFacts(
            id: SliceID(namespace: service.namespace, name: service.name + "-1"), service: service,
            endpoints: [EndpointFact(address: IPAddress("10.0.0.1")!, isReady: ready)])
    }

    private func network(_ text: String, _ name: AttributeClass = .default) -> Network {
        Network(prefix: try! IPPrefix(text), attributeClass: name)
    }

    private func sync(_ rig: Rig, _ services: [ServiceFacts], _ slices: [SliceFacts]) async {
        await rig.reconciler.apply(.replacedServices(services))
        await rig.reconciler.apply(.replacedSlices(slices))
        await rig.reconciler.apply(.replacedNode(node))
    }

    /// Facts that no rule looks at, to make the loop turn.
    private func noise(_ number: Int) -> FactChange {
        .service(service(ServiceID(namespace: "noise", name: "n\(number)"), "not an address"))
    }

    // MARK: - Drain

    private let drained = NodeFacts(name: "here", annotations: NodeAnnotations(drains: true))

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

    // MARK: - Fuse

    private func many(_ count: Int) -> (services: [ServiceFacts], slices: [SliceFacts]) {
        let ids = (1...count).map { ServiceID(namespace: "shop", name: "s\($0)") }
        let services = ids.enumerated().map { index, id in service(id, "198.51.100.\(index + 1)") }
        return (services, ids.map { slice($0) })
    }

    private func nodeReleasing(_ value: String) -> NodeFacts {
        NodeFacts(name: "here", annotations: NodeAnnotations(fuseRelease: value))
    }

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

    /// What has a Service is no mistake of the list: its endpoints left while the agent was away.
    @Test func whatTheFirstListsKnowIsWithdrawnAtOnce() async throws {
        try await with(running: [network("198.51.100.1/32")]) { rig in
            await sync(rig, [service(web, "198.51.100.1")], [])
            let all = try await rig.transactions(1)
            #expect(all[0].edits == [.remove(try IPPrefix("198.51.100.1/32"))])
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
