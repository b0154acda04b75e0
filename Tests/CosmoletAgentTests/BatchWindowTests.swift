import Announcements
import CosmoletAgent
import CosmoletTesting
import Logging
import NetworkTypes
import Northbound
import Observability
import Testing

@Suite struct BatchWindowTests {
    @Test func nothingWaitsBeforeTheFirstCommitAndAfterShortOnes() {
        var window = BatchWindow()
        #expect(window.pause(at: .zero) == nil)
        window.committed(in: .milliseconds(99), at: .seconds(5))
        #expect(window.pause(at: .seconds(5)) == nil)
    }

    @Test(arguments: [
        (Duration.milliseconds(100), Duration.milliseconds(100)), (.milliseconds(550), .milliseconds(550)),
        (.seconds(1), .seconds(1)), (.seconds(600), .seconds(1)),
    ])
    func newsWaitsAsLongAsTheCommitTookUpToASecond(duration: Duration, pause: Duration) {
        var window = BatchWindow()
        window.committed(in: duration, at: .seconds(5))
        #expect(window.pause(at: .seconds(5)) == pause)
        #expect(window.pause(at: .seconds(5) + pause - .nanoseconds(1)) == .nanoseconds(1))
        #expect(window.pause(at: .seconds(5) + pause) == nil)
    }

    @Test func theLastCommitCounts() {
        var window = BatchWindow()
        window.committed(in: .seconds(1), at: .seconds(5))
        window.committed(in: .milliseconds(4), at: .seconds(5))
        #expect(window.pause(at: .seconds(5)) == nil)
    }

    @Test func changesAfterALongCommitShareTheNextOne() async throws {
        let session = FakeManagementSession()
        await session.reportCommitDuration(.milliseconds(550))
        let clock = ManualClock()
        let reconciler = Reconciler(
            session: session, configuration: PlannerConfiguration(),
            telemetry: AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: "fake"),
            comparePeriod: .seconds(100_000), clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reconciler.run() }
            await reconciler.apply(.replacedServices([service(1)]))
            await reconciler.apply(.replacedSlices([1, 2, 3].map(slice)))
            await reconciler.apply(.replacedNode(NodeFacts(name: "here")))
            _ = try await session.transactions.wait(for: "the first change, at once") { $0.count == 1 }
            await reconciler.quiesce()
            await reconciler.apply(.service(service(2)))
            _ = try await clock.sleeps.wait(for: "the pause") { $0[.milliseconds(550)] != nil }
            await reconciler.apply(.service(service(3)))
            #expect(session.transactions.value.count == 1)
            clock.advance(by: .milliseconds(550))
            let transactions = try await session.transactions.wait(for: "the others") { $0.count == 2 }
            #expect(transactions[1].edits.count == 2)
            await reconciler.quiesce()
            // Quiet again: at once.
            clock.advance(by: .milliseconds(550))
            await reconciler.apply(.node(NodeFacts(name: "here", isNetworkUnavailable: true)))
            _ = try await session.transactions.wait(for: "the withdrawal") { $0.count == 3 }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(await session.running.isEmpty)
    }

    private func id(_ number: Int) -> ServiceID { ServiceID(namespace: "shop", name: "s\(number)") }

    private func service(_ number: Int) -> ServiceFacts {
        ServiceFacts(id: id(number), addresses: [AddressFact(kind: .loadBalancer, text: "198.51.100.\(number)")])
    }

    private func slice(_ number: Int) -> SliceFacts {
        SliceFacts(
            id: SliceID(namespace: "shop", name: "s\(number)-1"), service: id(number),
            endpoints: [EndpointFact(address: IPAddress("10.0.0.1")!, isReady: true)])
    }
}
