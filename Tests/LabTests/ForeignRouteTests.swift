import CosmoletTesting
import Foundation
import NetworkTypes
import Northbound
import Testing

extension LabTests {
    /// What is not ours stays byte for byte as it is.
    @Suite(.timeLimit(.minutes(10))) struct ForeignRouteTests {
        /// Routes that an operator made by hand: in the main table, in our table with a foreign tag, and two next hops.
        private static let handMade = [
            "ip route 203.0.113.0/24 10.90.0.1", "ip route 203.0.113.7/32 Null0 tag 100",
            "ip route 203.0.113.8/32 Null0 tag 300 table 1790", "ip route 203.0.113.9/32 10.90.0.2 tag 301 table 1790",
            "ip route 203.0.113.10/32 Null0 tag 120 table 1791", "ip route 203.0.113.10/32 10.90.0.1 120",
            "ipv6 route 2001:db8:f::/48 fd00:90::1", "ipv6 route 2001:db8:f::8/128 Null0 tag 300 table 1790",
        ]

        private func staticLines(_ cluster: Cluster, _ node: LabDescription.Node) async throws -> String {
            let text = try await cluster.lab.vtysh(node.name, ["show running-config"])
            return text.split(separator: "\n").filter { $0.contains("ip route") || $0.contains("ipv6 route") }
                .joined(separator: "\n")
        }

        private func kernel(_ node: LabDescription.Node) async throws -> String {
            var text = ""
            for family in ["-4", "-6"] {
                let routes = try await Command.run(
                    "ip", ["-n", node.namespace, family, "route", "show", "table", "all"])
                // 196 is the protocol number of FRR's staticd (rt_protos of FRR).
                let lines = routes.split(separator: "\n").filter {
                    $0.contains("proto 196") || $0.contains("proto static")
                }
                text += lines.sorted().joined(separator: "\n") + "\n"
            }
            return text
        }

        @Test func handMadeRoutesSurviveAHundredVIPs() async throws {
            // All of them are deleted at the end.
            try await Cluster.with(configuration: "announce: {fuse: off}") { cluster in
                for node in cluster.nodes {
                    try await cluster.lab.vtysh(node.name, ["configure terminal"] + Self.handMade)
                }
                var before: [String] = []
                for node in cluster.nodes {
                    before += [try await staticLines(cluster, node), try await kernel(node)]
                    #expect(before[before.count - 2].split(separator: "\n").count == Self.handMade.count)
                }
                for index in 0..<50 {
                    try cluster.createService(
                        "s\(index)", vips: ["198.51.100.\(100 + index)", "2001:db8:51::\(100 + index)"])
                }
                for index in [0, 49] { try await cluster.expectNextHops("198.51.100.\(100 + index)", cluster.nodes) }
                for router in cluster.routers {
                    _ = try await router.snapshot.wait(for: "100 VIPs with two paths on \(router.router.name)") {
                        $0.routes.count == 100 && $0.routes.values.allSatisfy { $0.count == 2 }
                    }
                }
                for index in 0..<50 { try cluster.deleteService("s\(index)") }
                for router in cluster.routers {
                    _ = try await router.snapshot.wait(for: "no VIP on \(router.router.name)") { $0.routes.isEmpty }
                }
                var after: [String] = []
                for node in cluster.nodes {
                    after += [try await staticLines(cluster, node), try await kernel(node)]
                    try await cluster.lab.vtysh(node.name, ["configure terminal"] + Self.handMade.map { "no \($0)" })
                }
                #expect(after == before)
            }
        }

        @Test func aForeignRouteUnderAWantedVIPIsReportedAndLeftAlone() async throws {
            try await Cluster.with { cluster in
                let node = cluster.nodes[0]
                let other = cluster.nodes[1]
                let route = "ip route 198.51.100.44/32 Null0 tag 300 table 1790"
                try await cluster.lab.vtysh(node.name, ["configure terminal", route])
                let before = try await staticLines(cluster, node)
                try cluster.createService("taken", vips: ["198.51.100.44"])
                try cluster.createService("free", vips: ["198.51.100.45"])
                try await cluster.expectNextHops("198.51.100.45", cluster.nodes)
                try await cluster.expectNextHops("198.51.100.44", [other])
                _ = try await cluster.agent(node).line(containing: "198.51.100.44")
                try cluster.deleteService("free")
                try await cluster.expectNextHops("198.51.100.45", [])
                #expect(try await staticLines(cluster, node) == before)
                try await cluster.lab.vtysh(node.name, ["configure terminal", "no " + route])
            }
        }
    }
}
