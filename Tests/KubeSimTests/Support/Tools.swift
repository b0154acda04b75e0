import Foundation
import KubeSim
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Programs of the machine that tests run.
enum Tools {
    static let hasKubectl = isInstalled("kubectl")
    static let hasOpenSSL = isInstalled("openssl")

    /// A program that could not do what it was asked.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static func isInstalled(_ name: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
        }
    }

    /// Runs a program to its end and gives what it printed.
    @discardableResult
    static func run(
        _ name: String, _ arguments: [String], environment: [Environment.Key: String?], folder: String
    ) async throws -> String {
        let result = try await Subprocess.run(
            .name(name), arguments: Arguments(arguments), environment: .inherit.updating(environment),
            workingDirectory: FilePath(folder), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw Failure(
                description: "\(name) \(arguments.joined(separator: " ")): \(result.terminationStatus): "
                    + result.standardError)
        }
        return result.standardOutput
    }
}

/// A folder that is there for one test.
struct TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "kubesim-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// kubectl with a kubeconfig and cache of its own.
struct Kubectl: Sendable {
    let server: KubeSimServer
    let folder: TemporaryFolder
    let kubeconfig: Kubeconfig

    func run(_ arguments: String...) async throws -> String {
        let file = try write("\(UUID().uuidString).kubeconfig", kubeconfig.text)
        return try await Tools.run(
            "kubectl", ["--cache-dir=\(folder.path)/cache"] + arguments, environment: ["KUBECONFIG": file],
            folder: folder.path)
    }

    func write(_ name: String, _ text: String) throws -> String {
        let path = "\(folder.path)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }
}
