internal import CosmoletTesting

/// How `cosmolet` runs beside each FRR.
enum Mode: String, Sendable, Encodable {
    /// `cosmolet northbound` holds the way to FRR and the journal, `cosmolet agent` the credentials of Kubernetes.
    case split
    /// `cosmolet agent` alone.
    case embedded
}

/// What runs beside one node's FRR.
struct NodeProcesses: Sendable {
    /// The node.
    let node: LabDescription.Node
    /// Sockets and journal.
    let endpoints: Endpoints
    /// Watches Kubernetes; in embedded mode it holds FRR's socket too.
    let agent: AgentProcess
    /// Holds FRR's socket; nil in embedded mode.
    let northbound: NorthboundProcess?
    /// Follows the commit log.
    let commitLog: CommitLog

    /// Where a node's northbound is reached and what it keeps, in a folder of its own.
    struct Endpoints: Sendable {
        /// Where clients connect.
        var listen: String
        /// Where the commit log is published.
        var publish: String
        /// The journal's file.
        var journal: String

        /// Names the files of a node in the demo's folder.
        init(node: String, folder: String) {
            listen = "zmq+ipc://\(folder)/\(node)/northbound.sock"
            publish = "zmq+ipc://\(folder)/\(node)/commits.sock"
            journal = "\(folder)/\(node)/journal.sqlite"
        }

        /// As options of whoever serves them.
        var options: [String] { ["--listen", listen, "--publish", publish, "--journal", journal] }
    }

    /// Makes the processes of a node; none runs yet.
    init(
        node: LabDescription.Node, mode: Mode, program: String, folder: String, kubeconfig: String,
        environment: [String: String], onCommit: @escaping @Sendable (Commit) -> Void
    ) {
        self.node = node
        endpoints = Endpoints(node: node.name, folder: folder)
        commitLog = CommitLog(
            node: node.name, program: program, endpoints: endpoints, environment: environment, onCommit: onCommit)
        let options: [String]
        switch mode {
        case .split:
            northbound = NorthboundProcess(
                node: node, program: program, options: endpoints.options, environment: environment)
            options = ["--northbound", endpoints.listen]
        case .embedded:
            northbound = nil
            options = ["--northbound", node.providerEndpoint] + endpoints.options
        }
        agent = AgentProcess(
            node: node, program: program, kubeconfig: kubeconfig, options: options, environment: environment)
    }

    /// Starts all of them, each when the one before it is ready.
    func start() async throws {
        try await northbound?.start()
        try await agent.start()
        commitLog.start()
    }

    /// Ends all of them, the one that asks first.
    func stop(within timeout: Duration) async {
        await commitLog.daemon.stop(within: timeout)
        await agent.daemon.stop(within: timeout)
        await northbound?.daemon.stop(within: timeout)
    }

    /// What the process that holds FRR's socket found out about this FRR.
    var management: Greeting { northbound?.facts ?? agent.facts }

    /// Programs with an HTTP port, and what they said of it.
    var servers: [(name: String, address: String)] {
        [
            northbound.map { ($0.daemon.name, $0.facts.address) }, (agent.daemon.name, agent.facts.address),
        ].compactMap(\.self)
    }

    /// The processes that log, for whoever looks for a reason.
    var daemons: [Daemon] { [northbound?.daemon, agent.daemon].compactMap(\.self) }
}
