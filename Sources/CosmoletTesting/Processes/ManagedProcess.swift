internal import Foundation
internal import Subprocess

/// A long-lived program, an agent for instance, whose lines are watched while it runs.
public final class ManagedProcess: Sendable {
    /// Where the program is in its life.
    public enum Phase: Sendable, Equatable {
        /// Not running yet.
        case starting
        /// Running under this process id.
        case running(pid: Int32)
        /// Ended; the text is the termination status.
        case ended(String)
    }

    /// Name for messages.
    public let name: String
    /// The phase, to wait on.
    public let phase = Observed<Phase>(.starting)
    /// Lines of standard output and error in order of arrival, to wait on.
    public let lines = Observed<[String]>([])
    private let task: Task<Void, Never>

    /// Starts a program.
    ///
    /// - Parameter onLine: called for each line of its output, on an arbitrary task.
    public init(
        name: String, _ program: String, _ arguments: [String], environment: [String: String] = [:],
        onLine: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.name = name
        let phase = phase
        let lines = lines
        task = Task {
            do {
                let result = try await Subprocess.run(
                    Command.executable(program), arguments: Arguments(arguments),
                    environment: .inherit.updating(
                        Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })),
                    input: .none, output: .sequence, error: .combinedWithOutput
                ) { execution in
                    phase.update { $0 = .running(pid: execution.processIdentifier.value) }
                    for try await line in execution.standardOutput.strings() {
                        let line = line.trimmingCharacters(in: .newlines)
                        lines.update { $0.append(line) }
                        onLine(line)
                    }
                }
                phase.update { $0 = .ended("\(result.terminationStatus)") }
            } catch {
                phase.update { $0 = .ended("\(error)") }
            }
        }
    }

    /// Sends a signal, if the program runs.
    public func signal(_ number: Int32) {
        if case .running(let pid) = phase.value { kill(pid, number) }
    }

    /// SIGTERM, and SIGKILL when that has no effect in time. Returns when the program is gone.
    public func stop(within timeout: Duration = .seconds(10)) async {
        _ = try? await phase.wait(for: "start of \(name)", timeout: .seconds(5)) { $0 != .starting }
        signal(SIGTERM)
        do { try await waitForEnd(within: timeout) } catch {
            signal(SIGKILL)
            try? await waitForEnd(within: .seconds(5))
        }
    }

    /// Waits until the program has ended.
    ///
    /// - Throws: `DeadlineExceeded`.
    public func waitForEnd(within timeout: Duration = .seconds(10)) async throws {
        _ = try await phase.wait(for: "end of \(name)", timeout: timeout) {
            if case .ended = $0 { true } else { false }
        }
    }

    /// Waits for a line that contains the text, and returns the first.
    ///
    /// - Parameter index: lines before this one do not count.
    /// - Throws: `DeadlineExceeded`, with the last lines of the program.
    public func line(
        containing text: String, from index: Int = 0, timeout: Duration = .seconds(30)
    ) async throws -> String {
        let all = try await lines.wait(for: "line of \(name) with \"\(text)\"", timeout: timeout) { lines in
            lines.dropFirst(index).contains { $0.contains(text) }
        }
        return all.dropFirst(index).first { $0.contains(text) } ?? ""
    }
}
