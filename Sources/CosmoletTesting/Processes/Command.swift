internal import Subprocess
internal import SystemPackage

/// A program that ended with another status than 0.
public struct CommandFailure: Error, CustomStringConvertible {
    /// Program, arguments, status, and what it printed.
    public let description: String
    /// The exit code, nil when a signal ended it.
    public let exitCode: Int?
    /// Standard error.
    public let standardError: String
}

/// Short-lived programs.
public enum Command {
    /// Runs a program to its end and returns its standard output.
    ///
    /// - Parameters:
    ///   - program: a path, or a name to look up in PATH.
    ///   - environment: variables in addition to the inherited ones.
    /// - Throws: `CommandFailure` when it does not exit with 0; `SubprocessError` when it cannot be started.
    @discardableResult
    public static func run(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], input: String = ""
    ) async throws -> String {
        let result = try await Subprocess.run(
            executable(program), arguments: Arguments(arguments),
            environment: .inherit.updating(
                Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })),
            input: .string(input), output: .string(limit: 64 << 20), error: .string(limit: 1 << 20))
        let errorText = result.standardError
        guard result.terminationStatus.isSuccess else {
            var code: Int?
            if case .exited(let status) = result.terminationStatus { code = Int(status) }
            let line = ([program] + arguments).joined(separator: " ")
            throw CommandFailure(
                description: "\(line): \(result.terminationStatus): \(errorText)\(result.standardOutput)",
                exitCode: code, standardError: errorText)
        }
        return result.standardOutput
    }

    /// A path is taken as it is, a name is looked up.
    static func executable(_ program: String) -> Executable {
        program.contains("/") ? .path(.init(program)) : .name(program)
    }
}
