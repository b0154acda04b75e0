internal import CosmoletTesting
internal import Foundation

/// `cosmolet commits follow` for one node, from the first record of its journal on.
final class CommitLog: Sendable {
    /// All records so far, to wait on.
    let records = Observed<[CommitRecord]>([])
    /// The program.
    let daemon: Daemon
    private let node: String
    private let onCommit: @Sendable (Commit) -> Void

    /// Takes where the log is; nothing runs before `start()`.
    init(
        node: String, program: String, endpoints: NodeProcesses.Endpoints, environment: [String: String],
        onCommit: @escaping @Sendable (Commit) -> Void
    ) {
        self.node = node
        self.onCommit = onCommit
        daemon = Daemon(
            name: "commit log of \(node)", program: program,
            arguments: [
                "commits", "follow", "--northbound", endpoints.listen, "--subscribe", endpoints.publish, "--from", "0",
                "--output", "json",
            ], environment: environment)
    }

    /// Starts to follow.
    func start() {
        daemon.start { [weak self] line in self?.read(line) }
    }

    /// Waits for the record of a request.
    ///
    /// - Throws: `DeadlineExceeded`.
    func record(of request: String) async throws -> CommitRecord {
        let records = try await records.wait(for: "request \(request) in the \(daemon.name)", timeout: .seconds(10)) {
            $0.contains { $0.request == request }
        }
        guard let record = records.last(where: { $0.request == request }) else {
            throw DemoError("request \(request) is not in the \(daemon.name)")
        }
        return record
    }

    private func read(_ line: String) {
        let readAt = ContinuousClock.now
        guard let record = CommitRecord(line) else { return }
        records.update { $0.append(record) }
        onCommit(Commit(record, node: node, readAt: readAt))
    }
}
