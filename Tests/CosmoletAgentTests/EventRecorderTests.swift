import Announcements
import CosmoletTesting
import Foundation
import Kubernetes
import Logging
import NetworkTypes
import Northbound
import Observability
import Synchronization
import Testing

@testable import CosmoletAgent

/// An API server that remembers, refuses and hangs as it is told.
private final class FakeEventSink: EventSink {
    let created = Observed<[EventObject]>([])
    let repeated = Observed<[String]>([])
    /// Errors of the next writes, in order; nil: none.
    let failures = Mutex<[KubernetesError?]>([])
    private let gate = Observed(true)
    private let missing: Set<String>

    init(missing: Set<String> = []) { self.missing = missing }

    func hang(_ hangs: Bool) { gate.update { $0 = !hangs } }

    func uid(of service: ServiceID) async throws(KubernetesError) -> String? {
        missing.contains(service.name) ? nil : "uid-of-\(service.name)"
    }

    func create(_ event: EventObject) async throws(KubernetesError) {
        try await pass()
        created.update { $0.append(event) }
    }

    func patch(_ repetition: EventRepetition, of name: String, namespace: String) async throws(KubernetesError) {
        try await pass()
        repeated.update { $0.append("\(name) \(repetition.count) \(repetition.message)") }
    }

    private func pass() async throws(KubernetesError) {
        _ = try? await gate.wait(for: "the gate") { $0 }
        let failure = failures.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        if let failure { throw failure }
    }
}

@Suite(.timeLimit(.minutes(2))) struct EventRecorderTests {
    private struct Rig: Sendable {
        let recorder: EventRecorder
        let sink: FakeEventSink
        let clock: ManualClock
        let registry: MetricRegistry

        func count(_ outcome: EventRecorder.Outcome) -> Double {
            let line = registry.exposition().split(separator: "\n").first {
                $0.hasPrefix("cosmolet_events_total{outcome=\"\(outcome.rawValue)\"}")
            }
            return line?.split(separator: " ").last.flatMap { Double($0) } ?? -1
        }

        func wait(_ outcome: EventRecorder.Outcome, _ wanted: Double) async throws {
            try await eventually("\(wanted) \(outcome)", within: .seconds(30)) { count(outcome) == wanted }
        }

        /// A Service's only VIP is announced.
        func announce(_ names: String...) { announce(names) }

        func announce(_ names: [String]) {
            let services = names.map { name in
                ServiceFacts(
                    id: ServiceID(namespace: "shop", name: name),
                    addresses: [AddressFact(kind: .loadBalancer, text: "198.51.100.1")])
            }
            let endpoint = EndpointFact(address: IPAddress("10.0.0.1")!)
            let plan = AnnouncementPlan(
                AnnouncementFacts(
                    node: NodeFacts(name: "here"), services: services,
                    endpoints: Dictionary(uniqueKeysWithValues: services.map { ($0.id, [endpoint]) })))
            recorder.applied([.set(Network(prefix: IPPrefix(host: IPAddress("198.51.100.1")!)))], of: plan)
        }
    }

    private func withRecorder(
        _ sink: FakeEventSink = FakeEventSink(), spread: Duration = .zero, _ body: @Sendable (Rig) async throws -> Void
    ) async throws {
        let (clock, registry) = (ManualClock(), MetricRegistry())
        let recorder = EventRecorder(
            node: "here", sink: sink, registry: registry,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, spread: spread, clock: clock,
            now: { Date(timeIntervalSince1970: 1_700_000_000) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await recorder.run() }
            try await body(Rig(recorder: recorder, sink: sink, clock: clock, registry: registry))
            group.cancelAll()
        }
    }

    @Test func anEventHasAllThatKubectlLooksFor() async throws {
        try await withRecorder { rig in
            rig.announce("web")
            let event = try #require(await rig.sink.created.wait(for: "an event") { !$0.isEmpty }.first)
            #expect(event.metadata.namespace == "shop" && event.metadata.name.hasPrefix("web."))
            #expect(event.involvedObject == .init(kind: "Service", namespace: "shop", name: "web", uid: "uid-of-web"))
            #expect(event.reason == "VIPAnnounced" && event.type == "Normal" && event.count == 1)
            #expect(event.source == .init(host: "here") && event.reportingInstance == "here")
            #expect(event.firstTimestamp == "2023-11-14T22:13:20Z" && event.lastTimestamp == event.firstTimestamp)
        }
    }

    @Test func theSameWithinTheWindowIsCountedUp() async throws {
        try await withRecorder { rig in
            rig.announce("web")
            try await rig.wait(.created, 1)
            rig.clock.advance(by: .seconds(599))
            rig.announce("web")
            try await rig.wait(.patched, 1)
            // The window counts from the last time.
            rig.clock.advance(by: .seconds(599))
            rig.announce("web")
            try await rig.wait(.patched, 2)
            #expect(rig.sink.repeated.value.map { $0.split(separator: " ")[1] } == ["2", "3"])
            rig.clock.advance(by: .seconds(600))
            rig.announce("web")
            try await rig.wait(.created, 2)
            #expect(Set(rig.sink.created.value.map(\.metadata.name)).count == 2)
        }
    }

    @Test func anEventThatTheServerForgotIsMadeAnew() async throws {
        try await withRecorder { rig in
            rig.announce("web")
            try await rig.wait(.created, 1)
            rig.sink.failures.withLock { $0 = [KubernetesError(code: .notFound, message: "gone")] }
            rig.announce("web")
            try await rig.wait(.created, 2)
            #expect(rig.count(.patched) == 0 && rig.count(.failed) == 0)
        }
    }

    @Test func whatManySeeAtOnceIsNotWrittenAtOnce() async throws {
        // By chance some two of them could be the same; not all.
        let sleeps = Observed<Set<Duration>>([])
        for _ in 1...5 {
            try await withRecorder(spread: .seconds(10)) { rig in
                rig.announce("web")
                rig.announce("db")
                let slept = try await rig.clock.sleeps.wait(for: "the wait") { !$0.isEmpty }
                #expect(slept.keys.allSatisfy { $0 < .seconds(10) })
                sleeps.update { $0.formUnion(slept.keys) }
                #expect(rig.sink.created.value.isEmpty)
                rig.clock.advance(by: .seconds(10))
                // The second one has not to wait again.
                try await rig.wait(.created, 2)
                #expect(rig.clock.sleeps.value.values.reduce(0, +) == 1)
                #expect(rig.sink.created.value.allSatisfy { $0.firstTimestamp == "2023-11-14T22:13:20Z" })
                rig.announce("later")
                _ = try await rig.clock.sleeps.wait(for: "its own wait") { $0.values.reduce(0, +) == 2 }
            }
        }
        #expect(sleeps.value.count > 1)
    }

    @Test func oneObjectHasTwentyFiveAndThenOneInFiveMinutes() async throws {
        try await withRecorder { rig in
            for _ in 0..<30 { rig.announce("web") }
            #expect(rig.count(.limited) == 5)
            rig.announce("db")
            #expect(rig.count(.limited) == 5)
            rig.clock.advance(by: .seconds(300))
            rig.announce("web")
            rig.announce("web")
            #expect(rig.count(.limited) == 6)
        }
    }

    @Test func theAgentHasThirtyAndThenOneASecond() async throws {
        try await withRecorder { rig in
            rig.announce((0..<1000).map { "s\($0)" })
            #expect(rig.count(.limited) == 970)
            rig.clock.advance(by: .seconds(2))
            rig.announce((0..<1000).map { "t\($0)" })
            #expect(rig.count(.limited) == 1968)
            try await rig.wait(.created, 32)
        }
    }

    @Test func aServerThatHangsCostsEventsOnly() async throws {
        try await withRecorder { rig in
            rig.sink.hang(true)
            // More than the queue takes; each call returns all the same.
            for round in 0..<10 {
                rig.announce((0..<30).map { "s\(round)-\($0)" })
                rig.clock.advance(by: .seconds(30))
            }
            let queued = Double(EventRecorder.queueCapacity)
            let dropped = rig.count(.dropped)
            // One may have been taken out of the queue.
            #expect([300 - queued, 300 - queued - 1].contains(dropped), "\(dropped)")
            rig.sink.hang(false)
            try await rig.wait(.created, 300 - dropped)
        }
    }

    @Test func whatWaitsWhileTheServerFailsIsDropped() async throws {
        try await withRecorder { rig in
            rig.sink.hang(true)
            rig.announce((0..<20).map { "s\($0)" })
            rig.sink.failures.withLock { $0 = [KubernetesError(code: .connectionFailed, message: "away")] }
            rig.sink.hang(false)
            try await rig.wait(.dropped, 19)
            #expect(rig.count(.failed) == 1 && rig.count(.created) == 0)
            // What comes later is tried again.
            rig.announce("later")
            try await rig.wait(.created, 1)
        }
    }

    @Test func anObjectThatIsGoneHasNoEvent() async throws {
        try await withRecorder(FakeEventSink(missing: ["web"])) { rig in
            rig.announce("web")
            rig.announce("db")
            try await rig.wait(.created, 1)
            #expect(rig.count(.dropped) == 1 && rig.count(.failed) == 0)
        }
    }

    @Test func whatEveryNodeSeesIsToldByOne() async throws {
        let id = ServiceID(namespace: "shop", name: "bad")
        let notice = EventNotice(
            object: .service(id), reason: "InvalidAddress", severity: .warning, message: "m", isClusterWide: true)
        let time = Date(timeIntervalSince1970: 1)
        let names = ["a", "b"].map { EventSeries.name(for: notice, node: $0, number: 1, at: time) }
        #expect(names[0] == names[1])
        var own = notice
        own.isClusterWide = false
        #expect(EventSeries.name(for: own, node: "a", number: 1, at: time) != names[0])

        try await withRecorder { rig in
            func complain(_ text: String) {
                let facts = AnnouncementFacts(
                    node: NodeFacts(name: "here"),
                    services: [ServiceFacts(id: id, addresses: [AddressFact(kind: .loadBalancer, text: text)])],
                    endpoints: [:])
                let plan = AnnouncementPlan(facts)
                rig.recorder.planned(plan, PlanChange.all(from: [], to: plan.decisions), running: [])
            }
            complain("first-plan")
            rig.sink.failures.withLock { $0 = [KubernetesError(code: .conflict, message: "exists")] }
            complain("no-address")
            try await rig.wait(.shared, 1)
            complain("no-address-either")
            try await rig.wait(.shared, 2)
            #expect(rig.count(.created) == 0 && rig.count(.failed) == 0)
        }
    }

    @Test func namesFitIntoTheAPI() {
        let notice = EventNotice(object: .node(String(repeating: "a.", count: 126)), reason: "r", message: "m")
        let name = EventSeries.name(for: notice, node: "n", number: 1, at: Date())
        #expect(name.utf8.count <= 253)
        #expect(!name.contains("..") && !name.contains(".-"))
        let long = EventNotice(object: .node("n"), reason: "r", message: String(repeating: "x", count: 5000))
        #expect(EventObject(long, name: "n", uid: "n", host: "n", at: Date()).message.count == 1000)
    }
}
