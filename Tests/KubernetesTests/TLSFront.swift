import Foundation
import Glibc

@testable import Kubernetes

/// nghttpx in front of a fake server: TLS on a Unix socket, with the given protocols offered, HTTP/1.1 behind it.
final class TLSFront: Sendable {
    static let isAvailable = FileManager.default.isExecutableFile(atPath: program) && makesCertificate

    let socket: String
    private static let program = "/usr/sbin/nghttpx"
    private static let makesCertificate = (try? TemporaryFolder()).map(makeCertificate) ?? false
    private let process: Process

    /// - Parameters:
    ///   - folder: with a certificate of `makeCertificate`; holds the socket too.
    ///   - isOneProcess: whether a signal meets all of it, rather than a parent that is told to stop in order.
    init(_ name: String, in folder: TemporaryFolder, port: UInt16, offers: String = "h2,http/1.1", isOneProcess: Bool)
        throws
    {
        socket = "\(folder.path)/\(name)"
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments =
            (isOneProcess ? ["--single-process"] : []) + [
                "--conf=/dev/null", "--frontend=unix:\(socket)", "--backend=127.0.0.1,\(port);;proto=http/1.1",
                "--npn-list=\(offers)", "--workers=1", "--no-ocsp", "--errorlog-file=\(socket).log",
                "\(folder.path)/server.key", "\(folder.path)/server.pem",
            ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // A child inherits the signal mask, and a thread of Swift's pool has one that would keep signals from it.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
    }

    deinit {
        // A worker ends with its parent.
        signal(SIGKILL)
        process.waitUntilExit()
    }

    /// Returns when it takes connections.
    func start() async throws {
        while process.isRunning {
            if let descriptor = connectUnix(socket) {
                close(descriptor)
                return
            }
            try Task.checkCancellation()
            await Task.yield()
        }
        throw POSIXError(.ECONNREFUSED)
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Writes `server.pem`, which is its own authority, and `server.key`; false when openssl cannot.
    static func makeCertificate(_ folder: TemporaryFolder) -> Bool {
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=front", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder.path)/server.key",
            "-out", "\(folder.path)/server.pem",
        ]
        openssl.standardOutput = FileHandle.nullDevice
        openssl.standardError = FileHandle.nullDevice
        guard (try? openssl.run()) != nil else { return false }
        openssl.waitUntilExit()
        return openssl.terminationStatus == 0
    }
}

/// A client that reaches a fake server through a relay and a TLS front.
struct FrontedServer {
    let server: FakeServer
    let relay: Relay
    let front: TLSFront
    let client: KubernetesClient
    let folder: TemporaryFolder

    static func run(
        offers: String = "h2,http/1.1", offersHTTP2: Bool = true, isOneProcess: Bool = true,
        _ body: (FrontedServer) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        guard TLSFront.makeCertificate(folder) else { throw POSIXError(.EIO) }
        let server = try FakeServer()
        let front = try TLSFront("a", in: folder, port: server.port, offers: offers, isOneProcess: isOneProcess)
        try await front.start()
        let relay = try Relay(target: front.socket)
        let configuration = ClientConfiguration(
            server: "https://127.0.0.1:\(relay.port)", authority: .file("\(folder.path)/server.pem"),
            offersHTTP2: offersHTTP2, responseTimeout: .seconds(20))
        let client = try KubernetesClient(configuration: configuration, logger: quietLogger)
        let fronted = FrontedServer(server: server, relay: relay, front: front, client: client, folder: folder)
        var failure: (any Error)?
        do { try await body(fronted) } catch { failure = error }
        await client.shutdown()
        server.stop()
        if let failure { throw failure }
    }

    /// Another front, to which the relay may lead new connections.
    func anotherFront(of server: FakeServer) async throws -> TLSFront {
        let front = try TLSFront("b", in: folder, port: server.port, isOneProcess: true)
        try await front.start()
        return front
    }

    /// Opens a watch of Services of a namespace.
    func watch(_ namespace: String) async throws -> (WatchSession<Service>, FakeExchange) {
        let scope = ResourceScope(namespace: namespace)
        async let opened = client.watch(Service.self, query: WatchQuery(scope: scope, resourceVersion: "10"))
        let exchange = try await server.next()
        exchange.beginStream()
        return (try await opened, exchange)
    }
}
