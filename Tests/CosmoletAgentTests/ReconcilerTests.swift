import Announcements
import CosmoletAgent
import CosmoletTesting
import Logging
import NetworkTypes
import Northbound
import Observability
import Testing

@Suite struct ReconcilerTests {
    private let node = NodeFacts(name: "here")
    private let web = ServiceID(namespace: "shop", name: "web")
    private let db = ServiceID(namespace: "shop", name: "db")

    private func service(_ id: ServiceID, _ vips: String...) -> ServiceFacts {
        ServiceFacts(id: id, addresses: vips.map { AddressFact(kind: .loadBalancer, text: $0) })
    }

    private func slice(_ service: ServiceID, ready: Bool = true) -> SliceFacts {
        SliceFacts(
            id: SliceID(namespace: service.namespace, name: service.name + "-1"), service: service,
            endpoints: [
                EndpointFact(address: IPAddress("10.0.0.1")!, isReady: ready),
                EndpointFact(address: IPAddress("fd00::1")!, isReady: ready),
            ])
    }

    private func network(_ text: String, _ name: AttributeClass = .default) -> Network {
        Network(prefix: try! IPPrefix(text), attributeClass: name)
    }

    /// Runs a reconciler over a fake FRR for the length of a closure, then ends it as SIGTERM would.
    private func withReconciler(
        _ session: FakeManagementSession, tick: Bool = false,
        _ body: (Reconciler, AgentTelemetry) async throws -> Void
    ) async throws {
        let telemetry = AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: "fake")
        let reconciler = Reconciler(
            session: session, configuration: PlannerConfiguration(), telemetry: telemetry,
            comparePeriod: tick ? .milliseconds(20) : .seconds(3600),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reconciler.run() }
            try await body(reconciler, telemetry)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func sync(_ reconciler: Reconciler, _ services: [ServiceFacts], _ slices: [SliceFacts]) async {
        await reconciler.apply(.replacedServices(services))
        await reconciler.apply(.replacedSlices(slices))
        await reconciler.apply(.node(node))
    }

    @Test func announcesInOneTransactionWithItsCause() async throws {
        let session = FakeManagementSession()
        try await withReconciler(session) { reconciler, _ in
            await sync(reconciler, [service(web, "198.51.100.1", "2001:db8::1")], [slice(web)])
            let transactions = try await session.transactions.wait(for: "a transaction") { !$0.isEmpty }
            #expect(transactions.count == 1)
            #expect(
                transactions[0].edits == [.set(network("198.51.100.1/32")), .set(network("2001:db8::1/128"))])
            #expect(
                transactions[0].cause == [
                    "shop/web: 198.51.100.1 EndpointInCluster", "shop/web: 2001:db8::1 EndpointInCluster",
                ])
        }
        #expect(await session.running == [network("198.51.100.1/32"), network("2001:db8::1/128")])
    }

    @Test func changesNothingBeforeEverySourceWasListed() async throws {
        let session = FakeManagementSession(running: [network("198.51.100.1/32"), network("198.51.100.9/32")])
        try await withReconciler(session) { reconciler, telemetry in
            await reconciler.apply(.replacedServices([service(web, "198.51.100.1")]))
            await reconciler.apply(.node(node))
            _ = try await session.openCount.wait(for: "open") { $0 == 1 }
            await reconciler.quiesce()
            #expect(session.transactions.value.isEmpty)
            #expect(!telemetry.health.readyz().isHealthy)
            await reconciler.apply(.replacedSlices([slice(web)]))
            let transactions = try await session.transactions.wait(for: "a transaction") { !$0.isEmpty }
            // What was there and is wanted is adopted: neither withdrawn nor added again.
            #expect(transactions[0].edits == [.remove(try IPPrefix("198.51.100.9/32"))])
        }
    }

    @Test func adoptsWhatItFindsWithoutATransaction() async throws {
        let session = FakeManagementSession(running: [network("198.51.100.1/32")])
        try await withReconciler(session) { reconciler, telemetry in
            await sync(reconciler, [service(web, "198.51.100.1")], [slice(web)])
            _ = try await session.openCount.wait(for: "open") { $0 == 1 }
            await reconciler.quiesce()
            #expect(session.transactions.value.isEmpty)
            #expect(telemetry.health.readyz().isHealthy)
        }
        #expect(await session.running == [network("198.51.100.1/32")])
    }

    @Test func handMadeAnnouncementsAreLeftAlone() async throws {
        let manual: Set = [network("198.51.100.1/32", .manual), network("203.0.113.7/32", .manual)]
        let session = FakeManagementSession(running: manual)
        try await withReconciler(session) { reconciler, _ in
            await sync(reconciler, [service(web, "198.51.100.1")], [slice(web)])
            _ = try await session.openCount.wait(for: "open") { $0 == 1 }
            await reconciler.quiesce()
        }
        #expect(session.transactions.value.isEmpty)
        #expect(await session.running == manual)
    }

    @Test func freezesWhenTheOwnNodeIsGone() async throws {
        let session = FakeManagementSession(running: [network("198.51.100.1/32")])
        try await withReconciler(session) { reconciler, _ in
            await sync(reconciler, [service(web, "198.51.100.1")], [slice(web)])
            _ = try await session.openCount.wait(for: "open") { $0 == 1 }
            await reconciler.quiesce()
            await reconciler.apply(.node(nil))
            await reconciler.apply(.deletedService(web))
            await reconciler.quiesce()
            #expect(session.transactions.value.isEmpty)
            await reconciler.apply(.node(node))
            _ = try await session.transactions.wait(for: "the withdrawal") { !$0.isEmpty }
        }
    }

    @Test func unreadableObjectsKeepWhatWasKnown() async throws {
        let session = FakeManagementSession()
        try await withReconciler(session) { reconciler, _ in
            await sync(
                reconciler, [service(web, "198.51.100.1"), service(db, "198.51.100.2")], [slice(web), slice(db)])
            _ = try await session.transactions.wait(for: "the announcement") { !$0.isEmpty }
            await reconciler.apply(.replacedServices([], unreadable: [web]))
            let transactions = try await session.transactions.wait(for: "the withdrawal") { $0.count == 2 }
            #expect(transactions[1].edits == [.remove(try IPPrefix("198.51.100.2/32"))])
        }
    }

    @Test func changesDuringACommitRideInTheNext() async throws {
        let session = FakeManagementSession()
        try await withReconciler(session) { reconciler, _ in
            await session.holdNextCommit()
            await sync(reconciler, [service(web, "198.51.100.1")], [slice(web)])
            _ = try await session.transactions.wait(for: "the first transaction") { $0.count == 1 }
            for index in 2...40 {
                let id = ServiceID(namespace: "shop", name: "s\(index)")
                await reconciler.apply(.slice(slice(id)))
                await reconciler.apply(.service(service(id, "198.51.100.\(index)")))
            }
            await session.release()
            let transactions = try await session.transactions.wait(for: "the second transaction") { $0.count == 2 }
            #expect(transactions[1].edits.count == 39)
            await reconciler.quiesce()
            #expect(session.transactions.value.count == 2)
        }
    }

    @Test func replaysTheDifferenceAfterFRRWasAway() async throws {
        let session = FakeManagementSession()
        await session.breakDown()
        try await withReconciler(session) { reconciler, telemetry in
            await sync(reconciler, [service(web, "198.51.100.1")], [slice(web)])
            #expect(session.transactions.value.isEmpty)
            await session.restore()
            _ = try await session.transactions.wait(for: "the announcement") { $0.count == 1 }
            await session.breakDown("mgmtd restarted")
            await session.edit { $0 = [] }
            await session.restore()
            _ = try await session.transactions.wait(for: "the replay") { $0.count == 2 }
            await reconciler.quiesce()
            #expect(telemetry.health.readyz().isHealthy)
            #expect(telemetry.registry.exposition().contains("cosmolet_frr_reconnects_total 1"))
        }
        #expect(await session.running == [network("198.51.100.1/32")])
    }

    @Test(arguments: [FakeManagementSession.Fault.loseReplyAfterApplying, .loseRequest])
    func unknownOutcomeIsResolvedByReading(fault: FakeManagementSession.Fault) async throws {
        let session = FakeManagementSession()
        await session.fail(fault)
        try await withReconciler(session) { reconciler, telemetry in
            await sync(reconciler, [service(web, "198.51.100.1")], [slice(web)])
            _ = try await session.openCount.wait(for: "the reconnect") { $0 >= 2 }
            await reconciler.quiesce()
            let expected = if case .loseRequest = fault { 2 } else { 1 }
            #expect(session.transactions.value.count == expected)
            #expect(telemetry.health.readyz().isHealthy)
        }
        #expect(await session.running == [network("198.51.100.1/32")])
    }

    @Test func lockedFRRIsTriedAgain() async throws {
        let session = FakeManagementSession()
        await session.fail(.reject(ManagementError(.locked, "locked")), .reject(ManagementError(.locked, "locked")))
        try await withReconciler(session) { reconciler, _ in
            await sync(reconciler, [service(web, "198.51.100.1")], [slice(web)])
            _ = try await session.transactions.wait(for: "three tries") { $0.count == 3 }
            await reconciler.quiesce()
        }
        #expect(await session.running == [network("198.51.100.1/32")])
    }

    @Test func commitRefusedAsAWholeIsTriedAgainBeforeItIsSplit() async throws {
        let session = FakeManagementSession()
        let refusal = ManagementError(.aborted, "a daemon was away")
        await session.fail(.reject(refusal))
        try await withReconciler(session) { reconciler, _ in
            await sync(
                reconciler, [service(web, "198.51.100.1"), service(db, "198.51.100.2")], [slice(web), slice(db)])
            let transactions = try await session.transactions.wait(for: "two transactions") { $0.count == 2 }
            #expect(transactions[0].edits == transactions[1].edits)
            await reconciler.quiesce()
            // Refused twice: then each half is tried.
            await session.fail(.reject(refusal), .reject(refusal))
            await reconciler.apply(.node(NodeFacts(name: "here", isNetworkUnavailable: true)))
            _ = try await session.transactions.wait(for: "the halves") { $0.count == 6 }
            await reconciler.quiesce()
        }
        #expect(await session.running.isEmpty)
        #expect(session.transactions.value.map(\.edits.count) == [2, 2, 2, 2, 1, 1])
    }

    @Test func oneRefusedVIPDoesNotHoldBackTheOthers() async throws {
        let session = FakeManagementSession()
        await session.refuse([try IPPrefix("198.51.100.5/32")])
        try await withReconciler(session) { reconciler, _ in
            let ids = (1...9).map { ServiceID(namespace: "shop", name: "s\($0)") }
            await sync(
                reconciler, ids.enumerated().map { service($1, "198.51.100.\($0 + 1)") }, ids.map { slice($0) })
            _ = try await session.transactions.wait(for: "transactions") { $0.count >= 2 }
            await reconciler.quiesce()
            let expected = Set((1...9).filter { $0 != 5 }.map { network("198.51.100.\($0)/32") })
            #expect(await session.running == expected)
        }
    }

    @Test func whatSomebodyRemovedFromRunningComesBack() async throws {
        let session = FakeManagementSession()
        try await withReconciler(session, tick: true) { reconciler, _ in
            await sync(reconciler, [service(web, "198.51.100.1")], [slice(web)])
            _ = try await session.transactions.wait(for: "the announcement") { $0.count == 1 }
            await session.edit { $0 = [] }
            _ = try await session.transactions.wait(for: "the repair") { $0.count == 2 }
        }
    }

    @Test func endingLeavesAnnouncementsInPlace() async throws {
        let session = FakeManagementSession()
        try await withReconciler(session) { reconciler, _ in
            await sync(reconciler, [service(web, "198.51.100.1")], [slice(web)])
            _ = try await session.transactions.wait(for: "the announcement") { $0.count == 1 }
        }
        #expect(await session.running == [network("198.51.100.1/32")])
        #expect(session.transactions.value.count == 1)
    }
}
