internal import CosmoletTesting
internal import FRRManagement
internal import Logging
internal import NetworkTypes
internal import Northbound
internal import NorthboundRPC

/// Measures one VIP at a time, everything else idle: API change to commit reply and to the routers, and what the same
/// commit costs a client that does nothing else. docs/demo.md defines each number.
struct SpeedTrial: Sendable {
    let demo: Demo
    let fabric: Fabric
    let cluster: Cluster
    /// Counted samples per node and direction; one more of each goes before.
    let samples: Int

    /// RFC 5737; announced by hand, so that no agent touches it.
    private static let yardstick = Network(prefix: IPPrefix(host: IPAddress("203.0.113.254")!), attributeClass: .manual)

    /// What the routers shall do, p50.
    private static let routerTarget = 85.0
    /// What ZeroMQ, codec, policy and journal may add to a commit, p50.
    private static let northboundTarget = 5.0
    /// What all of us may add to a bare commit, p50: the agent as much as the northbound.
    private static let replyTarget = 10.0

    /// One change of one endpoint and what came of it.
    private struct Sample {
        var reply: Duration
        /// By router.
        var arrivals: [String: Duration]
        /// What the agent waited beyond the commit itself.
        var addedByNorthbound: Duration
    }

    /// Measures all nodes, one after the other.
    func run() async throws -> Report.Speed {
        demo.presenter.now("Measuring: \(samples) changes of one endpoint per node and direction, all else idle.")
        guard let service = try await cluster.plannedServices().first(where: { $0.name == Cluster.probe }),
            let prefix = service.prefixes.first
        else { throw DemoError("hack/demo.d has no Service demo/\(Cluster.probe) with an address") }
        demo.presenter.measure(true)
        defer { demo.presenter.measure(false) }
        var speed = Report.Speed()
        for (index, processes) in demo.nodes.enumerated() {
            let node = try await measure(processes, endpoint: index, prefix: prefix, nodes: service.nodes)
            report(node)
            speed.nodes.append(node)
        }
        speed.targets = speed.nodes.flatMap(targets)
        return speed
    }

    // MARK: - One node

    private func measure(
        _ processes: NodeProcesses, endpoint: Int, prefix: IPPrefix, nodes: Set<String>
    ) async throws -> Report.NodeSpeed {
        let node = processes.node
        var result = Report.NodeSpeed(
            node: node.name, frr: node.frrVersion, provider: node.provider, configuredVIPs: configuredVIPs(of: node))
        result.bareCommit = Report.Series(try await bareCommits(node))
        var collected: [String: [Sample]] = ["withdraw": [], "announce": []]
        for round in 0...samples {
            for change in ["withdraw", "announce"] {
                let isReady = change == "announce"
                let sample = try await toggle(
                    processes, endpoint: endpoint, isReady: isReady,
                    wanted: [prefix: isReady ? nodes : nodes.subtracting([node.name])])
                if round > 0 { collected[change]?.append(sample) }
            }
        }
        for (change, samples) in collected {
            result.changeToReply[change] = Report.Series(samples.map(\.reply))
            for table in fabric.tables {
                result.changeToRouter[change, default: [:]][table.router.name] = Report.Series(
                    samples.compactMap { $0.arrivals[table.router.name] })
            }
        }
        result.addedByNorthbound = Report.Series(collected.values.joined().map(\.addedByNorthbound))
        let added = (result.changeToReply["announce"]?.p50 ?? 0) - result.bareCommit.p50
        result.addedByCosmoletMilliseconds = (added * 1000).rounded() / 1000
        return result
    }

    /// Returns when the agent has done with its transaction and all routers show it.
    private func toggle(
        _ processes: NodeProcesses, endpoint: Int, isReady: Bool, wanted: Fabric.Expectation
    ) async throws -> Sample {
        let agent = processes.agent
        let count = agent.commits.value.count
        let arrivals = try await fabric.expect(wanted) {
            try await cluster.setProbeReady(node: endpoint, isReady)
        }
        let commits = try await agent.commits.wait(for: "commit of \(agent.node.name)") { $0.count > count }
        let commit = commits[count]
        guard commits.count == count + 1, commit.outcome == "applied", let start = arrivals.first?.start,
            let repliedAt = commit.repliedAt
        else {
            throw DemoError(
                """
                expected one applied commit of \(agent.node.name)
                  seen: \(commits.count - count), the first \(commit.outcome) \(commit.error ?? "")
                """)
        }
        let record = try await processes.commitLog.record(of: commit.request)
        let inside = Duration.microseconds(record.durationMicroseconds)
        return Sample(
            reply: start.duration(to: repliedAt),
            arrivals: Dictionary(uniqueKeysWithValues: arrivals.map { ($0.router, $0.duration) }),
            addedByNorthbound: .milliseconds(commit.durationMilliseconds) - inside)
    }

    /// Announces a VIP by hand again and again, in the shortest way, beside the idle agent.
    private func bareCommits(_ node: LabDescription.Node) async throws -> [Duration] {
        let session = bareSession(node)
        do {
            _ = try await session.open()
            var durations: [Duration] = []
            for round in 0...samples {
                let duration = try await bareCommit(session)
                if round > 0 { durations.append(duration) }
                _ = try await fabric.expect([Self.yardstick.prefix: [node.name]])
                let result = await session.commit(
                    Transaction(id: "demo-\(round)", edits: [.remove(Self.yardstick.prefix)], cause: ["demo"]))
                guard result.outcome == .applied else {
                    throw DemoError("\(Self.yardstick.prefix) could not be withdrawn: \(result.outcome)")
                }
                _ = try await fabric.expect([Self.yardstick.prefix: []])
            }
            await session.close()
            return durations
        } catch {
            await session.close()
            throw error
        }
    }

    private func bareSession(_ node: LabDescription.Node) -> any ManagementSession {
        if let socket = node.northboundSocket {
            return ModuleSession(configuration: ModuleConfiguration(socketPath: socket))
        }
        return MgmtdSession(
            configuration: MgmtdConfiguration(socketPath: node.managementSocket),
            logger: Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() })
    }

    /// To the last reply that the change needs, without reading back.
    private func bareCommit(_ session: any ManagementSession) async throws -> Duration {
        if let session = session as? MgmtdSession { return try await session.bareCommit(Self.yardstick) }
        let result = await session.commit(
            Transaction(id: "demo-yardstick", edits: [.set(Self.yardstick)], cause: ["demo"]))
        guard result.outcome == .applied, let duration = result.durationToReply else {
            throw DemoError("\(Self.yardstick.prefix) could not be announced: \(result.outcome)")
        }
        return duration
    }

    private func configuredVIPs(of node: LabDescription.Node) -> Int {
        fabric.routes().values.first?.values.filter { $0.contains(node.ipv4) || $0.contains(node.ipv6) }.count ?? 0
    }

    // MARK: - Targets

    private func targets(_ speed: Report.NodeSpeed) -> [Report.Target] {
        var result = [
            target(
                "northbound, over the commit itself", speed, Self.northboundTarget, speed.addedByNorthbound.p50),
            target(
                "API change to commit reply, over a bare commit", speed, Self.replyTarget,
                speed.addedByCosmoletMilliseconds),
        ]
        // BIRD puts a received route into the kernel at once, so its table tells when the UPDATE came.
        for table in fabric.tables where table.router.kind == "bird" {
            for change in ["announce", "withdraw"] {
                let p50 = speed.changeToRouter[change]?[table.router.name]?.p50 ?? 0
                result.append(target("API change to \(table.router.name), \(change)", speed, Self.routerTarget, p50))
            }
        }
        return result
    }

    private func target(
        _ name: String, _ speed: Report.NodeSpeed, _ limit: Double, _ seen: Double
    ) -> Report.Target {
        .init(
            name: "\(name), p50", node: speed.node, limitMilliseconds: limit, seenMilliseconds: seen,
            met: seen <= limit)
    }

    private func report(_ speed: Report.NodeSpeed) {
        let show = { (name: String, series: Report.Series) in
            demo.presenter.result("\(speed.node) \(name): p50 \(series.p50) ms, p99 \(series.p99) ms")
        }
        show("bare commit", speed.bareCommit)
        for change in ["announce", "withdraw"] {
            if let series = speed.changeToReply[change] { show("\(change): API change to commit reply", series) }
            for (router, series) in (speed.changeToRouter[change] ?? [:]).sorted(by: { $0.key < $1.key }) {
                show("\(change): API change to \(router)", series)
            }
        }
        show("added by the northbound", speed.addedByNorthbound)
    }
}
