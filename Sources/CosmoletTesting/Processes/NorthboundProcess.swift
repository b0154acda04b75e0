internal import Foundation
public import Northbound

/// `cosmolet northbound` beside one node's FRR, with sockets and journal in a folder.
public struct NorthboundProcess: Sendable {
    /// How one is started.
    public struct Settings: Sendable {
        /// The `cosmolet` program.
        public var program: String
        /// Name for messages.
        public var name: String
        /// Folder of sockets and journal; what an earlier process left there is used again.
        public var folder: String
        /// mgmtd's socket, or whatever stands before it.
        public var managementSocket: String
        /// Where it listens; nil for a socket in the folder.
        public var listen: String?
        /// Further options of `cosmolet northbound`.
        public var options: [String]

        /// Makes settings.
        public init(
            program: String, name: String, folder: String, managementSocket: String, listen: String? = nil,
            options: [String] = []
        ) {
            self.program = program
            self.name = name
            self.folder = folder
            self.managementSocket = managementSocket
            self.listen = listen
            self.options = options
        }
    }

    /// The program.
    public let process: ManagedProcess
    /// Where clients connect.
    public let endpoint: String
    /// Where the commit log is published.
    public let commits: String
    /// The journal's file.
    public let journal: String

    /// Starts one, and returns when clients can connect; FRR may not have answered by then.
    ///
    /// - Throws: `DeadlineExceeded`, with what the program printed.
    public static func start(_ settings: Settings) async throws -> NorthboundProcess {
        let listen = settings.listen ?? "zmq+ipc://\(settings.folder)/northbound.sock"
        let commits = "zmq+ipc://\(settings.folder)/commits.sock"
        let journal = settings.folder + "/journal.sqlite"
        let process = ManagedProcess(
            name: "northbound of \(settings.name)", settings.program,
            [
                "northbound", "--listen", listen, "--publish", commits, "--journal", journal, "--socket",
                settings.managementSocket, "--http", "off", "--log-format", "json",
            ] + settings.options)
        struct Line: Decodable {
            struct Metadata: Decodable { var address: String }
            var metadata: Metadata
        }
        let text = try await firstLine(of: process)
        let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
        return NorthboundProcess(process: process, endpoint: line.metadata.address, commits: commits, journal: journal)
    }

    /// The line that tells where it serves.
    private static func firstLine(of process: ManagedProcess) async throws -> String {
        try await withThrowingTaskGroup(of: String?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await process.line(containing: "cosmolet northbound serves") }
            group.addTask {
                try await process.waitForEnd(within: .seconds(30))
                return nil
            }
            if let line = try await group.next() ?? nil { return line }
            let lines = process.lines.value.joined(separator: "\n")
            throw DeadlineExceeded(description: "\(process.name) ended before it served:\n\(lines)")
        }
    }

    /// SIGKILL, and returns when the process is gone.
    public func kill() async throws {
        process.signal(SIGKILL)
        try await process.waitForEnd()
    }

    /// What the process occupies now.
    public var memory: ProcessMemory? {
        guard case .running(let pid) = process.phase.value else { return nil }
        return ProcessMemory(of: pid)
    }
}

extension NorthboundAPI {
    /// Asks for the networks until they are told: then FRR was reached and what a crash left open is settled.
    ///
    /// - Returns: the networks.
    /// - Throws: `DeadlineExceeded` with the last answer.
    @discardableResult
    public func waitUntilServing(timeout: Duration = .seconds(30)) async throws -> Set<Network> {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        var last = ""
        while clock.now < deadline {
            do { return try await get(.config) } catch { last = "\(error)" }
            try await clock.sleep(for: .milliseconds(5))
        }
        throw DeadlineExceeded(description: "the northbound does not serve within \(timeout): \(last)")
    }
}
