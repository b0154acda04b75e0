import CosmoletTesting
import Foundation
import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

extension ModuleLabTests {
    /// A node's announcements move from one provider to the other and back, while others change.
    @Suite(.timeLimit(.minutes(10))) struct ProviderSwitchTests {
        private static let rounds = 3
        /// Changes between two moves, beside those that wait for a move to end.
        private static let changes = 50

        @Test func noVIPLeavesTheRoutersWhileTheProviderChangesBackAndForth() async throws {
            let lab = try ModuleLabEnvironment.lab()
            var nodes: [SwitchedNode] = []
            for (number, node) in lab.description.nodes.filter({ $0.northboundSocket != nil }).enumerated() {
                nodes.append(try await SwitchedNode(node, number: number))
            }
            #expect(nodes.count == 2)
            let result: Result<Void, any Error>
            do { result = .success(try await play(nodes, lab)) } catch { result = .failure(error) }
            for node in nodes { try await node.end(lab) }
            try result.get()
        }

        private func play(_ nodes: [SwitchedNode], _ lab: Lab) async throws {
            var tables: [RouterTable] = []
            var monitors: [ManagedProcess] = []
            for router in lab.description.routers {
                tables.append(try await RouterTable(router))
                let monitor = ManagedProcess(
                    name: "deletions of \(router.name)", "ip", ["-n", router.namespace, "monitor", "route"])
                _ = try await monitor.phase.wait(for: "ip monitor") { $0 != .starting }
                monitors.append(monitor)
            }
            let processes = try await withThrowingTaskGroup(of: (Int, NorthboundProcess).self) { group in
                for (index, node) in nodes.enumerated() {
                    group.addTask { [tables] in (index, try await begin(node, tables)) }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            let samples = try await TableSamples.take(tables) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (index, node) in nodes.enumerated() {
                        let process = try #require(processes[index])
                        group.addTask { try await changeBackAndForth(node, process) }
                    }
                    try await group.waitForAll()
                }
            }
            for monitor in monitors { await monitor.stop() }
            for table in tables { await table.stop() }
            for node in nodes {
                check(samples, node)
                for (monitor, router) in zip(monitors, lab.description.routers) {
                    check(monitor.lines.value, node, router)
                }
            }
            print("provider switch: \(samples.samples.count) samples of \(tables.count) routers")
        }

        /// On the module, with the lasting VIPs at the routers.
        private func begin(_ node: SwitchedNode, _ tables: [RouterTable]) async throws -> NorthboundProcess {
            let process = try await node.start("bgpd")
            try await node.commit("begin", node.lasting.map { .set(Network(prefix: $0)) })
            for table in tables {
                for prefix in node.lasting {
                    try await table.wait(for: "\(prefix)", nextHops: [nextHop(prefix, node)])
                }
            }
            return process
        }

        private func nextHop(_ prefix: IPPrefix, _ node: SwitchedNode) -> String {
            prefix.family == .ipv4 ? node.node.ipv4 : node.node.ipv6
        }

        private func changeBackAndForth(_ node: SwitchedNode, _ first: NorthboundProcess) async throws {
            let isDone = Observed(false)
            let start = Set(node.lasting.map { Network(prefix: $0) })
            let churning = Task {
                do { return try await node.churn(until: isDone, from: start) } catch {
                    Issue.record("FRR \(node.node.frrVersion), change \(node.changes.value + 1): \(error)")
                    throw error
                }
            }
            var process = first
            defer {
                if !isDone.value { for line in process.process.lines.value.suffix(15) { print(line) } }
                isDone.update { $0 = true }
            }
            var moves = 0
            let clock = ContinuousClock()
            for round in 0..<2 * Self.rounds {
                let (old, new) = round % 2 == 0 ? ("bgpd", "mgmtd") : ("mgmtd", "bgpd")
                let before = node.changes.value
                _ = try await node.changes.wait(for: "changes") { $0 >= before + Self.changes }
                await process.process.stop()
                let began = clock.now
                process = try await node.start(new)
                try await node.client.waitUntilServing()
                print(
                    "provider switch: FRR \(node.node.frrVersion) \(old) → \(new) in \(began.duration(to: clock.now))")
                #expect(try await node.networks(of: old).isEmpty)
                #expect(Set(try await node.networks(of: new).map(\.prefix)).isSuperset(of: node.lasting))
                #expect(try await node.client.capabilities().management?.provider == new)
                moves += 1
            }
            isDone.update { $0 = true }
            let wanted = try await churning.value
            #expect(try await node.networks(of: "bgpd") == wanted)
            #expect(try await node.client.get(.config) == wanted)
            let records = try await node.client.listTransactions(TransactionFilter(limit: 100_000))
            let causes = records.filter { $0.kind == .providerMove }.flatMap(\.cause)
            #expect(causes.count(where: { $0.contains("removed from") }) == moves, "\(causes)")
            #expect(records.allSatisfy { $0.kind != .observed || $0.sequence == 1 })
            print("provider switch: FRR \(node.node.frrVersion): \(node.changes.value) changes meanwhile")
            await process.process.stop()
        }

        // MARK: - What the routers saw

        private func check(_ samples: TableSamples, _ node: SwitchedNode) {
            for (index, sample) in samples.samples.enumerated() {
                for (router, table) in sample {
                    let gone = node.lasting.filter { table["\($0)"] != [nextHop($0, node)] }
                    #expect(gone.isEmpty, "sample \(index): \(router) lacks \(gone.count), \(gone.prefix(3))")
                }
            }
        }

        /// The kernel tells of every route that is deleted, also between two samples.
        private func check(_ lines: [String], _ node: SwitchedNode, _ router: LabDescription.Router) {
            let lasting = deletions(of: node.lasting, in: lines)
            #expect(lasting.isEmpty, "\(router.name) deleted \(lasting.count) routes, \(lasting.prefix(3))")
            // And it did see the withdrawals that were meant.
            #expect(!deletions(of: node.fleeting, in: lines).isEmpty, "\(router.name), \(node.node.name)")
        }

        private func deletions(of prefixes: [IPPrefix], in lines: [String]) -> [String] {
            let addresses = Set(prefixes.map { "\($0.address)" })
            return lines.filter { line in
                let words = line.split(separator: " ")
                return words.first == "Deleted"
                    && words.contains { addresses.contains(String($0.split(separator: "/")[0])) }
            }
        }
    }
}
