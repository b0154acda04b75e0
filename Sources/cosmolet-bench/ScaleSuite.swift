internal import CosmoletTesting
internal import Foundation
internal import Kubernetes
internal import Logging

/// An agent in a large cluster: until the first plan, memory, and planning of one change.
///
/// The cluster is kubesim with what `kubesim load` makes: one slice and five endpoints for each Service, and a tenth of
/// the Services with an endpoint on this node. The agent is embedded, as `cosmolet agent` is without flags.
struct ScaleSuite: BenchSuite {
    let name = "scale"
    let purpose = "an agent in a large cluster: until the first plan, memory, planning one endpoint change"

    /// From the end of the lists to the first plan, in milliseconds.
    private static let firstPlanLimit = 5000.0
    /// Resident, in MB.
    private static let memoryLimit = 120.0
    /// Planning after one change, p50, in milliseconds.
    private static let planLimit = 5.0
    private static let node = "scale"

    func run(_ bench: Bench) async throws -> [Measurement] {
        let folder = "\(bench.folder)/scale-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let kubeconfig = folder + "/kubeconfig"
        let server = ManagedProcess(
            name: "kubesim", bench.kubesim, ["serve", "--port", "0", "--kubeconfig-out", kubeconfig])
        let result: Result<[Measurement], any Error>
        do {
            _ = try await server.line(containing: "http://")
            try await Command.run(
                bench.kubesim,
                [
                    "load", "--kubeconfig", kubeconfig, "--services", "\(bench.services)", "--vips-here",
                    "\(bench.services / 10)", "--node", Self.node,
                ])
            var all: [Measurement] = []
            for node in bench.nodes { all += try await measure(bench, node, folder: folder, kubeconfig: kubeconfig) }
            result = .success(all)
        } catch { result = .failure(error) }
        await server.stop()
        return try result.get()
    }

    private func measure(
        _ bench: Bench, _ node: LabDescription.Node, folder: String, kubeconfig: String
    ) async throws -> [Measurement] {
        try await bench.withSession(node) { _ in
            let agent = ScaleAgent(
                program: bench.program, node: node, name: Self.node, folder: folder, kubeconfig: kubeconfig)
            let result: Result<[Measurement], any Error>
            do { result = .success(try await measure(bench, node, agent, kubeconfig: kubeconfig)) } catch {
                result = .failure(error)
            }
            await agent.process.stop()
            return try result.get()
        }
    }

    private func measure(
        _ bench: Bench, _ node: LabDescription.Node, _ agent: ScaleAgent, kubeconfig: String
    ) async throws -> [Measurement] {
        let first = try await agent.firstPlan()
        let vips = bench.services / 10
        try await eventually("\(vips) VIPs are announced by \(node.name)", within: .seconds(120)) {
            try await agent.metrics().sum("cosmolet_announced_vips") == Double(vips)
        }
        let announced = agent.startedAt.duration(to: .now)
        guard let before = agent.memory else { throw BenchError("the agent has ended") }
        let plans = try await planned(bench, agent, kubeconfig: kubeconfig)
        guard let after = agent.memory else { throw BenchError("the agent has ended") }
        let relisted = try await relist(agent, kubeconfig: kubeconfig)
        guard let last = agent.memory else { throw BenchError("the agent has ended") }
        let megabytes = { (bytes: Int) in [Double(bytes) / 1_048_576] }
        let what = "\(bench.services) Services, \(vips) VIPs"
        return [
            Measurement(node.frrVersion, "\(what): lists to first plan", unit: "ms", [first.sinceLists])
                .withTarget(Self.firstPlanLimit),
            Measurement(node.frrVersion, "\(what): start to first plan", [first.sinceStart]),
            Measurement(node.frrVersion, "\(what): start to all announced", [announced]),
            Measurement(node.frrVersion, "\(what): one change planned", unit: "ms", plans).withTarget(Self.planLimit),
            Measurement(node.frrVersion, "\(what): resident", unit: "MB", megabytes(before.resident))
                .withTarget(Self.memoryLimit),
            Measurement(node.frrVersion, "\(what): resident after changes", unit: "MB", megabytes(after.resident))
                .withTarget(Self.memoryLimit),
            Measurement(node.frrVersion, "\(what): all listed anew", [relisted]),
            Measurement(node.frrVersion, "\(what): resident after that", unit: "MB", megabytes(last.resident))
                .withTarget(Self.memoryLimit),
            Measurement(node.frrVersion, "\(what): resident at most", unit: "MB", megabytes(last.peak))
                .withTarget(Self.memoryLimit),
        ]
    }

    /// Changes one endpoint after the other and takes from the agent's own metric how long it planned, in milliseconds.
    ///
    /// The endpoint is on another node, so no commit follows; it is of a Service that is announced here.
    private func planned(_ bench: Bench, _ agent: ScaleAgent, kubeconfig: String) async throws -> [Double] {
        var samples: [Double] = []
        try await withClient(kubeconfig) { client in
            // An even number of changes leaves the endpoint as it was.
            for change in 0..<(bench.samples + 1) / 2 * 2 {
                let before = try await agent.metrics()
                try await self.change(client, isReady: change % 2 == 1)
                var after = before
                try await eventually("the change is planned") {
                    after = try await agent.metrics()
                    return after.sum(Self.planCount) > before.sum(Self.planCount)
                }
                guard after.sum(Self.planCount) == before.sum(Self.planCount) + 1 else { continue }
                samples.append((after.sum(Self.planSum) - before.sum(Self.planSum)) * 1000)
            }
        }
        guard !samples.isEmpty else { throw BenchError("no change was planned by itself") }
        return samples
    }

    /// Makes the agent lose its place in all watches, as after an API server's restart, and returns how long it took until
    /// it had listed everything once more, beside the facts that it keeps meanwhile.
    private func relist(_ agent: ScaleAgent, kubeconfig: String) async throws -> Duration {
        let before = try await agent.metrics().sum(Self.relists)
        let start = ContinuousClock.now
        try await withClient(kubeconfig) { client in
            for effect in ["expireHistory", "endWatches"] {
                _ = try await client.request(
                    APIRequest(
                        method: "POST", path: "/kubesim/faults", body: Array(#"{"effect":"\#(effect)"}"#.utf8),
                        contentType: "application/json"))
            }
        }
        try await eventually("Services and EndpointSlices are listed anew", within: .seconds(120)) {
            let metrics = try await agent.metrics()
            // A relist is counted when it begins; the watch behind it is open when it is over.
            return metrics.sum(Self.relists) >= before + 2 && metrics.sum(Self.connected) == 3
        }
        return start.duration(to: .now)
    }

    private static let relists = "cosmolet_watch_relists_total"
    private static let connected = "cosmolet_watch_connected"
    private static let planCount = "cosmolet_plan_duration_seconds_count"
    private static let planSum = "cosmolet_plan_duration_seconds_sum"

    private func change(_ client: KubernetesClient, isReady: Bool) async throws {
        let patch = #"[{"op":"replace","path":"/endpoints/1/conditions/ready","value":\#(isReady)}]"#
        _ = try await client.request(
            APIRequest(
                method: "PATCH", path: EndpointSlice.path.url(namespace: "load", name: "load-00000-0"),
                body: Array(patch.utf8), contentType: "application/json-patch+json"))
    }

    private func withClient(_ kubeconfig: String, _ body: (KubernetesClient) async throws -> Void) async throws {
        let client = try KubernetesClient(
            configuration: .discover(kubeconfig: kubeconfig, environment: [:]),
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        let result: Result<Void, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        await client.shutdown()
        try result.get()
    }
}
