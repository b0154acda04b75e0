internal import CosmoletTesting
internal import Foundation
internal import Logging
internal import Synchronization

/// Everything that runs: lab, API server, agents; and what takes it down again.
final class Demo: Sendable {
    /// Where things are.
    struct Paths: Sendable {
        /// The folder with `hack/`.
        var repository: String
        /// The folder with `cosmolet` and `kubesim`.
        var binaries: String
        /// For the kubeconfig; removed at the end.
        var folder: String
    }

    let paths: Paths
    let presenter: any Presenter
    let recorder: Recorder
    private let parts = Mutex(Parts())

    private struct Parts {
        var server: ManagedProcess?
        var cluster: Cluster?
        var fabric: Fabric?
        var agents: [AgentProcess] = []
        var hasLab = false
    }

    init(paths: Paths, presenter: any Presenter) {
        self.paths = paths
        self.presenter = presenter
        recorder = Recorder(presenter: presenter)
    }

    /// The agents, in the lab's order of nodes; after `start()`.
    var agents: [AgentProcess] { parts.withLock(\.agents) }

    /// Starts the lab, the API server with the example objects, and one agent per node.
    func start() async throws -> (fabric: Fabric, cluster: Cluster) {
        presenter.now("Starting the lab: two nodes with FRR, two routers.")
        parts.withLock { $0.hasLab = true }
        let lab = try await Lab.up(name: labName, repository: paths.repository)
        let fabric = try await Fabric.follow(lab)
        parts.withLock { $0.fabric = fabric }
        presenter.follow(fabric)
        for node in fabric.nodes { presenter.result("\(node.name): FRR \(node.frrVersion)") }
        for router in lab.description.routers {
            presenter.result("\(router.name): \(router.kind.uppercased()) \(router.version)")
        }

        presenter.now("Starting the API server and applying the objects of hack/demo.d.")
        let cluster = try await Cluster.start(
            program: paths.binaries + "/kubesim", folder: paths.folder, environment: environment
        ) { server in parts.withLock { $0.server = server } }
        parts.withLock { $0.cluster = cluster }
        let appliedWith = try await cluster.apply(manifests: paths.repository + "/hack/demo.d")
        presenter.result("applied with \(appliedWith); try: kubectl --kubeconfig \(cluster.kubeconfig) get svc -n demo")

        presenter.now("Starting one agent per node.")
        let agents = fabric.nodes.map { node in
            AgentProcess(
                node: node, program: paths.binaries + "/cosmolet", kubeconfig: cluster.kubeconfig,
                environment: environment, onCommit: { [presenter] in presenter.committed($0) })
        }
        parts.withLock { $0.agents = agents }
        for agent in agents { try await agent.start() }
        record(fabric, agents, appliedWith: appliedWith)
        return (fabric, cluster)
    }

    /// Ends everything that was started, whatever became of it. Returns when it is gone.
    func tearDown() async {
        let parts = parts.withLock(\.self)
        await withTaskGroup(of: Void.self) { group in
            for agent in parts.agents { group.addTask { await agent.stop(within: .seconds(3)) } }
            group.addTask {
                if let cluster = parts.cluster { await cluster.stop() } else { await parts.server?.stop() }
            }
            group.addTask { await parts.fabric?.stop() }
        }
        if parts.hasLab {
            do {
                try await Command.run(paths.repository + "/hack/lab", ["down", "--name", labName])
            } catch {
                presenter.result("the lab did not go down: \(error)")
            }
        }
        try? FileManager.default.removeItem(atPath: paths.folder)
    }

    /// By this mark `hack/demo` finds children that outlive a killed demo.
    private var environment: [String: String] { ["COSMOLET_DEMO": paths.folder] }

    private var labName: String { "demo-\(ProcessInfo.processInfo.processIdentifier)" }

    private func record(_ fabric: Fabric, _ agents: [AgentProcess], appliedWith: String) {
        recorder.record { report in
            report.cosmolet = agents.first?.facts.version ?? ""
            report.kubernetes.appliedWith = appliedWith
            report.nodes = agents.map { agent in
                let facts = agent.facts
                return .init(
                    name: agent.node.name, frr: agent.node.frrVersion, dialect: facts.dialect, schema: facts.schema,
                    releases: facts.releases, ipv4: agent.node.ipv4, ipv6: agent.node.ipv6)
            }
            report.routers = fabric.tables.map {
                .init(name: $0.router.name, kind: $0.router.kind, version: $0.router.version)
            }
        }
        for agent in agents {
            let facts = agent.facts
            presenter.result(
                "\(agent.node.name): dialect \(facts.dialect), schema \(facts.schema), releases \(facts.releases)")
        }
    }
}
