internal import CosmoletTesting
internal import Foundation
internal import Logging
internal import Synchronization

/// Everything that runs: lab, API server, the processes beside each FRR; and what takes it down again.
final class Demo: Sendable {
    /// Where things are.
    struct Paths: Sendable {
        /// The folder with `hack/`.
        var repository: String
        /// The folder with `cosmolet` and `kubesim`.
        var binaries: String
        /// For kubeconfig, sockets and journals; removed at the end.
        var folder: String
    }

    let paths: Paths
    let mode: Mode
    let presenter: any Presenter
    let recorder: Recorder
    private let parts = Mutex(Parts())

    private struct Parts {
        var server: ManagedProcess?
        var cluster: Cluster?
        var fabric: Fabric?
        var nodes: [NodeProcesses] = []
        var hasLab = false
    }

    init(paths: Paths, mode: Mode, presenter: any Presenter) {
        self.paths = paths
        self.mode = mode
        self.presenter = presenter
        recorder = Recorder(presenter: presenter)
    }

    /// What runs beside each FRR, in the lab's order of nodes; after `start()`.
    var nodes: [NodeProcesses] { parts.withLock(\.nodes) }

    /// The agents of all nodes.
    var agents: [AgentProcess] { nodes.map(\.agent) }

    /// Starts the lab, the API server with the example objects, and `cosmolet` beside each FRR.
    func start() async throws -> (fabric: Fabric, cluster: Cluster) {
        presenter.now("Starting the lab: four nodes with FRR, two of them with the module in bgpd, and two routers.")
        parts.withLock { $0.hasLab = true }
        let lab = try await Lab.up(name: labName, repository: paths.repository, hasModule: true)
        let fabric = try await Fabric.follow(lab)
        parts.withLock { $0.fabric = fabric }
        presenter.follow(fabric)
        for node in fabric.nodes {
            presenter.result("\(node.name): FRR \(node.frrVersion), by \(node.provider.rawValue)")
        }
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

        presenter.now(
            mode == .split
                ? "Starting northbound and agent beside each FRR: two processes per node."
                : "Starting an agent beside each FRR: one process per node.")
        let nodes = fabric.nodes.map { node in
            NodeProcesses(
                node: node, mode: mode, program: paths.binaries + "/cosmolet", folder: paths.folder,
                kubeconfig: cluster.kubeconfig, environment: environment,
                onCommit: { [presenter] in presenter.committed($0) })
        }
        parts.withLock { $0.nodes = nodes }
        for node in nodes { try await node.start() }
        try record(fabric, nodes, appliedWith: appliedWith)
        return (fabric, cluster)
    }

    /// Ends everything that was started, whatever became of it. Returns when it is gone.
    func tearDown() async {
        let parts = parts.withLock(\.self)
        await withTaskGroup(of: Void.self) { group in
            for node in parts.nodes { group.addTask { await node.stop(within: .seconds(3)) } }
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

    /// Runs `cosmolet` with arguments and returns what it prints.
    func cosmolet(_ arguments: String...) async throws -> String {
        try await Command.run(paths.binaries + "/cosmolet", arguments, environment: environment)
    }

    /// By this mark `hack/demo` finds children that outlive a killed demo.
    private var environment: [String: String] { ["COSMOLET_DEMO": paths.folder] }

    private var labName: String { "demo-\(ProcessInfo.processInfo.processIdentifier)" }

    private func record(_ fabric: Fabric, _ nodes: [NodeProcesses], appliedWith: String) throws {
        recorder.record { report in
            report.mode = mode
            report.cosmolet = nodes.first?.agent.facts.version ?? ""
            report.kubernetes.appliedWith = appliedWith
            report.nodes = nodes.map { processes in
                let node = processes.node
                let facts = processes.management
                return .init(
                    name: node.name, frr: node.frrVersion, provider: facts.provider, dialect: facts.dialect,
                    schema: facts.schema, releases: facts.releases, ipv4: node.ipv4, ipv6: node.ipv6)
            }
            report.routers = fabric.tables.map {
                .init(name: $0.router.name, kind: $0.router.kind, version: $0.router.version)
            }
        }
        for node in nodes {
            let facts = node.management
            presenter.result(
                "\(node.node.name): dialect \(facts.dialect), schema \(facts.schema), releases \(facts.releases)")
            try recorder.check(
                "provider of \(node.node.name)", expected: node.node.provider.rawValue, seen: facts.provider)
        }
    }
}
