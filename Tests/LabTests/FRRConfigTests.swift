import CosmoletTesting
import Foundation
import Testing

extension LabTests {
    /// Real FRR takes what `cosmolet frr-config` prints, and does with each class what the configuration says.
    @Suite(.timeLimit(.minutes(5))) struct FRRConfigTests {
        @Test func vtyshTakesEveryLine() async throws {
            let lab = try LabEnvironment.lab()
            for node in lab.description.nodes {
                for provider in ["mgmtd", "bgpd"] {
                    let text = try await FRRConfigLab.print(
                        provider, "--frr-version", node.frrVersion, "--peer", "10.90.0.1,65100", "--peer",
                        "fd00:90::2,65200", "--bfd", "--timers", "3,9", "--graceful-restart")
                    try await FRRConfigLab.check(text, lab, node)
                    // The check can fail.
                    await #expect(throws: CommandFailure.self, "\(node.name)") {
                        try await FRRConfigLab.check(text + "route-map COSMOLET permit none\n", lab, node)
                    }
                }
            }
        }

        @Test func routersSeeTheAttributesOfAClass() async throws {
            try await Cluster.with(agents: false) { cluster in
                let folder = FileManager.default.temporaryDirectory.appendingPathComponent("frr-\(UUID().uuidString)")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(at: folder) }
                let file = folder.appendingPathComponent("config.yaml").path
                try FRRConfigLab.configuration.write(toFile: file, atomically: true, encoding: .utf8)
                let lines = try await FRRConfigLab.print("mgmtd").split(separator: "\n").map(String.init)
                for node in cluster.nodes {
                    try await cluster.lab.vtysh(node.name, ["configure terminal"] + lines.filter { !$0.hasSuffix("!") })
                    try await Command.run(
                        LabEnvironment.cosmolet,
                        [
                            "announce", "198.51.100.7", "2001:db8:51::7", "--class", "gold", "--config", file,
                            "--northbound", "mgmtd:\(node.managementSocket)",
                        ])
                }
                for (vip, family) in [("198.51.100.7", "ipv4"), ("2001:db8:51::7", "ipv6")] {
                    try await cluster.expectNextHops(vip, cluster.nodes)
                    let path = try await cluster.lab.vtysh("router-frr", ["show bgp \(family) unicast \(vip)"])
                    #expect(path.contains("Community: 65001:120 65001:150"), "\(path)")
                    #expect(path.contains("Large Community: 65001:120:1"), "\(path)")
                    #expect(path.contains("65001 65001 65001"), "\(path)")
                    #expect(path.contains("Origin IGP, metric 7"), "\(path)")
                }
                // As it was before, for whoever comes next.
                for node in cluster.nodes {
                    try await Command.run(
                        LabEnvironment.cosmolet,
                        [
                            "withdraw", "198.51.100.7", "2001:db8:51::7", "--force", "--config", file, "--northbound",
                            "mgmtd:\(node.managementSocket)",
                        ])
                    try await cluster.lab.vtysh(
                        node.name, ["configure terminal", "no route-map COSMOLET permit 120"])
                }
            }
        }
    }
}

/// What the tests of the two kinds of lab share. The classes of the lab's own nodes are as they have them.
enum FRRConfigLab {
    static let configuration = """
        bgp: {asn: 65001}
        classes:
          default: {tag: 100, communities: ["65001:100"]}
          gold:
            tag: 120
            communities: ["65001:120", "65001:150"]
            largeCommunities: ["65001:120:1"]
            localPreference: 300
            med: 7
            asPathPrepend: [65001, 65001]
            origin: igp
          manual: {tag: 198, communities: ["65001:198"]}
          drain: {tag: 199, communities: ["65001:199", graceful-shutdown]}
        announce: {allowedPrefixes: [198.51.100.0/24, "2001:db8:51::/64"]}

        """

    /// What `cosmolet frr-config` prints for it.
    static func print(_ provider: String, _ options: String...) async throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("frr-\(UUID().uuidString).yaml").path
        try configuration.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        return try await Command.run(
            LabEnvironment.cosmolet, ["frr-config", "--config", file, "--provider", provider] + options)
    }

    /// Has a node's own vtysh read a file without carrying it out.
    static func check(_ text: String, _ lab: Lab, _ node: LabDescription.Node) async throws {
        let name = "check-\(UUID().uuidString.prefix(8)).conf"
        let file = "\(lab.description.dir)/\(node.name)/etc/\(node.name)/\(name)"
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await lab.vtysh(node.name, options: ["-C", "-f", "/etc/frr/\(node.name)/\(name)"])
    }
}
