internal import CosmoletTesting
internal import Foundation
internal import Synchronization

/// `cosmolet agent` for one node of the lab. It runs in the root network namespace: only the management socket ties it
/// to its FRR.
final class AgentProcess: Sendable {
    /// What the agent said of itself and its FRR when it started.
    struct Greeting: Sendable {
        var version = ""
        var dialect = ""
        var schema = ""
        var releases = ""
        var address = ""
    }

    /// The node.
    let node: LabDescription.Node
    /// Commits of this agent and of those before it on this node, to wait on.
    let commits = Observed<[Commit]>([])
    private let process: Mutex<ManagedProcess?> = Mutex(nil)
    private let greeting = Observed(Greeting())
    private let launch: @Sendable (_ onLine: @escaping @Sendable (String) -> Void) -> ManagedProcess
    private let onCommit: @Sendable (Commit) -> Void

    /// Makes an agent that does not run yet.
    init(
        node: LabDescription.Node, program: String, kubeconfig: String, environment: [String: String],
        onCommit: @escaping @Sendable (Commit) -> Void
    ) {
        self.node = node
        self.onCommit = onCommit
        launch = { onLine in
            ManagedProcess(
                name: "agent of \(node.name)", program,
                [
                    "agent", "--node", node.name, "--kubeconfig", kubeconfig,
                    "--northbound", "mgmtd:\(node.managementSocket)", "--http", "127.0.0.1:0", "--log-format", "json",
                ], environment: environment, onLine: onLine)
        }
    }

    /// What the running agent said when it started.
    var facts: Greeting { greeting.value }

    /// Starts the agent and waits until it follows Kubernetes and has a session with FRR.
    func start() async throws {
        greeting.update { $0 = Greeting() }
        let started = launch { [weak self] line in self?.read(line) }
        process.withLock { $0 = started }
        _ = try await greeting.wait(for: "session with FRR and HTTP address of \(started.name)") {
            !$0.address.isEmpty && !$0.dialect.isEmpty
        }
        try await HTTPProbe.waitUntilReady(address)
    }

    /// SIGKILL, and waits for the end.
    func kill() async throws {
        guard let process = process.withLock(\.self) else { return }
        process.signal(SIGKILL)
        try await process.waitForEnd()
    }

    /// SIGTERM, and waits for the end.
    ///
    /// - Returns: how it ended.
    @discardableResult
    func stop(within timeout: Duration = .seconds(10)) async -> String {
        guard let process = process.withLock(\.self) else { return "never started" }
        await process.stop(within: timeout)
        if case .ended(let status) = process.phase.value { return status }
        return "still running"
    }

    /// The last lines of its log.
    func lastLines(_ count: Int) -> [String] {
        (process.withLock(\.self)?.lines.value ?? []).suffix(count)
    }

    /// Where it serves metrics and probes, `host:port`.
    var address: String { facts.address }

    private func read(_ text: String) {
        let readAt = ContinuousClock.now
        guard let line = AgentLogLine(text) else { return }
        if let metadata = line.metadata { greet(line.message, metadata) }
        guard let commit = Commit(line, node: node.name, readAt: readAt) else { return }
        commits.update { $0.append(commit) }
        onCommit(commit)
    }

    /// By message, as other lines have the same keys for other things: a VIP is an address too.
    private func greet(_ message: String, _ metadata: AgentLogLine.Metadata) {
        greeting.update { greeting in
            switch message {
            case "cosmolet agent starts": greeting.version = metadata.version ?? ""
            case "serving metrics and probes": greeting.address = metadata.address ?? ""
            case "session with FRR open":
                greeting.dialect = metadata.dialect ?? ""
                greeting.schema = metadata.schema ?? ""
                greeting.releases = metadata.releases ?? ""
            default: break
            }
        }
    }
}
