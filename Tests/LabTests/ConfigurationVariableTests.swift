import CosmoletTesting
import Foundation
import Testing

/// The environment variable that names the configuration file, as in the chart's pods. Needs no lab.
@Suite(.timeLimit(.minutes(2))) struct ConfigurationVariableTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cosmolet-\(UUID())")

    /// Runs `cosmolet` with files that have different AS numbers, and an HTTP port that nobody listens on.
    private func run(_ arguments: [String], variable: String? = "variable.yaml") async throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, asn) in [("variable.yaml", 64901), ("flag.yaml", 64902)] {
            let text = "bgp: {asn: \(asn)}\nhttp: {address: \"127.0.0.1:1\"}\n"
            try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
        }
        let path = variable.map { $0 == "" ? "" : folder.appendingPathComponent($0).path }
        return try await Command.run(
            LabEnvironment.cosmolet, arguments.map { $0.replacing("FOLDER", with: folder.path) },
            environment: path.map { ["COSMOLET_CONFIG": $0] } ?? [:])
    }

    @Test(arguments: [["frr-config"], ["config", "print"]])
    func theVariableNamesTheFile(command: [String]) async throws {
        #expect(try await run(command).contains("64901"))
    }

    @Test(arguments: [["frr-config"], ["config", "print"]])
    func theFlagWins(command: [String]) async throws {
        let output = try await run(command + ["--config", "FOLDER/flag.yaml"])
        #expect(output.contains("64902"))
        #expect(!output.contains("64901"))
    }

    @Test func anEmptyVariableNamesNoFile() async throws {
        #expect(try await !run(["config", "print"], variable: "").contains("64901"))
    }

    @Test func explainAsksWhereTheFileSays() async throws {
        let failure = await #expect(throws: CommandFailure.self) { try await run(["explain"]) }
        #expect(failure?.exitCode == 69)
        #expect(failure?.standardError.contains("127.0.0.1:1/") == true)
    }

    @Test(arguments: [["explain"], ["list"], ["plan"], ["frr-config"], ["agent"], ["northbound"]])
    func aFileThatIsNotThereIsNamed(command: [String]) async throws {
        let failure = await #expect(throws: CommandFailure.self) { try await run(command, variable: "none.yaml") }
        #expect(failure?.exitCode == 78)
        #expect(failure?.standardError.contains("none.yaml") == true)
    }
}
