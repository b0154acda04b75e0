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
                try await node.end(lab)
                try result.get()
            }
        }

        /// Where BGP does not take mgmtd's table the node stays with the module: over a restart of bgpd, and over a time without
        /// any VIP.
        @Test func aNodeThatStaysWithTheModuleAnnouncesWhatComesLater() async throws {
            let lab = try ModuleLabEnvironment.lab()
            let description = try #require(lab.description.nodes.first { $0.northboundSocket != nil })
            let node = try await SwitchedNode(description, number: 5)
            let result: Result<Void, any Error>
            do { result = .success(try await stay(node, lab)) } catch { result = .failure(error) }
            _ = try await lab.vtysh(description.name, ["configure terminal"] + Self.omissions[0].end)
            try await node.end(lab)
            _ = try await lab.vtysh(description.name, ["write memory"])
            try result.get()
        }

        private func stay(_ node: SwitchedNode, _ lab: Lab) async throws {
            let lines = Self.omissions[0]
            _ = try await lab.vtysh(node.node.name, ["configure terminal"] + lines.make)
            // A bgpd that is restarted has what its configuration file says.
            _ = try await lab.vtysh(node.node.name, ["write memory"])
            var process = try await node.start("bgpd")
            try await node.commit("begin", [.set(Network(prefix: node.lasting[0]))])
            await process.process.stop()
            process = try await node.start("mgmtd")
            _ = try await process.process.line(containing: "\"stayed\"")
            try await wait(for: node.lasting[0], node, lab)
            try await lab.daemon(node.node.name, "bgpd", "kill")
            try await lab.daemon(node.node.name, "bgpd", "start", loadsConfiguration: true)
            try await lab.waitForSessions()
            try await node.commit("after the restart", [.set(Network(prefix: node.lasting[1]))])
            try await wait(for: node.lasting[1], node, lab)
            let gone = [node.lasting[0], node.lasting[1]].map { NetworkEdit.remove($0) }
            try await node.commit("nothing", gone)
            // Longer than it takes to look for the preferred provider.
            let start = ContinuousClock.now
            try await eventually("25 seconds without a VIP", within: .seconds(60)) {
                start.duration(to: .now) > .seconds(25)
            }
            try await node.commit("after nothing", [.set(Network(prefix: node.lasting[0]))])
            try await wait(for: node.lasting[0], node, lab)
            #expect(try await node.networks(of: "mgmtd").isEmpty)
            await process.process.stop()
        }

        private func wait(for prefix: IPPrefix, _ node: SwitchedNode, _ lab: Lab) async throws {
            for router in lab.description.routers {
                let table = try await RouterTable(router)
                let nextHop = prefix.family == .ipv4 ? node.node.ipv4 : node.node.ipv6
                try await table.wait(for: "\(prefix)", nextHops: [nextHop])
                await table.stop()
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
