import Announcements
import CosmoletTesting
import Logging
import NetworkTypes
import Northbound
import Observability
import Testing

@testable import CosmoletAgent

/// One reconciler over a fake FRR.
struct TimedRig: Sendable {
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

/// What suites need that turn the clock of a reconcile loop.
protocol TimedSuite {}

extension TimedSuite {
    var web: ServiceID { ServiceID(namespace: "shop", name: "web") }
    var db: ServiceID { ServiceID(namespace: "shop", name: "db") }
    var node: NodeFacts { NodeFacts(name: "here") }
    var drained: NodeFacts { NodeFacts(name: "here", annotations: NodeAnnotations(drains: true)) }

    func with(
        _ configuration: PlannerConfiguration = PlannerConfiguration(), running: Set<Network> = [],
        _ body: (TimedRig) async throws -> Void
    ) async throws {
        let session = FakeManagementSession(running: running)
        let telemetry = AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: "fake")
        let clock = ManualClock()
        let reconciler = Reconciler(
            session: session, configuration: configuration, telemetry: telemetry, comparePeriod: .seconds(100_000),
            clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reconciler.run() }
            try await body(TimedRig(session: session, reconciler: reconciler, telemetry: telemetry, clock: clock))
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    func service(_ id: ServiceID, _ vips: String...) -> ServiceFacts {
        ServiceFacts(id: id, addresses: vips.map { AddressFact(kind: .loadBalancer, text: $0) })
    }

    func slice(_ service: ServiceID, ready: Bool = true) -> SliceFacts {
        SliceFacts(
            id: SliceID(namespace: service.namespace, name: service.name + "-1"), service: service,
            endpoints: [EndpointFact(address: IPAddress("10.0.0.1")!, isReady: ready)])
    }

    func network(_ text: String, _ name: AttributeClass = .default) -> Network {
        Network(prefix: try! IPPrefix(text), attributeClass: name)
    }

    func sync(_ rig: TimedRig, _ services: [ServiceFacts], _ slices: [SliceFacts]) async {
        await rig.reconciler.apply(.replacedServices(services))
        await rig.reconciler.apply(.replacedSlices(slices))
        await rig.reconciler.apply(.replacedNode(node))
    }

    /// Facts that no rule looks at, to make the loop turn.
    func noise(_ number: Int) -> FactChange {
        .service(service(ServiceID(namespace: "noise", name: "n\(number)"), "not an address"))
    }

    func many(_ count: Int) -> (services: [ServiceFacts], slices: [SliceFacts]) {
        let ids = (1...count).map { ServiceID(namespace: "shop", name: "s\($0)") }
        let services = ids.enumerated().map { index, id in service(id, "198.51.100.\(index + 1)") }
        return (services, ids.map { slice($0) })
    }

    func nodeReleasing(_ value: String) -> NodeFacts {
        NodeFacts(name: "here", annotations: NodeAnnotations(fuseRelease: value))
    }
}
