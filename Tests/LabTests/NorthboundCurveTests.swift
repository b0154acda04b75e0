import CosmoletTesting
import Foundation
import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

extension LabTests {
    /// The northbound over TCP: keys or nothing.
    @Suite(.timeLimit(.minutes(1))) struct NorthboundCurveTests {
        @Test func onlyKnownKeysComeIn() async throws {
            try await NorthboundNode.each(first: 1) { node in
                let keys = try await Keys(in: node, clients: ["agent"])
                let northbound = try await node.start(
                    listen: "zmq+tcp://127.0.0.1:0",
                    options: ["--curve-key", keys.path("server"), "--curve-clients", keys.path("clients")])
                let network = Network(prefix: Sample.ipv4(1))

                let known = try await node.client(
                    of: northbound, name: "somebody else", security: try keys.security("agent"))
                let record = try await known.commit(CommitRequest("known", [.set(network)]))
                #expect(record.outcome == .applied)
                #expect(record.client == "agent", "the key says who it is, not the header")
                let list = try await node.cosmolet(
                    "commits", "list", "--northbound", northbound.endpoint, "--curve-key", keys.path("agent"),
                    "--curve-server", keys.path("server") + ".pub")
                #expect(list.contains("+\(network.prefix)"))

                let unknown = try await node.client(
                    of: northbound, name: "agent", security: try keys.security("stranger"), deadline: .seconds(2))
                let refusal = await #expect(throws: NorthboundError.self) { try await unknown.get(.config) }
                #expect(refusal?.code == .deadlineExceeded)
                // Its own key is good, but it takes somebody else for the server.
                let misled = try await node.client(
                    of: northbound, name: "agent", security: try keys.security("agent", server: "stranger"),
                    deadline: .seconds(2))
                let mistake = await #expect(throws: NorthboundError.self) { try await misled.get(.config) }
                #expect(mistake?.code == .deadlineExceeded)
                #expect(try await known.get(.config) == [network])
            }
        }

        @Test func withoutKeysTCPIsRefused() async throws {
            try await NorthboundNode.each(first: 1) { node in
                let server = await #expect(throws: CommandFailure.self) {
                    try await node.cosmolet(
                        "northbound", "--listen", "zmq+tcp://127.0.0.1:0", "--journal", node.folder + "/other.sqlite",
                        "--socket", node.node.managementSocket)
                }
                #expect(server?.exitCode == 78)
                #expect(server?.standardError.contains("is refused without CURVE: give the server a key") == true)
                let client = await #expect(throws: CommandFailure.self) {
                    try await node.cosmolet("commits", "list", "--northbound", "zmq+tcp://127.0.0.1:9")
                }
                #expect(client?.exitCode == 78)
                #expect(client?.standardError.contains("is refused without CURVE: give the client a key") == true)
            }
        }

        @Test func keysAreNotOverwritten() async throws {
            try await NorthboundNode.each(first: 1) { node in
                let keys = try await Keys(in: node, clients: [])
                let before = try String(contentsOfFile: keys.path("server"), encoding: .utf8)
                let again = await #expect(throws: CommandFailure.self) {
                    try await node.cosmolet("northbound", "keygen", keys.path("server"))
                }
                #expect(again?.exitCode == 1)
                #expect(try String(contentsOfFile: keys.path("server"), encoding: .utf8) == before)
                let attributes = try FileManager.default.attributesOfItem(atPath: keys.path("server"))
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }
}

/// Key pairs of `cosmolet northbound keygen`: of a server, of clients, and of a stranger.
private struct Keys: Sendable {
    private let folder: String

    /// Makes the keys, and the list of the clients that may come in.
    init(in node: NorthboundNode, clients: [String]) async throws {
        folder = node.folder + "/keys"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var list = "# clients\n"
        for name in ["server", "stranger"] + clients {
            let key = try await node.cosmolet("northbound", "keygen", path(name))
            if clients.contains(name) { list += key.trimmingCharacters(in: .newlines) + " \(name)\n" }
        }
        try list.write(toFile: path("clients"), atomically: true, encoding: .utf8)
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func security(_ name: String, server: String = "server") throws -> ClientSecurity {
        try .curve(keyFile: path(name), serverKeyFile: path(server) + ".pub")
    }
}
