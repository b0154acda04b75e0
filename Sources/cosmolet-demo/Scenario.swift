internal import CosmoletTesting
internal import Foundation
internal import NetworkTypes

/// The story that the demo tells, each step with its check.
struct Scenario: Sendable {
    let demo: Demo
    let fabric: Fabric
    let cluster: Cluster
    /// What the routers shall show now.
    var expectation: Fabric.Expectation = [:]

    var presenter: any Presenter { demo.presenter }
    var recorder: Recorder { demo.recorder }

    /// The Service whose endpoints move, and its slices with the address of the endpoint on the first node.
    static let service = "web"
    private static let slices = [("web-ipv4", "10.244.1.10"), ("web-ipv6", "fd00:244:1::10")]

    init(demo: Demo, fabric: Fabric, cluster: Cluster) {
        self.demo = demo
        self.fabric = fabric
        self.cluster = cluster
    }

    // MARK: - Steps

    /// Gives each Service its addresses, one after the other.
    mutating func announce() async throws {
        presenter.now("Each Service gets its addresses, as from a load balancer controller; the nodes announce them.")
        var arrivals: [Report.Arrival] = []
        let services = try await cluster.plannedServices()
        for service in services {
            let wanted = Dictionary(uniqueKeysWithValues: service.prefixes.map { ($0, service.nodes) })
            arrivals += try await observe("announce", wanted) { [cluster] in
                try await cluster.assignAddresses(service)
            }
            expectation.merge(wanted) { $1 }
        }
        record("announce", "Services got their addresses", arrivals)
        try checkRoutes("after the announcement")
        for prefix in services.first(where: { $0.name == Self.service })?.prefixes ?? [] {
            for table in fabric.tables {
                let nextHops = nextHops(of: prefix, on: table)
                let kinds = nextHops.map { [$0.provider.rawValue, $0.frrVersion.isAtLeast("10.4") ? "10.4" : "10.3"] }
                try recorder.check(
                    "\(prefix) on \(table.router.name) has a next hop of each provider and FRR generation",
                    expected: "FRR 10.3 and FRR 10.4 or later, each by mgmtd and by bgpd",
                    seen: nextHops.map { "FRR \($0.frrVersion) by \($0.provider.rawValue)" }.joined(separator: ", "),
                    passed: kinds.count == 4 && Set(kinds).count == 4)
            }
        }
        try await presenter.pause()
    }

    /// Takes the endpoints of one Service off the first node, and puts them back.
    mutating func moveEndpoints() async throws {
        let node = fabric.nodes[0]
        let services = try await cluster.plannedServices()
        let prefixes = services.first { $0.name == Self.service }?.prefixes ?? []
        presenter.now("The endpoints of demo/web leave \(node.name): its path goes, the others stay.")
        try await change(
            "withdraw", "the endpoints of demo/web have left \(node.name)", prefixes,
            fabric.nodes.dropFirst().map(\.name)
        ) { [cluster] slice, _ in
            try await cluster.patchSlice(slice, #"{"op":"remove","path":"/endpoints/0"}"#)
        }
        for prefix in prefixes {
            for table in fabric.tables {
                try recorder.check(
                    "next hops of \(prefix) on \(table.router.name)", expected: fabric.nodes.count - 1,
                    seen: nextHops(of: prefix, on: table).count)
            }
        }
        try await presenter.pause()

        presenter.now("The endpoints of demo/web are on \(node.name) again: its path is back.")
        try await change(
            "announce", "the endpoints of demo/web are on \(node.name) again", prefixes, fabric.nodes.map(\.name)
        ) { [cluster] slice, address in
            try await cluster.patchSlice(
                slice,
                """
                {"op":"add","path":"/endpoints/0","value":{"addresses":["\(address)"],"nodeName":"\(node.name)",\
                "conditions":{"ready":true}}}
                """)
        }
        try await presenter.pause()
    }

    /// SIGKILL of an agent, for each provider, and its restart: the routers notice nothing.
    func killAgents() async throws {
        for node in fabric.oneOfEachProvider(\.first) {
            guard let agent = demo.agents.first(where: { $0.node.name == node.name }) else { continue }
            try await kill(agent)
        }
    }

    private func kill(_ agent: AgentProcess) async throws {
        presenter.now("kill -9 of the agent of \(agent.node.name), and its restart: nothing changes on the routers.")
        let commits = agent.commits.value.count
        let what = "kill -9 and restart of the agent of \(agent.node.name)"
        try await fabric.checkUnchanged(during: what, for: .seconds(3), recorder) {
            try await agent.daemon.kill()
            try await agent.start()
        }
        try recorder.check(
            "transactions of the restarted agent", expected: 0, seen: agent.commits.value.count - commits)
        try await presenter.pause()
    }

    /// `/metrics` and the probes of all processes.
    func checkEndpoints() async throws {
        presenter.now("Reading probes and metrics.")
        let hasPromtool = (try? await Command.run("promtool", ["--version"])) != nil
        for server in demo.nodes.flatMap(\.servers) {
            try await checkEndpoints(server.name, server.address, hasPromtool)
        }
    }

    private func checkEndpoints(_ name: String, _ address: String, _ hasPromtool: Bool) async throws {
        for probe in ["/livez", "/readyz"] {
            let answer = try await HTTPProbe.get(address, probe)
            try recorder.check(
                "\(probe) of the \(name)", expected: "200",
                seen: (["\(answer.status)"] + answer.body.split(whereSeparator: \.isNewline)).joined(separator: " "),
                passed: answer.status == 200)
        }
        guard hasPromtool else {
            presenter.result("promtool is not here: the metrics of the \(name) are not checked")
            return
        }
        let metrics = try await HTTPProbe.get(address, "/metrics").body
        let failure = try await failure {
            try await Command.run("promtool", ["check", "metrics"], input: metrics)
        }
        try recorder.check(
            "promtool check metrics, \(name)", expected: "nothing found", seen: failure ?? "nothing found")
    }

    /// SIGTERM of everything beside FRR: what is announced stays.
    func stopProcesses() async throws {
        let what = demo.mode == .split ? "agents and northbounds" : "agents"
        presenter.now("SIGTERM of all \(what): what is announced stays announced.")
        let daemons = demo.agents.map(\.daemon) + demo.nodes.compactMap(\.northbound?.daemon)
        let recorder = recorder
        try await fabric.checkUnchanged(during: "SIGTERM of all \(what)", for: .seconds(1), recorder) {
            for daemon in daemons {
                let status = await daemon.stop()
                try recorder.check("end of the \(daemon.name)", expected: "exited(0)", seen: status)
            }
        }
    }

    // MARK: - Parts of steps

    /// One change of the endpoints of `web`: family by family, so that each has its own time.
    private mutating func change(
        _ change: String, _ description: String, _ prefixes: [IPPrefix], _ nodes: [String],
        _ action: @escaping @Sendable (_ slice: String, _ address: String) async throws -> Void
    ) async throws {
        var arrivals: [Report.Arrival] = []
        for (prefix, (slice, address)) in zip(prefixes, Self.slices) {
            let wanted: Fabric.Expectation = [prefix: Set(nodes)]
            arrivals += try await observe(change, wanted) { try await action(slice, address) }
            expectation.merge(wanted) { $1 }
        }
        record(change, description, arrivals)
        try checkRoutes("when \(description)")
    }

    /// Does something and waits for what the routers shall make of it.
    func observe(
        _ change: String, _ wanted: Fabric.Expectation, _ action: @Sendable () async throws -> Void
    ) async throws -> [Report.Arrival] {
        let arrivals = try await fabric.expect(wanted, after: action).map {
            Report.Arrival(
                change: change, router: $0.router, prefix: $0.prefix, milliseconds: $0.duration.milliseconds)
        }
        for prefix in wanted.keys.sorted() {
            let times = arrivals.filter { $0.prefix == "\(prefix)" }.map {
                "\($0.router) " + String(format: "%.0f ms", $0.milliseconds)
            }
            presenter.result("\(change) \(prefix.address): \(times.joined(separator: ", "))")
        }
        return arrivals
    }

    /// The nodes that a prefix leads to, in the lab's order.
    private func nextHops(of prefix: IPPrefix, on table: RouterTable) -> [LabDescription.Node] {
        let nextHops = table.snapshot.value.routes["\(prefix)"] ?? []
        return fabric.nodes.filter { nextHops.contains(fabric.nextHop(of: prefix, $0)) }
    }

    func record(_ name: String, _ description: String, _ arrivals: [Report.Arrival]) {
        let routes = fabric.routes().mapValues { table in
            table.mapValues { nextHops in
                nextHops.map { address in
                    let node = fabric.node(at: address)
                    return Report.NextHop(
                        address: address, node: node?.name ?? "", frr: node?.frrVersion ?? "",
                        provider: node?.provider)
                }
            }
        }
        recorder.record {
            $0.steps.append(.init(name: name, description: description, routers: routes, arrivals: arrivals))
        }
    }

    /// All routes of all routers are what is expected, no more and no less.
    func checkRoutes(_ when: String) throws {
        let expected = fabric.routes(expectation)
        for (router, routes) in fabric.routes().sorted(by: { $0.key < $1.key }) {
            try recorder.check(
                "routes of \(router) \(when)", expected: Self.text(expected), seen: Self.text(routes),
                passed: expected == routes)
        }
    }

    private static func text(_ routes: [String: [String]]) -> String {
        routes.sorted { $0.key < $1.key }.map { "\($0.key) via \($0.value.joined(separator: " "))" }
            .joined(separator: ", ")
    }

    /// What the body throws, in one line; nil when it succeeds.
    private func failure(_ body: () async throws -> some Sendable) async throws -> String? {
        do {
            _ = try await body()
            return nil
        } catch let error as CancellationError {
            throw error
        } catch {
            return "\(error)".split(separator: "\n").joined(separator: "; ")
        }
    }
}

extension String {
    /// Whether a release is not older than another one, number by number.
    func isAtLeast(_ other: String) -> Bool {
        !numbers.lexicographicallyPrecedes(other.numbers)
    }

    private var numbers: [Int] {
        split { !$0.isNumber }.compactMap { Int($0) }
    }
}
