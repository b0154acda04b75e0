internal import CosmoletTesting
internal import Foundation
internal import Synchronization

/// A long-lived program of the demo, which may be killed and started again.
final class Daemon: Sendable {
    /// For messages.
    let name: String
    private let program: String
    private let arguments: [String]
    private let environment: [String: String]
    private let process: Mutex<ManagedProcess?> = Mutex(nil)

    /// Takes what to run; nothing runs before `start`.
    init(name: String, program: String, arguments: [String], environment: [String: String]) {
        self.name = name
        self.program = program
        self.arguments = arguments
        self.environment = environment
    }

    /// Starts the program.
    func start(onLine: @escaping @Sendable (String) -> Void) {
        let started = ManagedProcess(name: name, program, arguments, environment: environment, onLine: onLine)
        process.withLock { $0 = started }
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

    /// The id of the running process; nil when none runs.
    var processID: Int32? {
        guard case .running(let id) = process.withLock(\.self)?.phase.value else { return nil }
        return id
    }

    /// The last lines that it printed.
    func lastLines(_ count: Int) -> [String] {
        (process.withLock(\.self)?.lines.value ?? []).suffix(count)
    }
}
