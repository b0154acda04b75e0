internal import ArgumentParser
internal import CosmoletAgent
internal import Foundation

/// `cosmolet config`: the configuration file, without running anything.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check, print and describe the configuration file.",
        subcommands: [ConfigValidateCommand.self, ConfigPrintCommand.self, ConfigSchemaCommand.self])
}

/// `cosmolet config validate`.
struct ConfigValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a configuration file, of the agent or of the northbound.",
        discussion: """
            Names everything that is wrong with it, each with line and key. Touches nothing else.

            EXIT CODES
              0   valid
              78  not valid, or it cannot be read

            EXAMPLES
              cosmolet config validate /etc/cosmolet/config.yaml
              cosmolet config validate config.yaml --output json
            """)

    /// How errors are printed.
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Argument(help: "The file.")
    var file: String

    @Option(help: "text or json.")
    var output = Output.text

    /// An object for programs.
    private struct Report: Encodable {
        struct Problem: Encodable {
            var path: String
            var line: Int?
            var message: String
        }

        var file: String
        var valid: Bool
        var errors: [Problem]
    }

    func run() throws {
        let errors = AgentConfiguration.errors(inFile: file)
        switch output {
        case .text:
            for error in errors { _ = Failure.exit(error, file: file) }
            if errors.isEmpty { print("\(file) is valid") }
        case .json:
            let report = Report(
                file: file, valid: errors.isEmpty,
                errors: errors.map { .init(path: $0.path, line: $0.line, message: $0.message) })
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        }
        if !errors.isEmpty { throw ExitCode.configuration }
    }
}

/// `cosmolet config print`.
struct ConfigPrintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print",
        abstract: "Print the configuration that an agent with these flags would run with.",
        discussion: """
            All keys, with the defaults. What the environment or a flag has changed says so.

            EXIT CODES
              0   printed
              78  the configuration is not valid

            EXAMPLES
              cosmolet config print
              cosmolet config print --config /etc/cosmolet/config.yaml --node worker-1 --http off
            """)

    @OptionGroup var flags: AgentFlags

    func run() throws {
        do throws(ConfigurationError) {
            let file = try flags.process.file.map { path throws(ConfigurationError) in
                try AgentConfiguration(file: path)
            }
            var result = file ?? AgentConfiguration()
            var origins = [(name: "file", configuration: result)]
            flags.applyEnvironment(to: &result)
            origins.append((name: "environment", configuration: result))
            try flags.applyFlags(to: &result)
            origins.append((name: "flag", configuration: result))
            print(result.yaml(origins: origins), terminator: "")
        } catch {
            throw Failure.exit(error, file: flags.process.file)
        }
    }
}

/// `cosmolet config schema`.
struct ConfigSchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema (draft 2020-12) of the configuration file.",
        discussion: """
            For editors, and for checks before a file reaches a node. What a schema cannot say, such as that two classes
            may not have the same tag, cosmolet config validate finds.

            EXAMPLE
              cosmolet config schema > cosmolet.schema.json
            """)

    func run() { print(AgentConfiguration.jsonSchema, terminator: "") }
}
