import Announcements
import Foundation
import KubeSim
import Logging
import NetworkTypes
import Northbound
import Testing

@testable import CosmoletAgent

/// Drain, undrain, release of the fuse and the plan of a node, against an API server.
@Suite(.timeLimit(.minutes(2))) struct OperatorCommandTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A node `worker-1`, a namespace `shop`, and a kubeconfig.
    private func with(_ body: @Sendable (KubeSimServer, String) async throws -> Void) async throws {
        let folder = try TestFolder()
        try await withKubeSim { server, url in
            let kubeconfig = folder.path + "/kubeconfig"
            try Kubeconfig(serverURL: url).text.write(toFile: kubeconfig, atomically: true, encoding: .utf8)
            _ = try server.store.create(.nodes, object: ["metadata": ["name": "worker-1"]])
            _ = try server.store.create(.namespaces, object: ["metadata": ["name": "shop"]])
            try await body(server, kubeconfig)
        }
    }

    private func createService(
        _ server: KubeSimServer, _ name: String, vip: String, policy: String = "Cluster", readyOn nodes: [String]
    ) throws {
        _ = try server.store.create(
            .services, namespace: "shop",
            object: [
                "metadata": ["name": .string(name)],
                "spec": [
                    "type": "LoadBalancer", "externalTrafficPolicy": .string(policy), "ports": [["port": 80]],
                ],
            ])
        _ = try server.store.patch(
            .services, namespace: "shop", name: name, subresource: "status",
            patch: ["status": ["loadBalancer": ["ingress": [["ip": .string(vip)]]]]])
        _ = try server.store.create(
            .endpointSlices, namespace: "shop",
            object: [
                "metadata": ["name": .string("\(name)-1"), "labels": ["kubernetes.io/service-name": .string(name)]],
                "addressType": "IPv4", "ports": [["port": 80]],
                "endpoints": .array(
                    nodes.enumerated().map { index, node in
                        ["addresses": [.string("10.0.0.\(index + 1)")], "nodeName": .string(node)]
                    }),
            ])
    }

    private func annotations(_ object: JSONValue) -> JSONValue? { object.at("metadata", "annotations") }

    // MARK: - Annotations

    @Test func drainsAndEndsADrain() async throws {
        try await with { server, kubeconfig in
            let node = { try server.store.get(.nodes, name: "worker-1") }
            try await AnnotationChange.drain(.node("worker-1"), reason: "kernel").apply(
                kubeconfig: kubeconfig, logger: Self.quiet)
            #expect(annotations(try node())?.at(AnnotationKey.drain) == "true")
            #expect(annotations(try node())?.at(AnnotationKey.drainReason) == "kernel")
            // A drain without a reason does not keep the one of before.
            try await AnnotationChange.drain(.node("worker-1"), reason: nil).apply(
                kubeconfig: kubeconfig, logger: Self.quiet)
            #expect(annotations(try node())?.at(AnnotationKey.drainReason) == nil)
            for _ in 1...2 {
                try await AnnotationChange.undrain(.node("worker-1")).apply(
                    kubeconfig: kubeconfig, logger: Self.quiet)
                #expect(annotations(try node())?.at(AnnotationKey.drain) == nil)
            }
        }
    }

    @Test func drainsAService() async throws {
        try await with { server, kubeconfig in
            try createService(server, "web", vip: "198.51.100.10", readyOn: ["worker-1"])
            let target = try #require(AnnotationChange.Target(service: "shop/web"))
            try await AnnotationChange.drain(target, reason: nil).apply(kubeconfig: kubeconfig, logger: Self.quiet)
            let service = try server.store.get(.services, namespace: "shop", name: "web")
            #expect(annotations(service)?.at(AnnotationKey.drain) == "true")
            #expect(service.at("spec", "type") == "LoadBalancer")
        }
        for text in ["web", "a/b/c", "", "Shop/web"] { #expect(AnnotationChange.Target(service: text) == nil) }
    }

    @Test func eachReleaseOfTheFuseIsANewValue() async throws {
        try await with { server, kubeconfig in
            var values: Set<String> = []
            for milliseconds in [0, 10, 1500] {
                let time = Date(timeIntervalSince1970: 1_800_000_000 + Double(milliseconds) / 1000)
                try await AnnotationChange.releaseFuse(node: "worker-1", at: time).apply(
                    kubeconfig: kubeconfig, logger: Self.quiet)
                let node = try server.store.get(.nodes, name: "worker-1")
                values.insert(try #require(annotations(node)?.at(AnnotationKey.releaseFuse)?.string))
            }
            #expect(values.count == 3)
        }
    }

    @Test func refusalsNameObjectAndRight() async throws {
        try await with { server, kubeconfig in
            let absent = await #expect(throws: OperatorError.self) {
                try await AnnotationChange.undrain(.node("worker-9")).apply(kubeconfig: kubeconfig, logger: Self.quiet)
            }
            #expect(absent?.code == .refused)
            #expect(absent?.description.contains("worker-9") == true)
            #expect(absent?.hint?.contains("kubectl get nodes") == true)
            _ = server.faults.inject(Fault(.respond(status: 403), resource: "nodes", verb: "patch", count: 1))
            let forbidden = await #expect(throws: OperatorError.self) {
                try await AnnotationChange.undrain(.node("worker-1")).apply(kubeconfig: kubeconfig, logger: Self.quiet)
            }
            #expect(forbidden?.code == .refused)
            #expect(forbidden?.hint?.contains("resources: [nodes], verbs: [patch]") == true)
            let missing = await #expect(throws: OperatorError.self) {
                try await AnnotationChange.undrain(.node("x")).apply(kubeconfig: "/nowhere", logger: Self.quiet)
            }
            #expect(missing?.code == .configuration)
        }
        let folder = try TestFolder()
        let gone = folder.path + "/kubeconfig"
        try Kubeconfig(serverURL: "http://127.0.0.1:9").text.write(toFile: gone, atomically: true, encoding: .utf8)
        let unreachable = await #expect(throws: OperatorError.self) {
            try await AnnotationChange.undrain(.node("x")).apply(kubeconfig: gone, logger: Self.quiet)
        }
        #expect(unreachable?.code == .unreachable)
    }

    // MARK: - Plan

    private func plan(
        _ kubeconfig: String, node: String = "worker-1", configuration: AgentConfiguration = AgentConfiguration(),
        running: [Network]? = nil
    ) async throws -> ShadowPlan {
        try await ShadowPlan(
            configuration: configuration, kubeconfig: kubeconfig, node: node,
            running: running.map { (Set($0), "test") }, logger: Self.quiet)
    }

    @Test func plansForAnyNodeWithoutAnAgent() async throws {
        try await with { server, kubeconfig in
            _ = try server.store.create(.nodes, object: ["metadata": ["name": "worker-2"]])
            try createService(server, "web", vip: "198.51.100.10", readyOn: ["worker-1"])
            try createService(server, "near", vip: "198.51.100.11", policy: "Local", readyOn: ["worker-2"])
            let first = try await plan(kubeconfig)
            #expect(
                first.text(isComplete: false).hasPrefix("+ 198.51.100.10/32  default  shop/web: EndpointInCluster\n"))
            #expect(first.lines.map(\.change) == [.add])
            #expect(first.notAnnounced.map(\.reason) == ["NoLocalEndpoints"])
            #expect(first.hasDifference)
            let second = try await plan(kubeconfig, node: "worker-2")
            #expect(second.lines.map(\.prefix) == ["198.51.100.10/32", "198.51.100.11/32"])
            let error = await #expect(throws: OperatorError.self) { try await plan(kubeconfig, node: "worker-3") }
            #expect(error?.description.contains("worker-3") == true)
        }
    }

    @Test func comparesWithWhatIsAnnounced() async throws {
        try await with { server, kubeconfig in
            try createService(server, "add", vip: "198.51.100.1", readyOn: ["worker-1"])
            try createService(server, "same", vip: "198.51.100.2", readyOn: ["worker-1"])
            try createService(server, "class", vip: "198.51.100.3", readyOn: ["worker-1"])
            try createService(server, "hand", vip: "198.51.100.4", readyOn: ["worker-1"])
            try createService(server, "gone", vip: "198.51.100.5", readyOn: [])
            let running = [
                ExplainScene.network("198.51.100.2/32"), ExplainScene.network("198.51.100.3/32", .drain),
                ExplainScene.network("198.51.100.4/32", .manual), ExplainScene.network("198.51.100.5/32"),
                ExplainScene.network("198.51.100.6/32"),
            ]
            let result = try await plan(kubeconfig, running: running)
            #expect(
                result.text(isComplete: true) == """
                    + 198.51.100.1/32  default  shop/add: EndpointInCluster
                      198.51.100.2/32  default  shop/same: EndpointInCluster
                    ~ 198.51.100.3/32  drain -> default  shop/class: EndpointInCluster
                    ! 198.51.100.4/32  manual  shop/hand: EndpointInCluster
                    - 198.51.100.5/32  default  shop/gone: NoEndpoints
                    - 198.51.100.6/32  default  no Service has this address with a kind that is on
                    . 198.51.100.5     shop/gone: NoEndpoints, the Service has no endpoints
                    node worker-1, compared with test: 1 to announce, 2 to withdraw, 1 to change, 1 the same, \
                    1 by hand; 1 entries not announced here

                    """)
            let settled = try await plan(
                kubeconfig,
                running: (1...4).map { ExplainScene.network("198.51.100.\($0)/32", $0 == 4 ? .manual : .default) })
            #expect(!settled.hasDifference)
        }
    }

    @Test func theFuseAndTheConfigurationCount() async throws {
        try await with { server, kubeconfig in
            try createService(server, "web", vip: "198.51.100.10", readyOn: ["worker-1"])
            let running = (1...12).map { ExplainScene.network("203.0.113.\($0)/32") }
            let result = try await plan(kubeconfig, running: running)
            #expect(result.heldByFuse == 12)
            #expect(result.lines.count { $0.change == .remove } == 12)
            #expect(result.text(isComplete: false).contains("the fuse would hold 12 withdrawals"))
            var configuration = AgentConfiguration()
            configuration.planner.allowedLoadBalancerPrefixes = [try IPPrefix("192.0.2.0/24")]
            let outside = try await plan(kubeconfig, configuration: configuration)
            #expect(outside.notAnnounced.map(\.reason) == ["OutsideAllowedPrefixes"])
            #expect(!outside.hasDifference)
        }
    }

    @Test func aPlanSurvivesAListThatExpires() async throws {
        try await with { server, kubeconfig in
            try createService(server, "web", vip: "198.51.100.10", readyOn: ["worker-1"])
            _ = server.faults.inject(Fault(.respond(status: 410), resource: "services", verb: "list", count: 1))
            #expect(try await plan(kubeconfig).lines.count == 1)
            _ = server.faults.inject(Fault(.respond(status: 403), resource: "endpointslices", verb: "list", count: 1))
            let error = await #expect(throws: OperatorError.self) { try await plan(kubeconfig) }
            #expect(error?.hint?.contains(#"apiGroups: ["discovery.k8s.io"], resources: [endpointslices]"#) == true)
        }
    }
}
