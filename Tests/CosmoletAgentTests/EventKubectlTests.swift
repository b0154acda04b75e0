import Announcements
import CosmoletTesting
import Foundation
import KubeSim
import Kubernetes
import Logging
import NetworkTypes
import Northbound
import Observability
import Testing

@testable import CosmoletAgent

private let hasKubectl = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
    FileManager.default.isExecutableFile(atPath: "\($0)/kubectl")
}

/// The Events of a reconciler over a fake FRR, as the real kubectl shows them.
@Suite(.enabled(if: hasKubectl, "kubectl is not in PATH"), .timeLimit(.minutes(2))) struct EventKubectlTests {
    @Test func describeAndGetShowThem() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cosmolet-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await withKubeSim { server, url in
            let kubeconfig = folder + "/kubeconfig"
            try KubeSim.Kubeconfig(serverURL: url).text.write(toFile: kubeconfig, atomically: true, encoding: .utf8)
            @Sendable func kubectl(_ arguments: String...) async throws -> String {
                try await Command.run(
                    "kubectl", ["--kubeconfig", kubeconfig, "--cache-dir", folder + "/cache"] + arguments)
            }
            try server.store.load(
                """
                {"kind": "List", "items": [
                  {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "here"}},
                  {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
                   "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}]}
                """)
            let client = try KubernetesClient(
                configuration: ClientConfiguration(server: url),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try await withRecordedReconciler(client) { reconciler, session, telemetry in
                let id = ServiceID(namespace: "shop", name: "web")
                var service = ServiceFacts(
                    id: id, addresses: [AddressFact(kind: .loadBalancer, text: "198.51.100.1")])
                await reconciler.apply(.replacedServices([service]))
                await reconciler.apply(
                    .replacedSlices([
                        SliceFacts(
                            id: SliceID(namespace: "shop", name: "web-1"), service: id,
                            endpoints: [EndpointFact(address: IPAddress("10.0.0.1")!)])
                    ]))
                await reconciler.apply(.node(NodeFacts(name: "here")))
                try await Self.wait(telemetry, for: 1)
                var described = try await kubectl("describe", "service", "web", "-n", "shop")
                #expect(described.contains("VIPAnnounced"), "\(described)")
                #expect(described.contains("198.51.100.1 is announced from here with class default"), "\(described)")

                service.annotations = ServiceAnnotations(["cosmolet.io/kinds": "all"], of: id)
                await reconciler.apply(.service(service))
                var node = NodeFacts(name: "here")
                node.annotations.drains = true
                await reconciler.apply(.node(node))
                try await Self.wait(telemetry, for: 4)
                described = try await kubectl("describe", "node", "here")
                #expect(described.contains("DrainStarted"), "\(described)")
                let events = try await kubectl("get", "events", "-n", "shop")
                for word in ["service/web", "VIPDraining", "InvalidAnnotation", "Warning", "Normal"] {
                    #expect(events.contains(word), "\(word) is missing in \(events)")
                }
            }
            await client.shutdown()
        }
    }

    private static func wait(_ telemetry: AgentTelemetry, for count: Int) async throws {
        try await eventually("\(count) events are written", within: .seconds(60)) {
            telemetry.registry.exposition().contains("cosmolet_events_total{outcome=\"created\"} \(count)\n")
        }
    }

    private func withRecordedReconciler(
        _ client: KubernetesClient, _ body: (Reconciler, FakeManagementSession, AgentTelemetry) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let telemetry = AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: "fake")
        let recorder = EventRecorder(
            node: "here", sink: KubernetesEventSink(client: client), registry: telemetry.registry, logger: logger,
            spread: .zero)
        let session = FakeManagementSession()
        let reconciler = Reconciler(
            session: session, configuration: PlannerConfiguration(), telemetry: telemetry,
            comparePeriod: .seconds(3600), observer: recorder, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await recorder.run() }
            group.addTask { await reconciler.run() }
            try await body(reconciler, session, telemetry)
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
