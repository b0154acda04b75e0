internal import CosmoletTesting
internal import Foundation

/// `cosmolet northbound` beside one node's FRR, in split mode.
final class NorthboundProcess: Sendable {
    /// The program.
    let daemon: Daemon
    private let greeting = Observed(Greeting())

    /// Makes a northbound that does not run yet.
    ///
    /// - Parameter options: its sockets and journal.
    init(node: LabDescription.Node, program: String, options: [String], environment: [String: String]) {
        daemon = Daemon(
            name: "northbound of \(node.name)", program: program,
            arguments: [
                "northbound", "--provider", node.providerEndpoint, "--http", "127.0.0.1:0", "--log-format", "json",
            ] + options, environment: environment)
    }

    /// What the running process said when it started.
    var facts: Greeting { greeting.value }

    /// Starts it and waits until it serves its probes and has a session with FRR.
    func start() async throws {
        greeting.update { $0 = Greeting() }
        daemon.start { [greeting] text in
            if let line = LogLine(text) { greeting.update { $0.read(line) } }
        }
        _ = try await greeting.wait(for: "session with FRR and HTTP address of the \(daemon.name)") {
            !$0.address.isEmpty && !$0.dialect.isEmpty
        }
    }
}
