import CosmoletTesting
import Foundation
import KubeSim
import Testing

extension LabTests {
    /// The rules from the objects to both routers, on both generations of FRR, IPv4 and IPv6. The rows are in `LiveRows`;
    /// all rows of a table live in one cluster, so that the routers' whole tables can be compared.
    @Suite(.timeLimit(.minutes(10))) struct AnnouncementRulesTests {
        @Test func mainRowsThenTheirChangesThenNodeSignals() async throws {
            try await Cluster.with(agents: false, configuration: LiveRows.main) { cluster in
                let live = try LiveCluster(cluster, LiveRows.mainRows)
                for node in cluster.nodes {
                    _ = try cluster.server.store.patch(
                        .nodes, name: node.name, subresource: "status", patch: LiveSignal.healthy)
                }
                try await cluster.startAgents()
                try live.readLogs()
                try await live.expect { ($0.ipv4, $0.ipv6) }
                try live.change()
                try await live.expect { $0.next.map { ($0.ipv4, $0.ipv6) } ?? ($0.ipv4, $0.ipv6) }
                try await live.signal(LiveSignal.all)
                print("live rules: \(live.rows.count) rows, \(live.rows.count(where: { $0.next != nil })) changes")
            }
        }

        @Test func rowsWithSelectorsThatIncludeAndSignalsThatAreOff() async throws {
            try await Cluster.with(agents: false, configuration: LiveRows.included) { cluster in
                let live = try LiveCluster(cluster, LiveRows.includedRows)
                for node in cluster.nodes {
                    _ = try cluster.server.store.patch(
                        .nodes, name: node.name, subresource: "status",
                        patch: LiveSignal.conditions(ready: "False", networkUnavailable: "True"))
                    let label = "node.kubernetes.io/exclude-from-external-load-balancers"
                    _ = try cluster.server.store.patch(
                        .nodes, name: node.name, patch: ["metadata": ["labels": .object([label: ""])]])
                }
                _ = try cluster.server.store.patch(
                    .namespaces, name: "default", patch: ["metadata": ["labels": ["bgp": "yes"]]])
                try await cluster.startAgents()
                try live.readLogs()
                try await live.expect { ($0.ipv4, $0.ipv6) }
                try live.change()
                try await live.expect { $0.next.map { ($0.ipv4, $0.ipv6) } ?? ($0.ipv4, $0.ipv6) }
            }
        }
    }
}

/// What is not as the rows say.
private struct LiveMismatch: Error, CustomStringConvertible {
    var description: String
}

/// The rows of one table in a cluster.
private final class LiveCluster: Sendable {
    let rows: [LiveRow]
    private let cluster: Cluster
    private let objects: LiveObjects
    private let logs = Observed<[DecisionReader]>([])

    /// Puts all objects there.
    init(_ cluster: Cluster, _ rows: [LiveRow]) throws {
        self.cluster = cluster
        self.rows = rows
        let store = cluster.server.store
        for (name, tier) in [("hidden", "public"), ("internal", "internal")] {
            _ = try store.create(
                .namespaces, object: ["metadata": ["name": .string(name), "labels": ["tier": .string(tier)]]])
        }
        objects = LiveObjects(store: store, nodes: cluster.nodes)
        for (index, row) in rows.enumerated() { try objects.put(row.services, of: row, Self.number(index)) }
    }

    private static func number(_ index: Int) -> Int { 10 + index }

    /// To be called once the agents run.
    func readLogs() throws {
        let readers = try cluster.nodes.map { DecisionReader(try cluster.agent($0)) }
        logs.update { $0 = readers }
    }

    /// Lets happen what happens to the rows.
    func change() throws {
        for (index, row) in rows.enumerated() {
            guard let next = row.next else { continue }
            try objects.put(next.services, of: row, Self.number(index))
        }
    }

    // MARK: - What must be

    private typealias Outcomes = (LiveOutcome, LiveOutcome)

    /// Waits until the agents say so, and both routers have exactly that.
    func expect(_ outcomes: (LiveRow) -> (LiveOutcome, LiveOutcome)) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        var paths: RouterPaths = [:]
        for (index, row) in rows.enumerated() {
            let outcome = outcomes(row)
            for (text, its) in zip(LiveRow.addresses(row.range, Self.number(index)), [outcome.0, outcome.1]) {
                try await expectReasons(row, text, its)
                add(text, its, to: &paths)
            }
            for (text, reason) in row.others {
                try await expectReasons(row, text, LiveOutcome(a: (reason, nil), b: (reason, nil)))
            }
        }
        try await expect(paths)
        print(
            "live rules: \(paths.count) of \(2 * rows.count) VIPs at the routers after \(start.duration(to: clock.now))"
        )
    }

    private func add(_ text: String, _ outcome: LiveOutcome, to paths: inout RouterPaths) {
        for (node, its) in zip(cluster.nodes, [outcome.a, outcome.b]) {
            guard let name = its.class else { continue }
            let isIPv6 = text.contains(":")
            let community = name == "drain" ? "65001:199" : "65001:100"
            paths[text + (isIPv6 ? "/128" : "/32"), default: [:]][isIPv6 ? node.ipv6 : node.ipv4] = community
        }
    }

    /// One of the owners has the reason.
    private func expectReasons(_ row: LiveRow, _ text: String, _ outcome: LiveOutcome) async throws {
        for (reader, reason) in zip(logs.value, [outcome.a.reason, outcome.b.reason]) where !reason.isEmpty {
            let entries = row.services.enumerated().map { index, service in
                DecisionReader.Entry(
                    service: "\(service.namespace)/\(row.name)" + (index == 0 ? "" : "-\(index + 1)"), text: text)
            }
            var last: [String?] = []
            do {
                try await eventually("reason \(reason)", within: .seconds(15)) {
                    let reasons = try reader.reasons()
                    last = entries.map { reasons[$0] }
                    return last.contains(reason)
                }
            } catch let error as DeadlineExceeded {
                throw LiveMismatch(description: "\(row.name), \(text): \(error), but \(last)")
            }
        }
    }

    /// Kernels first, since they tell when they change; then the paths with their communities.
    private func expect(_ paths: RouterPaths) async throws {
        let nextHops = paths.mapValues { its in
            // Class drain is the last choice.
            let plain = its.filter { $0.value != "65001:199" }
            return Set((plain.isEmpty ? its : plain).keys)
        }
        for router in cluster.routers {
            do {
                _ = try await router.snapshot.wait(for: "the routes", timeout: .seconds(15)) { $0.routes == nextHops }
            } catch {
                let routes = router.snapshot.value.routes
                let wrong = Set(routes.keys).union(nextHops.keys).filter { routes[$0] != nextHops[$0] }.sorted()
                    .map { "\($0): \(routes[$0] ?? []), not \(nextHops[$0] ?? [])" }
                throw LiveMismatch(description: "\(router.router.name): \(wrong.joined(separator: "; "))")
            }
            var last: RouterPaths = [:]
            do {
                try await eventually("the paths", within: .seconds(15)) {
                    last = try await cluster.lab.paths(router.router.name).mapValues { its in
                        its.mapValues { $0.first { $0.hasPrefix("65001:") } ?? "" }
                    }
                    return last == paths
                }
            } catch is DeadlineExceeded {
                let wrong = Set(last.keys).union(paths.keys).filter { last[$0] != paths[$0] }.sorted()
                    .map { "\($0): \(last[$0] ?? [:]), not \(paths[$0] ?? [:])" }
                throw LiveMismatch(description: "\(router.router.name): \(wrong.joined(separator: "; "))")
            }
        }
    }

    /// Class community by next hop, by prefix.
    private typealias RouterPaths = [String: [String: String]]

    // MARK: - Node signals

    /// Each signal on the first node while the next one is on the second node, so that each comes to each.
    func signal(_ signals: [LiveSignal]) async throws {
        for index in signals.indices {
            let active = [signals[index], signals[(index + 1) % signals.count]]
            for (node, (signal, old)) in zip(cluster.nodes, zip(active, previous(index, signals))) {
                if let old { try patch(node, old, old.undo) }
                try patch(node, signal, signal.patch)
            }
            var paths: RouterPaths = [:]
            for (number, row) in rows.enumerated() {
                let outcome = row.next.map { ($0.ipv4, $0.ipv6) } ?? (row.ipv4, row.ipv6)
                for (text, its) in zip(LiveRow.addresses(row.range, Self.number(number)), [outcome.0, outcome.1]) {
                    add(text, its.under(active, isLoadBalancer: row.range == .loadBalancer), to: &paths)
                }
            }
            try await expect(paths)
            // The first row is one that is announced by both.
            let reasons = LiveOutcome(a: (active[0].reason, nil), b: (active[1].reason, nil))
            try await expectReasons(rows[0], LiveRow.addresses(.loadBalancer, Self.number(0))[0], reasons)
        }
    }

    private func previous(_ index: Int, _ signals: [LiveSignal]) -> [LiveSignal?] {
        index == 0 ? [nil, nil] : [signals[index - 1], signals[index]]
    }

    private func patch(_ node: LabDescription.Node, _ signal: LiveSignal, _ patch: JSONValue) throws {
        _ = try cluster.server.store.patch(
            .nodes, name: node.name, subresource: signal.subresource, patch: patch)
    }
}

extension LiveOutcome {
    /// What is left of it under a signal of each node.
    fileprivate func under(_ signals: [LiveSignal], isLoadBalancer: Bool) -> LiveOutcome {
        func left(_ its: (reason: String, class: String?), _ signal: LiveSignal) -> (String, String?) {
            switch signal.effect {
            case .nothing: its
            case .loadBalancerIPs: isLoadBalancer ? (signal.reason, nil) : its
            case .everything: (signal.reason, nil)
            }
        }
        return LiveOutcome(a: left(a, signals[0]), b: left(b, signals[1]))
    }
}
