internal import CosmoletTesting
internal import NetworkTypes

/// The lab with its routers' tables.
struct Fabric: Sendable {
    /// When a router had learnt what was awaited of one prefix.
    struct Arrival: Sendable {
        var router: String
        var prefix: String
        /// Just before the change.
        var start: ContinuousClock.Instant
        var at: ContinuousClock.Instant

        var duration: Duration { start.duration(to: at) }
    }

    /// What shall be in a router's table: the names of the nodes that a prefix leads to; empty for no route.
    typealias Expectation = [IPPrefix: Set<String>]

    let lab: Lab
    /// In the lab's order of routers.
    let tables: [RouterTable]

    var nodes: [LabDescription.Node] { lab.description.nodes }

    /// Follows the routers of a lab.
    static func follow(_ lab: Lab) async throws -> Fabric {
        var tables: [RouterTable] = []
        for router in lab.description.routers { tables.append(try await RouterTable(router)) }
        return Fabric(lab: lab, tables: tables)
    }

    func stop() async {
        for table in tables { await table.stop() }
    }

    /// The next hop that a node's routes have.
    func nextHop(of prefix: IPPrefix, _ node: LabDescription.Node) -> String {
        prefix.family == .ipv4 ? node.ipv4 : node.ipv6
    }

    /// The node that a next hop belongs to.
    func node(at nextHop: String) -> LabDescription.Node? {
        nodes.first { $0.ipv4 == nextHop || $0.ipv6 == nextHop }
    }

    /// Does something and waits until every router shows exactly what is expected of it, and is quiet.
    ///
    /// - Returns: how long each router took for each prefix, by the kernel's report, from just before the action.
    /// - Throws: `DeadlineExceeded`, naming router, prefix and what is there; what the action throws.
    func expect(
        _ expectation: Expectation, timeout: Duration = .seconds(20),
        after action: @Sendable () async throws -> Void = {}
    ) async throws -> [Arrival] {
        // The prefix goes as text: with an IPPrefix in the result, the child tasks crashed when they started (Swift 6.3.1,
        // debug build; not reproduced in small).
        try await withThrowingTaskGroup(of: (String, String, ContinuousClock.Instant).self) { group in
            for table in tables {
                for (prefix, names) in expectation {
                    let nextHops = Set(nodes.filter { names.contains($0.name) }.map { nextHop(of: prefix, $0) })
                    let text = "\(prefix)"
                    group.addTask {
                        let at = try await table.wait(for: text, nextHops: nextHops, timeout: timeout)
                        return (table.router.name, text, at)
                    }
                }
            }
            let start = ContinuousClock.now
            try await action()
            var arrivals: [Arrival] = []
            for try await (router, prefix, at) in group {
                arrivals.append(Arrival(router: router, prefix: prefix, start: start, at: at))
            }
            for table in tables { try await table.settle() }
            return arrivals.sorted { ($0.router, $0.prefix) < ($1.router, $1.prefix) }
        }
    }

    /// The routes that lead to the nodes, by router and prefix.
    func routes() -> [String: [String: [String]]] {
        Dictionary(
            uniqueKeysWithValues: tables.map { table in
                let routes = table.snapshot.value.routes.mapValues { $0.filter { node(at: $0) != nil }.sorted() }
                return (table.router.name, routes.filter { !$0.value.isEmpty })
            })
    }

    /// The same for an expectation: what every router should show.
    func routes(_ expectation: Expectation) -> [String: [String]] {
        expectation.reduce(into: [:]) { result, entry in
            let nextHops = nodes.filter { entry.value.contains($0.name) }.map { nextHop(of: entry.key, $0) }
            if !nextHops.isEmpty { result["\(entry.key)"] = nextHops.sorted() }
        }
    }
}

extension LabDescription.Node {
    /// `FRR 10.3`, without the patch level, for people.
    var release: String { "FRR " + frrVersion.split(separator: ".").prefix(2).joined(separator: ".") }
}
