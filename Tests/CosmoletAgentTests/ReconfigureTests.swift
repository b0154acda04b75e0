import Announcements
import CosmoletAgent
import CosmoletTesting
import Logging
import NetworkTypes
import Northbound
import Observability
import Testing

/// Other rules for a reconciler that runs.
@Suite struct ReconfigureTests {
    private func network(_ number: Int) -> Network {
        Network(prefix: IPPrefix(host: IPAddress("198.51.100.\(number)")!))
    }

    /// A reconciler that announces 198.51.100.1 to `count`, of Services `shop/s1` and so on.
    private func withReconciler(
        announcing count: Int, _ configuration: PlannerConfiguration = PlannerConfiguration(),
        _ body: (Reconciler, FakeManagementSession, AgentTelemetry) async throws -> Void
    ) async throws {
        let session = FakeManagementSession()
        let telemetry = AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: "fake")
        let reconciler = Reconciler(
            session: session, configuration: configuration, telemetry: telemetry, comparePeriod: .seconds(3600),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reconciler.run() }
            let ids = (1...count).map { ServiceID(namespace: "shop", name: "s\($0)") }
            await reconciler.apply(
                .replacedServices(
                    ids.enumerated().map {
                        ServiceFacts(
                            id: $1, addresses: [AddressFact(kind: .loadBalancer, text: "198.51.100.\($0 + 1)")])
                    }))
            await reconciler.apply(
                .replacedSlices(
                    ids.map {
                        SliceFacts(
                            id: $0, service: $0,
                            endpoints: [EndpointFact(address: IPAddress("10.0.0.1")!, isReady: true)])
                    }))
            await reconciler.apply(.node(NodeFacts(name: "here")))
            _ = try await session.transactions.wait(for: "the announcement") { $0.count == 1 }
            await reconciler.quiesce()
            try await body(reconciler, session, telemetry)
            group.cancelAll()
        }
    }

    @Test func onlyTheDifferenceIsCommitted() async throws {
        try await withReconciler(announcing: 4) { reconciler, session, telemetry in
            var rules = PlannerConfiguration()
            rules.allowedLoadBalancerPrefixes = [try IPPrefix("198.51.100.0/30")]
            await reconciler.reconfigure(rules)
            let transactions = try await session.transactions.wait(for: "the withdrawal") { $0.count == 2 }
            #expect(transactions[1].edits == [.remove(network(4).prefix)])
            #expect(transactions[1].cause == ["shop/s4: 198.51.100.4 OutsideAllowedPrefixes"])
            #expect(telemetry.health.readyz().isHealthy)
            await reconciler.reconfigure(rules)
            await reconciler.quiesce()
            #expect(session.transactions.value.count == 2)
            await reconciler.reconfigure(PlannerConfiguration())
            _ = try await session.transactions.wait(for: "the announcement") { $0.count == 3 }
            await reconciler.quiesce()
            #expect(await session.running == Set((1...4).map(network)))
        }
    }

    /// However few they are: a file reaches all nodes within a minute.
    @Test(arguments: [1, 4, 30])
    func theFuseHoldsWhatMostVIPsWouldLose(count: Int) async throws {
        try await withReconciler(announcing: count) { reconciler, session, telemetry in
            var rules = PlannerConfiguration()
            rules.allowedLoadBalancerPrefixes = [try IPPrefix("203.0.113.0/24")]
            await reconciler.reconfigure(rules)
            await reconciler.quiesce()
            #expect(session.transactions.value.count == 1)
            #expect(telemetry.registry.exposition().contains("cosmolet_fuse_held_vips \(count)\n"))
            // The rules may also say that there is none.
            rules.fuse = nil
            await reconciler.reconfigure(rules)
            _ = try await session.transactions.wait(for: "the withdrawal") { $0.count == 2 }
            await reconciler.quiesce()
            #expect(await session.running.isEmpty)
        }
    }

    /// No decision is made on a kind that is off, and yet the Service has the address.
    @Test func aKindThatIsSwitchedOffIsNoFalseCause() async throws {
        try await withReconciler(announcing: 1) { reconciler, session, _ in
            var rules = PlannerConfiguration(kinds: [])
            rules.fuse = nil
            await reconciler.reconfigure(rules)
            let transactions = try await session.transactions.wait(for: "the withdrawal") { $0.count == 2 }
            #expect(
                transactions[1].cause == ["198.51.100.1/32: no Service has this address with a kind that is on"])
        }
    }

    @Test func rulesThatNeedNamespacesWaitForThem() async throws {
        try await withReconciler(announcing: 2) { reconciler, session, telemetry in
            var rules = PlannerConfiguration()
            rules.selection.namespaceLabels.exclude = [try LabelSelector("env=test")]
            rules.fuse = nil
            #expect(await !reconciler.reconfigure(rules), "they are not in force")
            await reconciler.quiesce()
            #expect(session.transactions.value.count == 1)
            #expect(telemetry.health.readyz().isHealthy)
            // Meanwhile the old ones are in force.
            await reconciler.apply(.deletedService(ServiceID(namespace: "shop", name: "s2")))
            _ = try await session.transactions.wait(for: "a withdrawal") { $0.count == 2 }
            await reconciler.apply(.replacedNamespaces([NamespaceFacts(name: "shop", labels: ["env": "test"])]))
            let transactions = try await session.transactions.wait(for: "the other") { $0.count == 3 }
            #expect(transactions[2].edits == [.remove(network(1).prefix)])
            #expect(transactions[2].cause == ["shop/s1: 198.51.100.1 NamespaceExcluded"])
            // Once they are not needed they are not watched, so what is known of them grows old.
            #expect(await reconciler.reconfigure(PlannerConfiguration()))
            _ = try await session.transactions.wait(for: "the announcement") { $0.count == 4 }
            #expect(await !reconciler.reconfigure(rules))
            await reconciler.quiesce()
            #expect(session.transactions.value.count == 4)
            await reconciler.apply(.replacedNamespaces([NamespaceFacts(name: "shop", labels: ["env": "test"])]))
            _ = try await session.transactions.wait(for: "the withdrawal, again") { $0.count == 5 }
        }
    }
}
