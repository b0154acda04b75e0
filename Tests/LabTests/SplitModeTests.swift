import CosmoletTesting
import Foundation
import Testing

extension LabTests {
    /// Two processes per node: the agent holds Kubernetes, the northbound holds FRR.
    @Suite(.timeLimit(.minutes(3))) struct SplitModeTests {
        /// A northbound process beside one node's FRR, with its files in a folder of its own.
        private struct Northbound: Sendable {
            let process: ManagedProcess
            let endpoint: String
            let commits: String
        }

        private func start(_ node: LabDescription.Node, in folder: String) async throws -> Northbound {
            let endpoint = "zmq+ipc://\(folder)/\(node.name)/nb.sock"
            let commits = "zmq+ipc://\(folder)/\(node.name)/commits.sock"
            let process = ManagedProcess(
                name: "northbound of \(node.name)", LabEnvironment.cosmolet,
                [
                    "northbound", "--listen", endpoint, "--publish", commits, "--journal",
                    "\(folder)/\(node.name)/journal.sqlite", "--socket", node.managementSocket, "--http", "off",
                    "--log-format", "json",
                ])
            _ = try await process.line(containing: "session with FRR open")
            return Northbound(process: process, endpoint: endpoint, commits: commits)
        }

        private func withFolder(_ body: (String) async throws -> Void) async throws {
            let folder = "/tmp/nb-\(UUID().uuidString.prefix(8))"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try await body(folder)
        }

        private func cosmolet(_ arguments: String...) async throws -> String {
            try await Command.run(LabEnvironment.cosmolet, arguments)
        }

        @Test func announcesThroughTheNorthboundAndSurvivesItsDeath() async throws {
            try await withFolder { folder in
                try await Cluster.with(agents: false) { cluster in
                    let northbounds = Observed<[String: Northbound]>([:])
                    for node in cluster.nodes {
                        let northbound = try await start(node, in: folder)
                        northbounds.update { $0[node.name] = northbound }
                        cluster.startAgent(node, northbound: northbound.endpoint)
                    }
                    try cluster.createService("web", vips: ["198.51.100.10", "2001:db8:51::10"])
                    for vip in ["198.51.100.10", "2001:db8:51::10"] {
                        try await cluster.expectNextHops(vip, cluster.nodes)
                    }
                    let taken = try await TableSamples.take(cluster.routers) {
                        for node in cluster.nodes {
                            let killed = try #require(northbounds.value[node.name]).process
                            killed.signal(SIGKILL)
                            try await killed.waitForEnd()
                            let again = try await start(node, in: folder)
                            northbounds.update { $0[node.name] = again }
                        }
                    }
                    for sample in taken.samples { #expect(sample == taken.samples[0]) }
                    #expect(taken.changedRouters == [])
                    try cluster.setReady("web", on: [cluster.nodes[0]])
                    try await cluster.expectNextHops("198.51.100.10", [cluster.nodes[0]])
                    await cluster.stopAgents()
                    for northbound in northbounds.value.values { await northbound.process.stop() }
                }
            }
        }

        @Test func rollbackBringsTheRoutersBack() async throws {
            try await withFolder { folder in
                try await Cluster.with(agents: false) { cluster in
                    let node = cluster.nodes[1]
                    let northbound = try await start(node, in: folder)
                    cluster.startAgent(node, northbound: northbound.endpoint)
                    try cluster.createService("web", vips: ["198.51.100.10"])
                    try await cluster.expectNextHops("198.51.100.10", [node])
                    try cluster.createService("api", vips: ["198.51.100.11"])
                    try await cluster.expectNextHops("198.51.100.11", [node])
                    await cluster.stopAgents()
                    struct Record: Decodable {
                        var id: String
                        var sequence: Int
                        var cause: [String]
                    }
                    let lines = try await cosmolet("commits", "export", "--northbound", northbound.endpoint)
                        .split(separator: "\n")
                    let records = try lines.map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) }
                    let first = try #require(records.first { $0.cause.contains { $0.hasPrefix("default/web:") } })
                    let page = try await cosmolet("commits", "rollback", first.id, "--northbound", northbound.endpoint)
                    #expect(page.contains("kind         rollback") && page.contains("outcome      applied"))
                    try await cluster.expectNextHops("198.51.100.11", [])
                    try await cluster.expectNextHops("198.51.100.10", [node])
                    let list = try await cosmolet("commits", "list", "--northbound", northbound.endpoint)
                    #expect(list.contains("-198.51.100.11/32"))
                    await northbound.process.stop()
                }
            }
        }
    }
}
