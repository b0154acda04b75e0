internal import CosmoletTesting
internal import Foundation

/// `cosmolet northbound` beside one node's FRR, in split mode.
final class NorthboundProcess: Sendable {
    /// Sockets and journal of one node's northbound, in a folder of their own.
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
    }

    /// The program.
    let daemon: Daemon
    /// Where it is reached.
    let endpoints: Endpoints
    private let greeting = Observed(Greeting())

    /// Makes a northbound that does not run yet.
    init(node: LabDescription.Node, program: String, endpoints: Endpoints, environment: [String: String]) {
        self.endpoints = endpoints
        daemon = Daemon(
            name: "northbound of \(node.name)", program: program,
            arguments: [
                "northbound", "--socket", node.managementSocket, "--listen", endpoints.listen,
                "--publish", endpoints.publish, "--journal", endpoints.journal, "--log-format", "json",
            ], environment: environment)
    }

    /// What the running process said when it started.
    var facts: Greeting { greeting.value }

    /// Starts it and waits until it has a session with FRR.
    func start() async throws {
        greeting.update { $0 = Greeting() }
        daemon.start { [greeting] text in
            if let line = LogLine(text) { greeting.update { $0.read(line) } }
        }
        _ = try await greeting.wait(for: "session with FRR of \(daemon.name)") { !$0.dialect.isEmpty }
    }
}
