internal import CosmoletTesting
internal import Foundation

/// `cosmolet agent` for one node of the lab. It runs in the root network namespace: only a socket ties it to its FRR.
final class AgentProcess: Sendable {
    /// The node.
    let node: LabDescription.Node
    /// The program.
    let daemon: Daemon
    /// Commits of this agent and of those before it on this node, to wait on.
    let commits = Observed<[Commit]>([])
    private let greeting = Observed(Greeting())

    /// Makes an agent that does not run yet.
    ///
    /// - Parameter options: where FRR is.
    init(
        node: LabDescription.Node, program: String, kubeconfig: String, options: [String],
        environment: [String: String]
    ) {
        self.node = node
        daemon = Daemon(
            name: "agent of \(node.name)", program: program,
            arguments: [
                "agent", "--node", node.name, "--kubeconfig", kubeconfig, "--http", "127.0.0.1:0",
                "--log-format", "json",
            ] + options, environment: environment)
    }

    /// What the running agent said when it started.
    var facts: Greeting { greeting.value }

    /// Starts the agent and waits until it follows Kubernetes and has a session with FRR.
    func start() async throws {
        greeting.update { $0 = Greeting() }
        daemon.start { [weak self] line in self?.read(line) }
        _ = try await greeting.wait(for: "session with FRR and HTTP address of the \(daemon.name)") {
            !$0.address.isEmpty && !$0.dialect.isEmpty
        }
        try await HTTPProbe.waitUntilReady(facts.address)
    }

    private func read(_ text: String) {
        let readAt = ContinuousClock.now
        guard let line = LogLine(text) else { return }
        greeting.update { $0.read(line) }
        guard let commit = Commit(line, node: node.name, readAt: readAt) else { return }
        commits.update { $0.append(commit) }
    }
}
