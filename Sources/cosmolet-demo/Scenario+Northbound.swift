internal import CosmoletTesting
internal import Foundation
internal import NetworkTypes

/// The steps about the northbound: what it keeps, and what happens without it.
extension Scenario {
    /// SIGKILL of a northbound, for each provider, and an endpoint leaves its node meanwhile: the routers notice when it is
    /// back, not before.
    func killNorthbounds() async throws {
        for node in fabric.oneOfEachProvider(\.last) {
            guard let index = demo.nodes.firstIndex(where: { $0.node.name == node.name }) else { continue }
            try await killNorthbound(of: demo.nodes[index], endpoint: index)
        }
    }

    private func killNorthbound(of processes: NodeProcesses, endpoint index: Int) async throws {
        guard let northbound = processes.northbound,
            let probe = try await cluster.plannedServices().first(where: { $0.name == Cluster.probe })
        else { return }
        let node = processes.node.name
        let others = probe.nodes.subtracting([node])
        presenter.now(
            """
            kill -9 of the \(northbound.daemon.name), and the endpoint of demo/\(probe.name) there goes: nothing changes on \
            the routers until the northbound is back.
            """)
        let agent = processes.agent.daemon.processID.map { "\($0)" } ?? "none"
        let what = "kill -9 of the \(northbound.daemon.name)"
        try await fabric.checkUnchanged(during: what, for: .seconds(3), recorder) {
            try await northbound.daemon.kill()
            try await cluster.setProbeReady(node: index, false)
        }
        let withdrawn = Dictionary(uniqueKeysWithValues: probe.prefixes.map { ($0, others) })
        var arrivals = try await observe("restart and withdraw", withdrawn) { try await northbound.start() }
        let announced = Dictionary(uniqueKeysWithValues: probe.prefixes.map { ($0, probe.nodes) })
        arrivals += try await observe("announce", announced) {
            try await cluster.setProbeReady(node: index, true)
        }
        record("northbound", "the northbound of \(node) was killed and has come back", arrivals)
        try checkRoutes("when the northbound of \(node) has come back")
        try recorder.check(
            "process of the agent that has found its northbound again", expected: agent,
            seen: processes.agent.daemon.processID.map { "\($0)" } ?? "ended")
        try await presenter.pause()
    }

    /// `cosmolet commits list`, `show` and `follow` tell cause, changes and timings.
    func showCommits() async throws {
        presenter.now("cosmolet commits: what was announced, why, and how long each step took.")
        guard let web = try await cluster.plannedServices().first(where: { $0.name == Self.service }) else { return }
        let service = "\(Cluster.namespace)/\(web.name)"
        for processes in demo.nodes {
            let endpoints = processes.endpoints
            let node = processes.node.name
            let list = try await demo.cosmolet(
                "commits", "list", "--service", service, "--northbound", endpoints.listen)
            let first = try await journal(endpoints).first { $0.isCaused(by: service) }
            let id = first?.id ?? "none"
            let page = try await demo.cosmolet("commits", "show", id, "--northbound", endpoints.listen)
            presenter.result("\(node): cosmolet commits show \(id)")
            for line in page.split(separator: "\n") { presenter.result("  \(line)") }
            for prefix in web.prefixes {
                try check(list, of: "commits list, \(node)", names: "change", "\\+\(prefix) default")
                try check(
                    page, of: "commits show, \(node)", names: "change",
                    "^change +\(prefix): not announced -> default$")
                try check(
                    page, of: "commits show, \(node)", names: "cause", "^cause +\(service): \(prefix.address) \\w+$")
            }
            try check(
                page, of: "commits show, \(node)", names: "timings", "^took +[0-9.]+ ms \\(.*commit [0-9.]+.*\\)$")
            try await checkLog(processes)
        }
        try await presenter.pause()
    }

    /// With the agents stopped, back to before `web` was announced, and forward again.
    func rollBack() async throws {
        presenter.now(
            """
            The agents are stopped, and cosmolet commits rollback brings the routers back to the table from before \
            demo/\(Self.service), and forward again.
            """)
        for agent in demo.agents { await agent.daemon.stop() }
        guard let web = try await cluster.plannedServices().first(where: { $0.name == Self.service }) else { return }
        var back: [(NodeProcesses, CommitRecord)] = []
        var forward: [(NodeProcesses, CommitRecord)] = []
        for processes in demo.nodes {
            let applied = try await journal(processes.endpoints).filter { $0.outcome == "applied" }
            let index = applied.firstIndex { $0.isCaused(by: "\(Cluster.namespace)/\(web.name)") } ?? 0
            guard index > 0, let last = applied.last else {
                throw DemoError("the journal of \(processes.node.name) has no transaction before demo/\(web.name)")
            }
            back.append((processes, applied[index - 1]))
            forward.append((processes, last))
        }

        let now = expectation
        var earlier = Self(demo: demo, fabric: fabric, cluster: cluster)
        earlier.expectation = now.filter { !web.prefixes.contains($0.key) }
        let gone = Dictionary(uniqueKeysWithValues: web.prefixes.map { ($0, Set<String>()) })
        try await rollBack(to: back, "rollback", gone)
        try earlier.checkRoutes("after the rollback")
        try await presenter.pause()

        let there = now.filter { web.prefixes.contains($0.key) }
        try await rollBack(to: forward, "rollback forward", there)
        try checkRoutes("after the rollback forward")
        let commits = demo.agents.map(\.commits.value.count)
        let agents = demo.agents
        try await fabric.checkUnchanged(during: "start of the agents", for: .seconds(1), recorder) {
            for agent in agents { try await agent.start() }
        }
        try recorder.check(
            "transactions of the agents after the rollback forward", expected: 0,
            seen: zip(agents, commits).map { $0.commits.value.count - $1 }.reduce(0, +))
        for processes in demo.nodes { try await checkLog(processes) }
        try await presenter.pause()
    }

    // MARK: - Parts of steps

    private func rollBack(
        to records: [(NodeProcesses, CommitRecord)], _ change: String, _ wanted: Fabric.Expectation
    ) async throws {
        let demo = demo
        let recorder = recorder
        let arrivals = try await observe(change, wanted) {
            for (processes, record) in records {
                let page = try await demo.cosmolet(
                    "commits", "rollback", record.id, "--northbound", processes.endpoints.listen)
                let lines = page.split(separator: "\n").filter { $0.hasPrefix("kind ") || $0.hasPrefix("outcome ") }
                try recorder.check(
                    "\(change) of \(processes.node.name) to transaction \(record.sequence)",
                    expected: ["rollback", "applied"],
                    seen: lines.compactMap { $0.split(separator: " ").last.map(String.init) })
            }
        }
        self.record(change, "\(change) with the agents stopped", arrivals)
    }

    /// All records of a journal, the oldest first.
    private func journal(_ endpoints: NodeProcesses.Endpoints) async throws -> [CommitRecord] {
        try await demo.cosmolet("commits", "export", "--northbound", endpoints.listen)
            .split(separator: "\n").compactMap { CommitRecord($0) }
    }

    /// The commit log that was followed since the start is the journal: nothing missing, nothing twice.
    private func checkLog(_ processes: NodeProcesses) async throws {
        let log = processes.commitLog
        let wanted = try await journal(processes.endpoints).map(\.sequence)
        let followed = try await log.records.wait(
            for: "end of the journal in the \(log.daemon.name)", timeout: .seconds(10)
        ) { records in records.contains { $0.sequence == wanted.last } }.map(\.sequence)
        let seen = Array(followed.prefix(wanted.count))
        try recorder.check(
            "\(log.daemon.name) against its journal", expected: "\(wanted.count) records, in order, each once",
            seen: "\(seen.count) records\(seen == wanted ? ", in order, each once" : ": \(seen)")",
            passed: seen == wanted)
    }

    private func check(_ text: String, of what: String, names part: String, _ pattern: String) throws {
        let line = text.split(separator: "\n").first {
            $0.range(of: pattern, options: .regularExpression) != nil
        }
        try recorder.check(
            "\(what) names \(part)", expected: "a line as \(pattern)", seen: line.map(String.init) ?? "no such line",
            passed: line != nil)
    }
}
