import CosmoletTesting
import Foundation
import KubeSim
import Testing

extension LabTests {
    /// Main rows of the rule table, from the object to both routers: each on both generations of FRR, IPv4 and IPv6.
    @Suite(.timeLimit(.minutes(10))) struct AnnouncementRulesTests {
        private static let vips = ["198.51.100.10", "2001:db8:51::10"]

        private func expect(_ cluster: Cluster, _ nodes: [LabDescription.Node], _ vips: [String] = vips) async throws {
            for vip in vips { try await cluster.expectNextHops(vip, nodes) }
        }

        private func kubectl(_ cluster: Cluster, _ arguments: String...) async throws {
            _ = try await Command.run("kubectl", ["--kubeconfig", cluster.kubeconfig] + arguments)
        }

        /// What the agents committed after a moment, in order: `+PREFIX CLASS` and `-PREFIX`.
        private func edits(_ cluster: Cluster, _ node: LabDescription.Node, from index: Int) throws -> [String] {
            struct Entry: Decodable {
                struct Metadata: Decodable { var edits: [String]? }
                var message: String
                var metadata: Metadata?
            }
            return try cluster.agent(node).lines.value.dropFirst(index).flatMap { line in
                let entry = try JSONDecoder().decode(Entry.self, from: Data(line.utf8))
                return entry.message == "commit" ? entry.metadata?.edits ?? [] : []
            }
        }

        private func lineCounts(_ cluster: Cluster) throws -> [String: Int] {
            Dictionary(
                uniqueKeysWithValues: try cluster.nodes.map { ($0.name, try cluster.agent($0).lines.value.count) })
        }

        // MARK: - Services

        @Test func annotationsOverrideTheConfiguration() async throws {
            try await Cluster.with { cluster in
                try cluster.createService("web", vips: Self.vips)
                try await expect(cluster, cluster.nodes)
                try await kubectl(cluster, "annotate", "service", "web", "cosmolet.io/announce=false")
                try await expect(cluster, [])
                try await kubectl(cluster, "annotate", "service", "web", "cosmolet.io/announce-")
                try await expect(cluster, cluster.nodes)
                try await kubectl(cluster, "annotate", "service", "web", "cosmolet.io/kinds=clusterIP")
                try await expect(cluster, [])
            }
        }

        @Test func externalIPsNeedAnAllowedPrefix() async throws {
            let configuration = """
                announce:
                  kinds: [externalIP]
                  allowedExternalPrefixes: [198.51.100.64/26, "2001:db8:51:1::/64"]
                """
            try await Cluster.with(configuration: configuration) { cluster in
                try cluster.createService("web", vips: Self.vips)
                try await kubectl(
                    cluster, "patch", "service", "web", "--type=merge", "-p",
                    #"{"spec":{"externalIPs":["198.51.100.70","198.51.100.20","2001:db8:51:1::7","2001:db8:51::7"]}}"#)
                try await expect(cluster, cluster.nodes, ["198.51.100.70", "2001:db8:51:1::7"])
                try await expect(cluster, [], ["198.51.100.20", "2001:db8:51::7"] + Self.vips)
            }
        }

        @Test func namespaceLabelsSelect() async throws {
            let configuration = "announce: {namespaceLabels: {include: [bgp=yes]}}"
            try await Cluster.with(configuration: configuration) { cluster in
                try cluster.createService("web", vips: Self.vips)
                let agent = try cluster.agent(cluster.nodes[0])
                _ = try await agent.line(containing: "NamespaceNotIncluded")
                try await expect(cluster, [])
                try await kubectl(cluster, "label", "namespace", "default", "bgp=yes")
                try await expect(cluster, cluster.nodes)
                try await kubectl(cluster, "label", "namespace", "default", "bgp-")
                try await expect(cluster, [])
            }
        }

        @Test func addressOfTwoServicesStaysWithTheLastOwner() async throws {
            try await Cluster.with { cluster in
                try cluster.createService("web", vips: Self.vips)
                try cluster.createService("api", vips: Self.vips, on: [cluster.nodes[1]])
                try await expect(cluster, cluster.nodes)
                try cluster.deleteService("web")
                try await expect(cluster, [cluster.nodes[1]])
                try cluster.deleteService("api")
                try await expect(cluster, [])
            }
        }

        // MARK: - Endpoints

        @Test func eachFamilyNeedsItsOwnEndpoint() async throws {
            try await Cluster.with { cluster in
                try cluster.createService("web", vips: Self.vips, policy: "Cluster")
                try await expect(cluster, cluster.nodes)
                try await kubectl(cluster, "delete", "endpointslice", "web-ipv6")
                try await expect(cluster, [], [Self.vips[1]])
                try await expect(cluster, cluster.nodes, [Self.vips[0]])
            }
        }

        @Test func zeroEndpointsKeepOrWithdraw() async throws {
            try await Cluster.with { cluster in
                try cluster.createService("web", vips: Self.vips, policy: "Cluster")
                try cluster.createService("other", vips: ["198.51.100.20"], policy: "Cluster")
                try await kubectl(cluster, "annotate", "service", "web", "cosmolet.io/zero-endpoints=keep")
                try await expect(cluster, cluster.nodes, Self.vips + ["198.51.100.20"])
                try cluster.setReady("web", on: [])
                try cluster.setReady("other", on: [])
                try await expect(cluster, [], ["198.51.100.20"])
                try await expect(cluster, cluster.nodes)
                try await kubectl(cluster, "annotate", "service", "web", "cosmolet.io/zero-endpoints-")
                try await expect(cluster, [])
            }
        }

        @Test func terminatingEndpointThatServesDrains() async throws {
            try await Cluster.with(configuration: "announce: {drainOnTerminating: true}") { cluster in
                try cluster.createService("web", vips: Self.vips)
                try await expect(cluster, cluster.nodes)
                let leaving = cluster.nodes[0]
                let before = try lineCounts(cluster)
                for slice in ["web-ipv4", "web-ipv6"] {
                    try await kubectl(
                        cluster, "patch", "endpointslice", slice, "--type=json", "-p",
                        #"[{"op":"replace","path":"/endpoints/0/conditions","#
                            + #""value":{"ready":false,"serving":true,"terminating":true}}]"#)
                }
                // The routers have heard of class drain: they take the other path only, without a gap.
                try await expect(cluster, [cluster.nodes[1]])
                let edits = try edits(cluster, leaving, from: before[leaving.name] ?? 0)
                #expect(edits.sorted() == ["+198.51.100.10/32 drain", "+2001:db8:51::10/128 drain"])
            }
        }

        // MARK: - Nodes

        /// Drains both nodes by a signal of the Node, in order, and brings them back.
        private func expectOrderedDrain(
            _ cluster: Cluster, by drain: (LabDescription.Node) async throws -> Void,
            undo: (LabDescription.Node) async throws -> Void
        ) async throws {
            try cluster.createService("web", vips: Self.vips)
            try await expect(cluster, cluster.nodes)
            let before = try lineCounts(cluster)
            for node in cluster.nodes { try await drain(node) }
            try await expect(cluster, [])
            for node in cluster.nodes {
                let edits = try edits(cluster, node, from: before[node.name] ?? 0)
                for prefix in ["198.51.100.10/32", "2001:db8:51::10/128"] {
                    #expect(edits.filter { $0.contains(prefix) } == ["+\(prefix) drain", "-\(prefix)"])
                }
            }
            for node in cluster.nodes { try await undo(node) }
            try await expect(cluster, cluster.nodes)
        }

        @Test func annotationDrainsANode() async throws {
            try await Cluster.with(configuration: "drain: {holdSeconds: 2}") { cluster in
                try await expectOrderedDrain(cluster) { node in
                    try await kubectl(cluster, "annotate", "node", node.name, "cosmolet.io/drain=true")
                } undo: { node in
                    try await kubectl(cluster, "annotate", "node", node.name, "cosmolet.io/drain-")
                }
            }
        }

        @Test func cordonDrainsANode() async throws {
            try await Cluster.with(configuration: "drain: {holdSeconds: 1, onCordon: true}") { cluster in
                try await expectOrderedDrain(cluster) { node in
                    try await kubectl(cluster, "cordon", node.name)
                } undo: { node in
                    try await kubectl(cluster, "uncordon", node.name)
                }
            }
        }

        @Test func taintDrainsANode() async throws {
            let configuration = "drain: {holdSeconds: 1, onTaints: [\"example.com/out:NoExecute\"]}"
            try await Cluster.with(configuration: configuration) { cluster in
                try await expectOrderedDrain(cluster) { node in
                    try await kubectl(cluster, "taint", "node", node.name, "example.com/out=yes:NoExecute")
                } undo: { node in
                    try await kubectl(cluster, "taint", "node", node.name, "example.com/out-")
                }
            }
        }

        @Test func nodeWithoutNetworkAnnouncesNothing() async throws {
            try await Cluster.with { cluster in
                try cluster.createService("web", vips: Self.vips)
                try await expect(cluster, cluster.nodes)
                for (status, nodes) in [("True", [cluster.nodes[1]]), ("False", cluster.nodes)] {
                    try await kubectl(
                        cluster, "patch", "node", cluster.nodes[0].name, "--subresource=status", "--type=merge", "-p",
                        #"{"status":{"conditions":[{"type":"NetworkUnavailable","status":"\#(status)"}]}}"#)
                    try await expect(cluster, nodes)
                }
            }
        }

        // MARK: - Fuse

        @Test func emptyServerInPlaceOfTheOldOneWithdrawsNothingUntilReleased() async throws {
            try await Cluster.with { cluster in
                for index in 10..<22 {
                    try cluster.createService("s\(index)", vips: ["198.51.100.\(index)", "2001:db8:51::\(index)"])
                }
                for router in cluster.routers {
                    _ = try await router.snapshot.wait(for: "24 VIPs with two paths on \(router.router.name)") {
                        $0.routes.count == 24 && $0.routes.values.allSatisfy { $0.count == 2 }
                    }
                }
                let before = try lineCounts(cluster)
                let taken = try await TableSamples.take(cluster.routers) {
                    try replaceByAnEmptyServer(cluster)
                    for node in cluster.nodes {
                        let agent = try cluster.agent(node)
                        let line = try await agent.line(
                            containing: "the fuse holds withdrawals back", from: before[node.name] ?? 0)
                        #expect(line.contains("\"count\":\"24\""))
                        let metrics = try await HTTPProbe.get(try await cluster.httpAddress(node), "/metrics")
                        #expect(metrics.body.contains("\ncosmolet_fuse_held_vips 24\n"))
                    }
                }
                for sample in taken.samples { #expect(sample == taken.samples[0]) }
                #expect(taken.changedRouters == [])
                // A value that comes with a list would be no news.
                try await cluster.server.store.waitForWatches(.nodes, atLeast: 2)
                try await kubectl(cluster, "annotate", "node", "--all", "cosmolet.io/release-fuse=they-are-gone")
                for router in cluster.routers {
                    _ = try await router.snapshot.wait(for: "no VIP on \(router.router.name)") { $0.routes.isEmpty }
                }
            }
        }

        /// What agents see when another server answers at the same address: broken watches, versions that are unknown,
        /// and lists in which there is nothing but the Nodes that kubelets have registered again.
        private func replaceByAnEmptyServer(_ cluster: Cluster) throws {
            let server = cluster.server
            server.faults.inject(Fault(.respond(status: 503)))
            server.faults.inject(Fault(.dropWatches))
            for index in 10..<22 { try cluster.deleteService("s\(index)") }
            for node in cluster.nodes {
                _ = try server.store.delete(.nodes, name: node.name)
                _ = try server.store.create(.nodes, object: ["metadata": ["name": .string(node.name)]])
            }
            server.store.expireHistory()
            server.faults.clear()
        }
    }
}
