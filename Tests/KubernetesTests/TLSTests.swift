import Foundation
import Glibc
import Testing

@testable import Kubernetes

/// A TLS server in python, which answers each request with the subject of the client's certificate as the name of a
/// Node. Python and openssl are only needed here; without them the suite is skipped.
private final class TLSServer: Sendable {
    static let isAvailable = ["python3", "openssl"].allSatisfy { run("which", [$0]) }

    private static let script = """
        import http.server, json, ssl, sys
        folder, wants = sys.argv[1], sys.argv[2]
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                peer = self.connection.getpeercert() or {}
                names = [v for rdn in peer.get("subject", ()) for k, v in rdn if k == "commonName"]
                body = json.dumps({"metadata": {"name": (names or ["nobody"])[0],
                    "labels": {"host": self.headers["Host"]}}}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *_): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + "/server.pem", folder + "/server.key")
        context.load_verify_locations(folder + "/ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED if wants == "certificate" else ssl.CERT_OPTIONAL
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    let folder: TemporaryFolder
    let port: Int
    private let process: Process

    /// - Parameter name: what the server's certificate is for, in openssl's syntax (`IP:…` or `DNS:…`).
    init(name: String, requiresCertificate: Bool = false) throws {
        folder = try TemporaryFolder()
        try Self.makeAuthority(folder, "ca")
        try Self.makeAuthority(folder, "stranger")
        try Self.makeCertificate(folder, "server", "subjectAltName=\(name)")
        try Self.makeCertificate(folder, "client", "extendedKeyUsage=clientAuth")
        let script = try folder.write("server.py", Self.script)
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script, folder.path, requiresCertificate ? "certificate" : "nothing"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    deinit {
        // The child has inherited the signal mask of a pool thread, in which SIGTERM is blocked.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func file(_ name: String) -> ClientConfiguration.Material { .file("\(folder.path)/\(name)") }

    func data(_ name: String) throws -> ClientConfiguration.Material {
        .data(Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)"))))
    }

    /// Asks for a node and closes the connection again.
    func ask(_ change: (inout ClientConfiguration) throws -> Void = { _ in }) async throws -> Node {
        var configuration = ClientConfiguration(server: "https://127.0.0.1:\(port)", authority: file("ca.pem"))
        try change(&configuration)
        let client = try KubernetesClient(configuration: configuration, logger: quietLogger)
        do {
            let node = try await client.get(Node.self, name: "any")
            await client.shutdown()
            return node
        } catch {
            await client.shutdown()
            throw error
        }
    }

    private static func makeAuthority(_ folder: TemporaryFolder, _ name: String) throws {
        let isMade = run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=\(name)", "-keyout", "\(folder.path)/\(name).key", "-out", "\(folder.path)/\(name).pem",
            ])
        try #require(isMade)
    }

    private static func makeCertificate(_ folder: TemporaryFolder, _ name: String, _ extensions: String) throws {
        let path = folder.path
        try folder.write("\(name).ext", extensions)
        let isMade =
            run(
                "openssl",
                [
                    "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)",
                    "-keyout", "\(path)/\(name).key", "-out", "\(path)/\(name).csr",
                ])
            && run(
                "openssl",
                [
                    "x509", "-req", "-in", "\(path)/\(name).csr", "-CA", "\(path)/ca.pem", "-CAkey", "\(path)/ca.key",
                    "-CAcreateserial", "-days", "2", "-extfile", "\(path)/\(name).ext", "-out", "\(path)/\(name).pem",
                ])
        try #require(isMade)
    }

    private static func run(_ program: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: TLSServer.isAvailable, "needs python3 and openssl"))
struct TLSTests {
    private func code(_ body: () async throws -> Node) async -> KubernetesError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? KubernetesError)?.code
        }
    }

    @Test func onlyTheGivenAuthorityIsTrusted() async throws {
        let server = try TLSServer(name: "IP:127.0.0.1")
        #expect(try await server.ask().metadata.name == "nobody")
        #expect(try await server.ask { $0.authority = try server.data("ca.pem") }.metadata.name == "nobody")
        #expect(await code { try await server.ask { $0.authority = server.file("stranger.pem") } } == .tlsFailed)
        #expect(
            await code { try await server.ask { $0.authority = try server.data("stranger.pem") } } == .tlsFailed)
        #expect(await code { try await server.ask { $0.authority = nil } } == .tlsFailed)
        #expect(await code { try await server.ask { $0.authority = .file("/nowhere.pem") } } == .tlsFailed)
        #expect(await code { try await server.ask { $0.authority = .data(Array("rubbish".utf8)) } } == .tlsFailed)
    }

    @Test func rotatedAuthorityIsReadAnew() async throws {
        let server = try TLSServer(name: "IP:127.0.0.1")
        func trust(_ name: String) throws {
            let text = try String(contentsOfFile: "\(server.folder.path)/\(name)", encoding: .utf8)
            try server.folder.write("trusted.pem", text)
        }
        try trust("stranger.pem")
        let client = try KubernetesClient(
            configuration: ClientConfiguration(
                server: "https://127.0.0.1:\(server.port)", authority: server.file("trusted.pem")),
            logger: quietLogger)
        #expect(await code { try await client.get(Node.self, name: "any") } == .tlsFailed)
        try trust("ca.pem")
        #expect(await code { try await client.get(Node.self, name: "any") } == nil)
        await client.shutdown()
    }

    @Test func nameIsCheckedAndCanBeGiven() async throws {
        let server = try TLSServer(name: "DNS:kubernetes.test")
        #expect(await code { try await server.ask() } == .tlsFailed)
        let node = try await server.ask { $0.serverName = "kubernetes.test" }
        #expect(node.metadata.labels["host"] == "127.0.0.1:\(server.port)")
        #expect(await code { try await server.ask { $0.serverName = "other.test" } } == .tlsFailed)
    }

    @Test func verificationCanBeSwitchedOff() async throws {
        let server = try TLSServer(name: "DNS:kubernetes.test")
        let node = try await server.ask {
            $0.verifiesServer = false
            $0.authority = nil
        }
        #expect(node.metadata.name == "nobody")
    }

    @Test func clientCertificateIsShown() async throws {
        let server = try TLSServer(name: "IP:127.0.0.1", requiresCertificate: true)
        let byFile = try await server.ask {
            $0.clientCertificate = .init(certificate: server.file("client.pem"), key: server.file("client.key"))
        }
        #expect(byFile.metadata.name == "client")
        let byData = try await server.ask {
            $0.clientCertificate = .init(certificate: try server.data("client.pem"), key: try server.data("client.key"))
        }
        #expect(byData.metadata.name == "client")
        #expect(await code { try await server.ask() } != nil)
        #expect(
            await code {
                try await server.ask {
                    $0.clientCertificate = .init(certificate: server.file("client.pem"), key: server.file("server.key"))
                }
            } == .tlsFailed)
    }
}
