import CosmoletTesting
import Foundation
import KubeSim
import Testing

extension LabTests {
    /// `cosmolet explain`, `plan`, `drain` and `release-fuse` beside agents and real FRR of both generations.
    @Suite(.timeLimit(.minutes(10))) struct ExplainTests {
        private static let vips = ["198.51.100.10", "2001:db8:51::10"]
        private static let foreign = "ip route 198.51.100.30/32 Null0 tag 300 table 1790"

        /// Runs a command; what it printed and its exit code.
        private func cosmolet(_ arguments: [String]) async throws -> (code: Int, output: String) {
            do {
                return (0, try await Command.run(LabEnvironment.cosmolet, arguments))
            } catch let failure as CommandFailure {
                return (failure.exitCode ?? -1, failure.description)
            }
        }

        private func explain(
            _ cluster: Cluster, _ node: LabDescription.Node, _ arguments: String...
        ) async throws -> (code: Int, output: String) {
            try await cosmolet(["explain", "--http", try await cluster.httpAddress(node)] + arguments)
        }

        /// Asks until the answer has the text, as agents need a moment to see what was changed.
        private func expect(
            _ cluster: Cluster, _ node: LabDescription.Node, _ subject: String, _ text: String, code: Int
        ) async throws {
            var last = (code: -1, output: "")
            do {
                try await eventually("explain \(subject) says \(text)", within: .seconds(30)) {
                    last = try await explain(cluster, node, subject)
                    return last.code == code && last.output.contains(text)
                }
            } catch {
                Issue.record("\(error): exit code \(last.code), \(last.output)")
            }
        }

        private func kubectl(_ cluster: Cluster, _ arguments: String...) async throws {
            _ = try await Command.run("kubectl", ["--kubeconfig", cluster.kubeconfig] + arguments)
        }

        @Test func explainsWhatANodeAnnouncesAndWhatNot() async throws {
            try await Cluster.with { cluster in
                for node in cluster.nodes {
                    try await cluster.lab.vtysh(node.name, ["configure terminal", Self.foreign])
                }
                try cluster.createService("web", vips: Self.vips)
                for vip in Self.vips { try await cluster.expectNextHops(vip, cluster.nodes) }
                try cluster.createService("bad", vips: ["198.51.100.30"])
                for node in cluster.nodes {
                    try await expect(
                        cluster, node, "web", "default/web: 2 of 2 VIPs are announced from \(node.name)", code: 0)
                    try await expect(cluster, node, "198.51.100.10", "EndpointOnNode", code: 0)
                    try await expect(cluster, node, "198.51.100.30", "refused: FRR does not announce it", code: 1)
                    try await expect(cluster, node, "198.51.100.30", "tag 300 that is not ours", code: 1)
                    try await expect(cluster, node, "no-such-service", "is not known on \(node.name)", code: 2)
                    #expect(try await explain(cluster, node, "--output", "json").output.contains("\"NoReady") == false)
                    #expect(try await explain(cluster, node, "not a name").code == 64)
                }
                let (here, there) = (cluster.nodes[0], cluster.nodes[1])
                try cluster.setReady("web", on: [there])
                try await expect(cluster, here, "198.51.100.10", "[NoReadyLocalEndpoints]", code: 1)
                try await expect(
                    cluster, here, "198.51.100.10", "4: 1 NotReady, 1 OtherFamily, 2 OtherNode; none counts", code: 1)
                try await expect(cluster, there, "198.51.100.10", "is announced from", code: 0)
                try cluster.setReady("web", on: cluster.nodes)
                try await expect(cluster, here, "198.51.100.10", "is announced from", code: 0)
                try await kubectl(
                    cluster, "label", "node", here.name, "node.kubernetes.io/exclude-from-external-load-balancers=")
                try await expect(cluster, here, "198.51.100.10", "[NodeExcluded]", code: 1)
                for node in cluster.nodes {
                    try await cluster.lab.vtysh(node.name, ["configure terminal", "no \(Self.foreign)"])
                }
            }
            #expect(try await cosmolet(["explain", "--http", "127.0.0.1:9"]).code == 69)
        }

        @Test func drainsByCommandAndExplainsIt() async throws {
            try await Cluster.with(configuration: "drain: {holdSeconds: 3600}") { cluster in
                let node = cluster.nodes[0]
                try cluster.createService("web", vips: Self.vips)
                for vip in Self.vips { try await cluster.expectNextHops(vip, cluster.nodes) }
                let kubeconfig = ["--kubeconfig", cluster.kubeconfig]
                let drained = try await cosmolet(
                    ["drain", "--node", node.name, "--reason", "kernel update"] + kubeconfig)
                #expect(drained.code == 0)
                #expect(drained.output == "Node \(node.name) drains\n")
                try await expect(cluster, node, "198.51.100.10", "draining: FRR announces it with class drain", code: 0)
                try await expect(cluster, node, "198.51.100.10", "drain annotation (kernel update)", code: 0)
                #expect(try await cosmolet(["undrain", "--node", node.name] + kubeconfig).code == 0)
                try await expect(
                    cluster, node, "198.51.100.10", "announced: FRR announces it with class default", code: 0)
                #expect(try await cosmolet(["drain", "--service", "default/web"] + kubeconfig).code == 0)
                for node in cluster.nodes {
                    try await expect(cluster, node, "198.51.100.10", "DrainingServiceAnnotation", code: 0)
                }
                #expect(try await cosmolet(["undrain", "--service", "default/web"] + kubeconfig).code == 0)
                #expect(try await cosmolet(["release-fuse", "--node", node.name] + kubeconfig).code == 0)
                let absent = try await cosmolet(["drain", "--node", "nobody"] + kubeconfig)
                #expect(absent.code == 1)
                #expect(absent.output.contains("nodes \"nobody\" not found"))
                #expect(try await cosmolet(["drain", "--node", "a", "--service", "b/c"] + kubeconfig).code == 64)
                #expect(try await cosmolet(["drain", "--node", "a", "--kubeconfig", "/nowhere"]).code == 78)
            }
        }

        @Test func plansWithoutTouchingFRR() async throws {
            try await Cluster.with(agents: false) { cluster in
                try cluster.createService("web", vips: Self.vips)
                for node in cluster.nodes {
                    let arguments = [
                        "plan", "--kubeconfig", cluster.kubeconfig, "--node", node.name, "--northbound",
                        "mgmtd:\(node.managementSocket)",
                    ]
                    let before = try await cluster.lab.vtysh(node.name, ["show running-config"])
                    let first = try await cosmolet(arguments)
                    #expect(first.code == 1)
                    #expect(first.output.contains("+ 198.51.100.10/32     default  default/web: EndpointOnNode"))
                    #expect(try await cluster.lab.vtysh(node.name, ["show running-config"]) == before)
                    for vip in Self.vips {
                        _ = try await Command.run(
                            LabEnvironment.cosmolet,
                            ["announce", vip, "--class", "default", "--northbound", "mgmtd:\(node.managementSocket)"])
                    }
                    let second = try await cosmolet(arguments)
                    #expect(second.code == 0, "\(second.output)")
                    #expect(second.output.contains("0 to announce, 0 to withdraw, 0 to change, 2 the same"))
                    #expect(try await cosmolet(arguments.dropLast() + ["mgmtd:/nowhere"]).code == 69)
                }
                #expect(try await cosmolet(["plan", "--kubeconfig", cluster.kubeconfig, "--node", "nobody"]).code == 2)
            }
        }
    }
}
