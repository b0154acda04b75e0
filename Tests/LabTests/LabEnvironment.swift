import CosmoletTesting
import Foundation
import Testing

/// Where the lab is, if there is one: `hack/test` starts it and names its description in the environment.
enum LabEnvironment {
    static let description = ProcessInfo.processInfo.environment[Lab.environmentVariable]
    static let isPresent = description != nil
    static let absence: Comment = "no lab: run sudo hack/test, or set COSMOLET_LAB to the lab.json of hack/lab up"

    /// The repository, from the place of this file in it.
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The `cosmolet` that was built together with these tests.
    static var cosmolet: String {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("cosmolet").path
    }

    static func lab() throws -> Lab {
        try Lab(describedBy: try #require(description), repository: repository)
    }
}

/// Where a lab with nodes whose bgpd has the module is, if there is one.
enum ModuleLabEnvironment {
    static let description = ProcessInfo.processInfo.environment[Lab.moduleEnvironmentVariable]
    static let isPresent = description != nil
    static let absence: Comment = """
        no lab with the module: run sudo hack/test, or set COSMOLET_LAB_MODULE to the lab.json of hack/lab up --module
        """

    static func lab() throws -> Lab {
        try Lab(describedBy: try #require(description), repository: LabEnvironment.repository)
    }
}

/// What needs the module inside bgpd. One lab serves all, so the tests run one after the other.
@Suite(.serialized, .enabled(if: ModuleLabEnvironment.isPresent, ModuleLabEnvironment.absence))
enum ModuleLabTests {}

/// Everything that needs real FRR and BIRD. One lab serves all, so the tests run one after the other.
@Suite(.serialized, .enabled(if: LabEnvironment.isPresent, LabEnvironment.absence))
enum LabTests {}
