import CosmoletTesting
import Foundation
import Testing

extension LabTests {
    /// The commands that operators use by hand, against both releases of FRR.
    @Suite(.timeLimit(.minutes(10))) struct CommandLineTests {
        private func cosmolet(_ node: LabDescription.Node, _ arguments: String...) async throws -> String {
            try await Command.run(
                LabEnvironment.cosmolet, arguments + ["--northbound", "mgmtd:\(node.managementSocket)"])
        }

        private func exitCode(_ body: () async throws -> String) async throws -> Int {
            do {
                _ = try await body()
                return 0
            } catch let failure as CommandFailure {
                #expect(failure.standardError.hasPrefix("cosmolet: ") || failure.standardError.hasPrefix("Error: "))
                return failure.exitCode ?? -1
            }
        }

        @Test func announceListWithdraw() async throws {
            try await Cluster.with(agents: false) { cluster in
                for node in cluster.nodes {
                    #expect(
                        try await cosmolet(node, "announce", "198.51.100.7", "2001:db8::7")
                            == "198.51.100.7/32 announced\n2001:db8::7/128 announced\n")
                }
                try await cluster.expectNextHops("198.51.100.7", cluster.nodes)
                try await cluster.expectNextHops("2001:db8::7", cluster.nodes)
                for node in cluster.nodes {
                    struct Row: Decodable, Equatable {
                        var prefix: String
                        var `class`: String
                        var installed: Bool?
                    }
                    let rows = try JSONDecoder().decode(
                        [Row].self, from: Data(try await cosmolet(node, "list", "--output", "json").utf8))
                    #expect(
                        rows == [
                            Row(prefix: "198.51.100.7/32", class: "manual", installed: true),
                            Row(prefix: "2001:db8::7/128", class: "manual", installed: true),
                        ])
                    #expect(try await cosmolet(node, "list").contains("198.51.100.7/32  manual"))
                    _ = try await cosmolet(node, "withdraw", "198.51.100.7", "2001:db8::7")
                    #expect(
                        try await cosmolet(node, "withdraw", "198.51.100.7") == "198.51.100.7/32 was not announced\n")
                }
                try await cluster.expectNextHops("198.51.100.7", [])
            }
        }

        @Test func exitCodesSayWhatWentWrong() async throws {
            try await Cluster.with(agents: false) { cluster in
                let node = cluster.nodes[0]
                #expect(try await exitCode { try await cosmolet(node, "announce", "198.51.100.7/24") } == 64)
                #expect(try await exitCode { try await cosmolet(node, "announce", "x.y") } == 64)
                #expect(
                    try await exitCode { try await cosmolet(node, "announce", "198.51.100.7", "--class", "gold") } == 78
                )
                let absent = {
                    try await Command.run(LabEnvironment.cosmolet, ["list", "--northbound", "mgmtd:/nowhere"])
                }
                #expect(try await exitCode(absent) == 69)
                let nonsense = { try await Command.run(LabEnvironment.cosmolet, ["list", "--northbound", "telnet:x"]) }
                #expect(try await exitCode(nonsense) == 78)
                _ = try await cosmolet(node, "announce", "198.51.100.7", "--class", "default")
                #expect(try await exitCode { try await cosmolet(node, "withdraw", "198.51.100.7") } == 1)
                #expect(try await exitCode { try await cosmolet(node, "announce", "198.51.100.7") } == 1)
                _ = try await cosmolet(node, "withdraw", "198.51.100.7", "--force")
            }
        }

        @Test func agentsLeaveHandMadeAnnouncementsAlone() async throws {
            try await Cluster.with { cluster in
                for node in cluster.nodes { _ = try await cosmolet(node, "announce", "198.51.100.7") }
                try cluster.createService("web", vips: ["198.51.100.10"])
                try await cluster.expectNextHops("198.51.100.10", cluster.nodes)
                try cluster.deleteService("web")
                try await cluster.expectNextHops("198.51.100.10", [])
                try await cluster.expectNextHops("198.51.100.7", cluster.nodes)
            }
        }

        @Test func metricsPassPromtoolAndProbesAnswer() async throws {
            try await Cluster.with { cluster in
                try cluster.createService("web", vips: ["198.51.100.10", "2001:db8:51::10"])
                try await cluster.expectNextHops("198.51.100.10", cluster.nodes)
                try await cluster.expectNextHops("2001:db8:51::10", cluster.nodes)
                for node in cluster.nodes {
                    let address = try await cluster.httpAddress(node)
                    try await HTTPProbe.waitUntilReady(address)
                    #expect(try await HTTPProbe.get(address, "/livez").status == 200)
                    let metrics = try await HTTPProbe.get(address, "/metrics")
                    #expect(metrics.status == 200)
                    #expect(metrics.body.contains(#"cosmolet_announced_vips{family="ipv4",class="default"} 1"#))
                    #expect(metrics.body.contains(#"cosmolet_announced_vips{family="ipv6",class="default"} 1"#))
                    #expect(metrics.body.contains(#"cosmolet_commits_total{outcome="rejected",provider="mgmtd"} 0"#))
                    #expect(metrics.body.contains("cosmolet_frr_connected 1"))
                    #expect(metrics.body.contains(#"cosmolet_watch_connected{resource="services"} 1"#))
                    try await Command.run("promtool", ["check", "metrics"], input: metrics.body)
                }
            }
        }
    }
}
