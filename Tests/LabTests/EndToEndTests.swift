import CosmoletTesting
import Foundation
import KubeSim
import Testing

extension LabTests {
    /// From a Service to the routers' tables.
    @Suite(.timeLimit(.minutes(10))) struct EndToEndTests {
        @Test func everyNodeIsAnEqualPathInBothFamilies() async throws {
            try await Cluster.with { cluster in
                let versions = cluster.nodes.map(\.dialectExpected)
                #expect(Set(versions) == ["protobuf", "native"], "both generations of mgmtd must be in the lab")
                try cluster.createService("web", vips: ["198.51.100.10", "2001:db8:51::10"])
                for vip in ["198.51.100.10", "2001:db8:51::10"] {
                    try await cluster.expectNextHops(vip, cluster.nodes)
                }
            }
        }

        @Test func pathLeavesWithTheLastLocalEndpointAndComesBack() async throws {
            try await Cluster.with { cluster in
                try cluster.createService("web", vips: ["198.51.100.10", "2001:db8:51::10"])
                let vips = ["198.51.100.10", "2001:db8:51::10"]
                for vip in vips { try await cluster.expectNextHops(vip, cluster.nodes) }
                for node in cluster.nodes {
                    let others = cluster.nodes.filter { $0.name != node.name }
                    try cluster.setReady("web", on: others)
                    for vip in vips { try await cluster.expectNextHops(vip, others) }
                    try cluster.setReady("web", on: cluster.nodes)
                    for vip in vips { try await cluster.expectNextHops(vip, cluster.nodes) }
                }
                try cluster.setReady("web", on: [])
                for vip in vips { try await cluster.expectNextHops(vip, []) }
            }
        }

        @Test func clusterPolicyAnnouncesFromNodesWithoutEndpoint() async throws {
            try await Cluster.with { cluster in
                try cluster.createService(
                    "web", vips: ["198.51.100.11"], policy: "Cluster", on: [cluster.nodes[0]])
                try await cluster.expectNextHops("198.51.100.11", cluster.nodes)
            }
        }

        @Test func changedAddressMovesInOneTransaction() async throws {
            try await Cluster.with { cluster in
                try cluster.createService("web", vips: ["198.51.100.10"])
                try await cluster.expectNextHops("198.51.100.10", cluster.nodes)
                let agent = try cluster.agent(cluster.nodes[0])
                let before = agent.lines.value.count
                try cluster.setVIPs("web", ["198.51.100.20"])
                try await cluster.expectNextHops("198.51.100.20", cluster.nodes)
                try await cluster.expectNextHops("198.51.100.10", [])
                let commits = agent.lines.value.dropFirst(before).filter { $0.contains("\"message\":\"commit\"") }
                #expect(commits.count == 1)
                #expect(commits.first?.contains("+198.51.100.20/32 default") == true)
                #expect(commits.first?.contains("-198.51.100.10/32") == true)
            }
        }

        @Test func badServicesDoNotHurtOthers() async throws {
            try await Cluster.with { cluster in
                try cluster.createService("good", vips: ["198.51.100.10"])
                try cluster.createService("bad", vips: ["198.51.100.11"])
                try await cluster.expectNextHops("198.51.100.11", cluster.nodes)
                try cluster.setVIPs("bad", ["999.51.100.1", "not an address", "198.51.100.12"])
                try await cluster.expectNextHops("198.51.100.12", cluster.nodes)
                try await cluster.expectNextHops("198.51.100.11", [])
                try await cluster.expectNextHops("198.51.100.10", cluster.nodes)
            }
        }

        @Test func exclusionLabelTakesTheNodeOut() async throws {
            try await Cluster.with { cluster in
                let label = "node.kubernetes.io/exclude-from-external-load-balancers"
                try cluster.createService("web", vips: ["198.51.100.10"])
                try await cluster.expectNextHops("198.51.100.10", cluster.nodes)
                _ = try cluster.server.store.patch(
                    .nodes, name: cluster.nodes[1].name, patch: ["metadata": ["labels": .object([label: ""])]])
                try await cluster.expectNextHops("198.51.100.10", [cluster.nodes[0]])
                _ = try cluster.server.store.patch(
                    .nodes, name: cluster.nodes[1].name, patch: ["metadata": ["labels": .object([label: .null])]])
                try await cluster.expectNextHops("198.51.100.10", cluster.nodes)
            }
        }

        @Test func realKubectlDrivesIt() async throws {
            try await Cluster.with { cluster in
                func kubectl(_ arguments: String..., input: String = "") async throws -> String {
                    try await Command.run(
                        "kubectl", ["--kubeconfig", cluster.kubeconfig] + arguments, input: input)
                }
                let manifest = LabEnvironment.repository + "/Tests/LabTests/Manifests/web.yaml"
                _ = try await kubectl("apply", "-f", manifest)
                _ = try await kubectl(
                    "patch", "service", "web", "--subresource=status", "--type=merge", "-p",
                    #"{"status":{"loadBalancer":{"ingress":[{"ip":"198.51.100.30"},{"ip":"2001:db8:51::30"}]}}}"#)
                try await cluster.expectNextHops("198.51.100.30", cluster.nodes)
                try await cluster.expectNextHops("2001:db8:51::30", cluster.nodes)
                _ = try await kubectl(
                    "label", "node", cluster.nodes[0].name,
                    "node.kubernetes.io/exclude-from-external-load-balancers=")
                try await cluster.expectNextHops("198.51.100.30", [cluster.nodes[1]])
                _ = try await kubectl("delete", "service", "web")
                try await cluster.expectNextHops("198.51.100.30", [])
                try await cluster.expectNextHops("2001:db8:51::30", [])
            }
        }
    }
}
