import CosmoletTesting
import Foundation
import KubeSim
import Testing

/// What commands say beside their answer, on standard error. Needs no lab.
@Suite(.timeLimit(.minutes(2))) struct CommandNoteTests {
    /// A folder as FRR's, in which nobody answers, with the module's socket or without, and a configuration that names it.
    private func withFolder(hasModule: Bool, _ body: (_ folder: String) async throws -> Void) async throws {
        let folder = "/tmp/cosmolet-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "frr: {socket: \(folder)/mgmtd_fe.sock}\n".write(
            toFile: "\(folder)/agent.yaml", atomically: true, encoding: .utf8)
        let module =
            try hasModule
            ? FrameRelay(
                at: "\(folder)/cosmolet.sock", to: "/nowhere", framing: WireFraming(name: "none") { _, _ in nil })
            : nil
        defer { module?.stop() }
        try await body(folder)
    }

    private func failure(_ arguments: String...) async throws -> String {
        let failure = await #expect(throws: CommandFailure.self) {
            try await Command.run(LabEnvironment.cosmolet, arguments)
        }
        #expect(failure?.exitCode == 69)
        return failure?.standardError ?? ""
    }

    @Test func aModuleThatNobodyNamedIsNamed() async throws {
        try await withFolder(hasModule: true) { folder in
            let file = "\(folder)/agent.yaml"
            let hint = "--northbound bgpd:\(folder)/cosmolet.sock"
            #expect(try await failure("list", "--config", file).contains(hint))
            #expect(try await failure("announce", "198.51.100.7", "--config", file).contains(hint))
            #expect(try await failure("withdraw", "198.51.100.7", "--config", file).contains(hint))
            // Who says where it is knows.
            let named = try await failure("list", "--config", file, "--northbound", "mgmtd:\(folder)/mgmtd_fe.sock")
            #expect(!named.contains("note:"))
        }
    }

    @Test func withoutAModuleNothingIsSaidOfIt() async throws {
        try await withFolder(hasModule: false) { folder in
            #expect(try await !failure("list", "--config", "\(folder)/agent.yaml").contains("note:"))
            // A file that is no socket is no module.
            try "".write(toFile: "\(folder)/cosmolet.sock", atomically: true, encoding: .utf8)
            #expect(try await !failure("list", "--config", "\(folder)/agent.yaml").contains("note:"))
        }
    }

    @Test func aDrainOfANodeSaysThatTheFuseHolds() async throws {
        try await withFolder(hasModule: false) { folder in
            try await withKubeSim { server, url in
                let kubeconfig = "\(folder)/kubeconfig"
                try Kubeconfig(serverURL: url).text.write(toFile: kubeconfig, atomically: true, encoding: .utf8)
                _ = try server.store.create(.nodes, object: ["metadata": ["name": "worker-1"]])
                let drain = "\(LabEnvironment.cosmolet) drain --node worker-1 --kubeconfig \(kubeconfig)"
                let both = try await Command.run("sh", ["-c", "\(drain) 2>&1"])
                #expect(both.contains("cosmolet release-fuse --node worker-1"))
                #expect(try await Command.run("sh", ["-c", "\(drain) 2>/dev/null"]) == "Node worker-1 drains\n")
            }
        }
    }
}
