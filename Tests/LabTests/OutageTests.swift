import CosmoletTesting
import Foundation
import KubeSim
import Testing

extension LabTests {
    /// What the routers see while the API server is away or wrong, and agents die: nothing.
    @Suite(.timeLimit(.minutes(10))) struct OutageTests {
        /// More than the fuse lets through.
        private static let numbers = 10..<22

        /// Runs a closure in which no route may change, between two looks either.
        private func expectNoChange(_ cluster: Cluster, during body: @Sendable () async throws -> Void) async throws {
            let taken = try await TableSamples.take(cluster.routers, during: body)
            for sample in taken.samples { #expect(sample == taken.samples[0]) }
            #expect(taken.changedRouters == [])
        }

        private func announce(_ cluster: Cluster, _ numbers: Range<Int> = OutageTests.numbers) async throws {
            for index in numbers {
                try cluster.createService("s\(index)", vips: ["198.51.100.\(index)", "2001:db8:51::\(index)"])
            }
            for router in cluster.routers {
                _ = try await router.snapshot.wait(for: "all VIPs with two paths on \(router.router.name)") {
                    $0.routes.count == 2 * numbers.count && $0.routes.values.allSatisfy { $0.count == 2 }
                }
            }
        }

        @Test func serverGoesComesBackAndIsReplacedByAnEmptyOne() async throws {
            try await Cluster.with { cluster in
                try await announce(cluster)
                let manifest = try cluster.api.manifest()
                try await expectNoChange(cluster) {
                    try await stop(cluster)
                    try await cluster.api.startAnother(with: manifest)
                    try await expectFresh(cluster)

                    let before = try lineCounts(cluster)
                    try await stop(cluster)
                    try await cluster.api.startAnother()
                    // Without the own Node nothing is decided.
                    for node in cluster.nodes {
                        _ = try await cluster.agent(node).line(
                            containing: "own Node object not found", from: before[node.name] ?? 0, timeout: .seconds(60)
                        )
                        let address = try await cluster.httpAddress(node)
                        #expect(try await HTTPProbe.get(address, "/readyz").status == 503)
                    }
                    try cluster.registerNodes()
                    try await expectFuseHolds(cluster, from: before)
                    try await killAndRestart(cluster)
                    try await expectFuseHolds(cluster, from: [:])
                }
                // A value that comes with a list would be no news.
                try await cluster.server.store.waitForWatches(.nodes, atLeast: 2)
                _ = try await Command.run(
                    "kubectl",
                    [
                        "--kubeconfig", cluster.kubeconfig, "annotate", "node", "--all",
                        "cosmolet.io/release-fuse=they-are-gone",
                    ])
                for router in cluster.routers {
                    _ = try await router.snapshot.wait(for: "no VIP on \(router.router.name)") { $0.routes.isEmpty }
                }
                for node in cluster.nodes {
                    let address = try await cluster.httpAddress(node)
                    try await eventually("no VIP held by the fuse") {
                        try await metric("cosmolet_fuse_held_vips", address) == 0
                    }
                    #expect(try await HTTPProbe.get(address, "/readyz").status == 200)
                }
            }
        }

        /// Fewer than the fuse lets go by news.
        @Test func fewVIPsOutliveAnEmptyServerToo() async throws {
            try await Cluster.with { cluster in
                try await announce(cluster, 10..<12)
                try await expectNoChange(cluster) {
                    let before = try lineCounts(cluster)
                    try await stop(cluster)
                    try await cluster.api.startAnother()
                    for node in cluster.nodes {
                        _ = try await cluster.agent(node).line(
                            containing: "own Node object not found", from: before[node.name] ?? 0, timeout: .seconds(60)
                        )
                    }
                    try cluster.registerNodes()
                    try await expectFuseHolds(cluster, from: before, count: 4)
                }
            }
        }

        @Test func agentKilledInADrainBeginsItsHoldTimeAnew() async throws {
            let hold = Duration.seconds(2)
            try await Cluster.with(configuration: "drain: {holdSeconds: 2}") { cluster in
                try cluster.createService("web", vips: ["198.51.100.10", "2001:db8:51::10"])
                for vip in ["198.51.100.10", "2001:db8:51::10"] {
                    try await cluster.expectNextHops(vip, cluster.nodes)
                }
                for node in cluster.nodes {
                    _ = try cluster.server.store.patch(
                        .nodes, name: node.name,
                        patch: ["metadata": ["annotations": ["cosmolet.io/drain": "true"]]])
                }
                try await expectDrain(cluster)
                let clock = ContinuousClock()
                let killed = clock.now
                try await expectNoChange(cluster) {
                    for node in cluster.nodes { try await kill(node, cluster) }
                    // Longer than the drain would have lasted.
                    try await eventually("class drain until the end", within: .seconds(20)) {
                        try await expectDrain(cluster)
                        return killed.duration(to: clock.now) > hold + .seconds(1)
                    }
                }
                let restarted = clock.now
                for node in cluster.nodes { cluster.startAgent(node) }
                for router in cluster.routers {
                    let empty = try await router.snapshot.wait(for: "no VIP on \(router.router.name)") {
                        $0.routes.isEmpty
                    }
                    #expect(restarted.duration(to: empty.changedAt) >= hold)
                }
                for node in cluster.nodes {
                    let commits = try cluster.agent(node).lines.value.filter { $0.contains("\"message\":\"commit\"") }
                    #expect(commits.count == 1)
                    #expect(commits.first?.contains(#""edits":["-198.51.100.10/32","-2001:db8:51::10/128"]"#) == true)
                }
            }
        }

        // MARK: - Agents

        private func lineCounts(_ cluster: Cluster) throws -> [String: Int] {
            Dictionary(
                uniqueKeysWithValues: try cluster.nodes.map { ($0.name, try cluster.agent($0).lines.value.count) })
        }

        private func kill(_ node: LabDescription.Node, _ cluster: Cluster) async throws {
            let agent = try cluster.agent(node)
            agent.signal(SIGKILL)
            try await agent.waitForEnd()
        }

        private func killAndRestart(_ cluster: Cluster) async throws {
            for node in cluster.nodes {
                try await kill(node, cluster)
                cluster.startAgent(node)
            }
        }

        private func expectFuseHolds(
            _ cluster: Cluster, from before: [String: Int], count: Int = 24
        ) async throws {
            for node in cluster.nodes {
                let line = try await cluster.agent(node).line(
                    containing: "the fuse holds withdrawals back", from: before[node.name] ?? 0, timeout: .seconds(60))
                #expect(line.contains("\"count\":\"\(count)\""))
                let address = try await cluster.httpAddress(node)
                #expect(try await metric("cosmolet_fuse_held_vips", address) == Double(count))
            }
        }

        private func expectDrain(_ cluster: Cluster) async throws {
            for router in cluster.routers {
                try await eventually("class drain on \(router.router.name)", within: .seconds(20)) {
                    let paths = try await cluster.lab.paths(router.router.name)
                    return paths.count == 2
                        && paths.values.allSatisfy { its in
                            its.count == 2 && its.values.allSatisfy { $0.contains("65535:0") }
                        }
                }
            }
        }

        // MARK: - Metrics

        private static let resources = ["services", "endpointslices", "nodes"]

        /// The value of a metric, by its name with its labels.
        private func metric(_ name: String, _ address: String) async throws -> Double? {
            let body = try await HTTPProbe.get(address, "/metrics").body
            let line = body.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            return line.flatMap { Double($0.dropFirst(name.count + 1)) }
        }

        private func watches(_ node: LabDescription.Node, _ cluster: Cluster) async throws -> [(Double?, Double?)] {
            let address = try await cluster.httpAddress(node)
            var result: [(Double?, Double?)] = []
            for resource in Self.resources {
                result.append(
                    (
                        try await metric("cosmolet_watch_connected{resource=\"\(resource)\"}", address),
                        try await metric("cosmolet_watch_lag_seconds{resource=\"\(resource)\"}", address)
                    ))
            }
            return result
        }

        /// Stops the server, and returns when every watch was refused a connection and the metrics say how old the news is.
        private func stop(_ cluster: Cluster) async throws {
            let before = try lineCounts(cluster)
            await cluster.api.stop()
            for node in cluster.nodes {
                for path in ["/api/v1/services", "/apis/discovery.k8s.io/v1/endpointslices", "/api/v1/nodes"] {
                    _ = try await cluster.agent(node).line(
                        containing: "connectionFailed: GET \(path)", from: before[node.name] ?? 0,
                        timeout: .seconds(60))
                }
                try await eventually("watches that are closed and lag") {
                    try await watches(node, cluster).allSatisfy { $0.0 == 0 && ($0.1 ?? 0) >= 2 }
                }
            }
        }

        private func expectFresh(_ cluster: Cluster) async throws {
            for node in cluster.nodes {
                try await eventually("watches that are open and do not lag") {
                    try await watches(node, cluster).allSatisfy { $0.0 == 1 && ($0.1 ?? 99) < 2 }
                }
            }
        }
    }
}
