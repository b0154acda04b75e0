import CosmoletTesting
import Foundation
import Testing

/// The lab of the fault matrix, one of its own as daemons die in it: `hack/test` starts it and names its description.
enum MatrixEnvironment {
    static let variable = "COSMOLET_LAB_MATRIX"
    static let description = ProcessInfo.processInfo.environment[variable]
    /// Shows what the sessions log.
    static let isVerbose = ProcessInfo.processInfo.environment["COSMOLET_MATRIX_LOG"] != nil
    static let absence: Comment = """
        no lab for the fault matrix: run sudo hack/test, or set COSMOLET_LAB_MATRIX to the lab.json of a lab of its own
        """

    /// The repository, from the place of this file in it.
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// While something is being looked into: only faults whose names contain this.
    static let filter = ProcessInfo.processInfo.environment["COSMOLET_MATRIX_ONLY"]

    /// The faults to play.
    static func faults(_ all: [MatrixCase.Fault]) -> [MatrixCase.Fault] {
        guard let filter else { return all }
        return all.filter { $0.name.contains(filter) }
    }

    /// One provider under test for each node of the lab: the module where bgpd has it.
    ///
    /// - Throws: `MatrixFailure` unless each provider is there on each release.
    static func providers() throws -> [ProviderUnderTest] {
        try providers(of: Lab(describedBy: try #require(description), repository: repository))
    }

    static func providers(of lab: Lab) throws -> [ProviderUnderTest] {
        let providers: [ProviderUnderTest] = lab.description.nodes.map {
            .module(on: $0, of: lab) ?? .mgmtd(on: $0, of: lab)
        }
        let found = providers.map { "\($0.name) of \(LabRelease.of($0.frrVersion))" }.sorted()
        let expected = ["bgpd", "mgmtd"].flatMap { name in LabRelease.all.map { "\(name) of \($0)" } }
        guard found == expected else {
            throw MatrixFailure(
                description: "the lab has \(found), the matrix needs \(expected): hack/lab up --module")
        }
        return providers
    }
}

/// One lab serves all, and its daemons are killed: the tests run one after the other.
@Suite(.serialized, .enabled(if: MatrixEnvironment.description != nil, MatrixEnvironment.absence))
enum FaultMatrixTests {}

/// The matrix cannot go on.
struct MatrixFailure: Error, CustomStringConvertible {
    let description: String
}
