internal import CosmoletTesting

/// How `cosmolet` runs beside each FRR.
enum Mode: String, Sendable, Encodable {
    /// `cosmolet northbound` holds FRR's socket and the journal, `cosmolet agent` the credentials of Kubernetes.
    case split
    /// `cosmolet agent` alone.
    case embedded
}

/// What runs beside one node's FRR.
struct NodeProcesses: Sendable {
    /// The node.
    let node: LabDescription.Node
    /// Watches Kubernetes.
    let agent: AgentProcess
    /// Holds FRR's socket; nil in embedded mode.
    let northbound: NorthboundProcess?
    /// Follows the commit log; nil in embedded mode.
    let commitLog: CommitLog?

    /// Makes the processes of a node; none runs yet.
    init(
        node: LabDescription.Node, mode: Mode, program: String, folder: String, kubeconfig: String,
        environment: [String: String], onCommit: @escaping @Sendable (Commit) -> Void
    ) {
        self.node = node
        let endpoints = NorthboundProcess.Endpoints(node: node.name, folder: folder)
        switch mode {
        case .split:
            northbound = NorthboundProcess(
                node: node, program: program, endpoints: endpoints, environment: environment)
            commitLog = CommitLog(
                node: node.name, program: program, endpoints: endpoints, environment: environment, onCommit: onCommit)
            agent = AgentProcess(
                node: node, program: program, kubeconfig: kubeconfig,
                northbound: ["--northbound", endpoints.listen], environment: environment)
        case .embedded:
            northbound = nil
            commitLog = nil
            agent = AgentProcess(
                node: node, program: program, kubeconfig: kubeconfig,
                northbound: ["--northbound", "mgmtd:\(node.managementSocket)"], environment: environment,
                onCommit: onCommit)
        }
    }

    /// Starts all of them, each when the one before it is ready.
    func start() async throws {
        try await northbound?.start()
        commitLog?.start()
        try await agent.start()
    }

    /// Ends all of them, the one that asks first.
    func stop(within timeout: Duration) async {
        await agent.daemon.stop(within: timeout)
        await commitLog?.daemon.stop(within: timeout)
        await northbound?.daemon.stop(within: timeout)
    }

    /// What the process that holds FRR's socket found out about this FRR.
    var management: Greeting { northbound?.facts ?? agent.facts }

    /// The processes that log, for whoever looks for a reason.
    var daemons: [Daemon] { [northbound?.daemon, agent.daemon].compactMap(\.self) }
}
