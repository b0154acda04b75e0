import CosmoletTesting
import Foundation
import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

extension ModuleLabTests {
    /// A move to mgmtd where BGP does not take mgmtd's table: refused, and no router loses anything.
    @Suite(.timeLimit(.minutes(10))) struct RedistributionTests {
        /// What an operator left out, how to put it right, and a word of the refusal.
        private struct Omission {
            var name: String
            var make: [String]
            var end: [String]
            var word: String
        }

        private static func line(_ family: String, _ no: String = "") -> [String] {
            [
                "address-family \(family) unicast", "\(no)redistribute table-direct 1790 route-map COSMOLET",
                "exit-address-family",
            ]
        }

        private static let omissions = [
            Omission(
                name: "no line",
                make: ["router bgp 65001"] + line("ipv4", "no ") + line("ipv6", "no "),
                end: ["router bgp 65001"] + line("ipv4") + line("ipv6"),
                word: "address-family ipv4 unicast: redistribute table-direct 1790 route-map COSMOLET"),
            Omission(
                name: "one family only",
                make: ["router bgp 65001"] + line("ipv6", "no "), end: ["router bgp 65001"] + line("ipv6"),
                word: "to router bgp 65001, address-family ipv6 unicast: redistribute table-direct 1790"),
            Omission(
                name: "a tag that is denied",
                make: ["route-map COSMOLET permit 100", "match tag 101"],
                end: ["route-map COSMOLET permit 100", "match tag 100"],
                word: "does the route-map COSMOLET permit its tag?"),
        ]

        @Test func nothingIsRemovedFromBGPBeforeItHasTheTable() async throws {
            let lab = try ModuleLabEnvironment.lab()
            let nodes = lab.description.nodes.filter { $0.northboundSocket != nil }
            #expect(Set(nodes.map(\.frrVersion)).count == 2)
            for (number, description) in nodes.enumerated() {
                let node = try await SwitchedNode(description, number: number)
                let result: Result<Void, any Error>
                do { result = .success(try await play(node, lab)) } catch { result = .failure(error) }
                for omission in Self.omissions {
                    _ = try await lab.vtysh(description.name, ["configure terminal"] + omission.end)
                }
                try await node.end()
                try result.get()
            }
        }

        private func play(_ node: SwitchedNode, _ lab: Lab) async throws {
            var process = try await node.start("bgpd")
            try await node.commit("begin", node.lasting.map { .set(Network(prefix: $0)) })
            for router in lab.description.routers {
                let table = try await RouterTable(router)
                for prefix in node.lasting {
                    let nextHop = prefix.family == .ipv4 ? node.node.ipv4 : node.node.ipv6
                    try await table.wait(for: "\(prefix)", nextHops: [nextHop])
                }
                await table.stop()
            }
            var monitors: [ManagedProcess] = []
            for router in lab.description.routers {
                let monitor = ManagedProcess(
                    name: "deletions of \(router.name)", "ip", ["-n", router.namespace, "monitor", "route"])
                _ = try await monitor.phase.wait(for: "ip monitor") { $0 != .starting }
                monitors.append(monitor)
            }
            for omission in Self.omissions {
                _ = try await lab.vtysh(node.node.name, ["configure terminal"] + omission.make)
                await process.process.stop()
                process = try await node.start("mgmtd")
                try await node.client.waitUntilServing(timeout: .seconds(60))
                let words = "FRR \(node.node.frrVersion), \(omission.name)"
                #expect(try await node.client.capabilities().management?.provider == "bgpd", "\(words)")
                #expect(Set(try await node.networks(of: "bgpd").map(\.prefix)) == Set(node.lasting), "\(words)")
                #expect(try await node.networks(of: "mgmtd").isEmpty, "\(words)")
                let refusal = try await process.process.line(containing: "\"stayed\"")
                #expect(refusal.contains(omission.word), "\(words): \(refusal)")
                _ = try await lab.vtysh(node.node.name, ["configure terminal"] + omission.end)
            }
            // With all of it the same northbound moves.
            await process.process.stop()
            process = try await node.start("mgmtd")
            try await node.client.waitUntilServing(timeout: .seconds(60))
            #expect(try await node.client.capabilities().management?.provider == "mgmtd")
            #expect(try await node.networks(of: "bgpd").isEmpty)
            #expect(Set(try await node.networks(of: "mgmtd").map(\.prefix)) == Set(node.lasting))
            let records = try await node.client.listTransactions(TransactionFilter(limit: 1000))
            let causes = records.filter { $0.kind == .providerMove }.flatMap(\.cause)
            #expect(causes.count(where: { $0.contains("is used on") }) == Self.omissions.count, "\(causes)")
            for monitor in monitors {
                await monitor.stop()
                let addresses = Set(node.lasting.map { "\($0.address)" })
                let lost = monitor.lines.value.filter { line in
                    let words = line.split(separator: " ")
                    return words.first == "Deleted"
                        && words.contains { addresses.contains(String($0.split(separator: "/")[0])) }
                }
                #expect(lost.isEmpty, "\(monitor.name): \(lost.count), \(lost.prefix(3))")
            }
            await process.process.stop()
        }
    }
}
