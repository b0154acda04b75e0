import CosmoletTesting
import Foundation
import KubeSim
import Northbound
import Testing

extension LabTests {
    /// Traffic through the fabric while nodes are drained and come back.
    @Suite(.timeLimit(.minutes(10))) struct DrainTests {
        @Test func orderedDrainLosesNoPacket() async throws { try await DrainScenario().run(.mgmtd) }
    }
}

extension ModuleLabTests {
    /// The same with nodes whose bgpd has the module.
    @Suite(.timeLimit(.minutes(10))) struct ModuleDrainTests {
        @Test func orderedDrainLosesNoPacket() async throws { try await DrainScenario().run(.bgpd) }
    }
}

/// Each node is drained and comes back, while datagrams go to its VIPs and its programs end in between.
private struct DrainScenario: Sendable {
    private static let vips = ["198.51.100.10", "198.51.100.11", "2001:db8:51::10", "2001:db8:51::11"]

    func run(_ provider: Cluster.Provider) async throws {
        try await Cluster.with(provider, configuration: "drain: {holdSeconds: 3}") { cluster in
            try cluster.createService("web", vips: Self.vips)
            try await expect(cluster, cluster.nodes)
            try await LabProbe.with(cluster.lab, nodes: cluster.nodes, vips: Self.vips) { probe in
                probe.begin()
                for node in cluster.nodes {
                    let history = try await PathHistory.watch(
                        cluster,
                        during: {
                            try await drainAndBack(node, cluster, probe)
                        })
                    for (path, states) in history where path.node == node.name {
                        #expect(states == ["default", "drain", "none", "default"], "\(path)")
                    }
                    for (path, states) in history where path.node != node.name {
                        #expect(states == ["default"], "\(path)")
                    }
                    #expect(history.count == 16)
                }
                for (router, report) in try await probe.end() {
                    #expect(report.unanswered == 0, "\(router)")
                    #expect(report.sent > 1000, "\(router)")
                    print(
                        "drain: behind \(router) \(report.sent) sent, \(report.unanswered) lost, gap \(report.gap) ms"
                    )
                }
                try await expectThatTheProbeSeesLoss(cluster, probe)
            }
        }
    }

    /// What a node that is drained does: its programs end once the routers have turned away from it.
    private func drainAndBack(
        _ node: LabDescription.Node, _ cluster: Cluster, _ probe: LabProbe
    ) async throws {
        let others = cluster.nodes.filter { $0.name != node.name }
        try await probe.expectAnswers(from: cluster.nodes)
        try annotate(node, "true", cluster)
        try await expect(cluster, others)
        try await probe.expectAnswers(from: others)
        await probe.stopAnswering(on: node)
        try await eventually("withdrawal by \(node.name)", within: .seconds(30)) {
            try await cluster.withSession(node) { try await $0.networks().isEmpty }
        }
        try await probe.answer(on: node)
        try annotate(node, nil, cluster)
        try await expect(cluster, cluster.nodes)
        try await probe.expectAnswers(from: cluster.nodes)
    }

    /// The other way round: who does not drain loses what the routers still send.
    private func expectThatTheProbeSeesLoss(_ cluster: Cluster, _ probe: LabProbe) async throws {
        probe.begin()
        try await probe.expectAnswers(from: cluster.nodes)
        await probe.stopAnswering(on: cluster.nodes[0])
        try cluster.setReady("web", on: [cluster.nodes[1]])
        try await expect(cluster, [cluster.nodes[1]])
        for (router, report) in try await probe.end() { #expect(report.unanswered > 0, "\(router)") }
    }

    private func expect(_ cluster: Cluster, _ nodes: [LabDescription.Node]) async throws {
        for vip in Self.vips { try await cluster.expectNextHops(vip, nodes) }
    }

    private func annotate(_ node: LabDescription.Node, _ value: String?, _ cluster: Cluster) throws {
        _ = try cluster.server.store.patch(
            .nodes, name: node.name,
            patch: ["metadata": ["annotations": ["cosmolet.io/drain": value.map { .string($0) } ?? .null]]])
    }
}

/// What the routers know of each path, read again and again: each state once, in order.
struct PathHistory: Sendable {
    /// A path of a router.
    struct Path: Hashable, Sendable {
        var router: String
        var prefix: String
        /// The node that sent it.
        var node: String
    }

    /// States of a path: `default`, `drain` (with GRACEFUL_SHUTDOWN), `none`.
    static func watch(
        _ cluster: Cluster, during body: () async throws -> Void
    ) async throws -> [Path: [String]] {
        let isDone = Observed(false)
        let begun = Observed<Set<String>>([])
        let routers = cluster.routers.map(\.router.name)
        let readers = routers.map { router in Task { try await read(router, cluster, begun, until: isDone) } }
        _ = try await begun.wait(for: "paths of the routers") { $0.count == routers.count }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        isDone.update { $0 = true }
        var histories: [Path: [String]] = [:]
        for reader in readers { histories.merge(try await reader.value) { $1 } }
        try result.get()
        return histories
    }

    private static func read(
        _ router: String, _ cluster: Cluster, _ begun: Observed<Set<String>>, until isDone: Observed<Bool>
    ) async throws -> [Path: [String]] {
        var histories: [Path: [String]] = [:]
        var isLast = false
        while !isLast {
            // One more after the end, to have seen it.
            isLast = isDone.value
            let prefixes = try await cluster.lab.paths(router)
            for (prefix, paths) in prefixes {
                for node in cluster.nodes {
                    let path = Path(router: router, prefix: prefix, node: node.name)
                    let communities = paths[prefix.contains(":") ? node.ipv6 : node.ipv4]
                    let state = communities.map { $0.contains("65535:0") ? "drain" : "default" } ?? "none"
                    if histories[path]?.last != state { histories[path, default: []].append(state) }
                }
            }
            begun.update { _ = $0.insert(router) }
        }
        return histories
    }
}
