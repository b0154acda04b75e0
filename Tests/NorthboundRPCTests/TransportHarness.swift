import Bindings
import Foundation
import NorthboundRPC
import Testing

/// A directory of its own for each test, and the small codec that the transport tests use: a header is a request id.
final class TransportHarness: Sendable {
    let directory: String

    init() throws {
        directory = NSTemporaryDirectory() + "/cosmolet-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    var socketPath: String { "\(directory)/run/rpc.sock" }
    var endpoint: TransportEndpoint { .ipc(path: socketPath) }

    func server(handler: @escaping RequestServer.Handler) -> RequestServer {
        server({ _ in }, handler: handler)
    }

    /// Answers every request with itself.
    func echoServer(_ configure: (inout RequestServerConfiguration) -> Void = { _ in }) -> RequestServer {
        server(configure) { _, request in [request] }
    }

    func server(
        _ configure: (inout RequestServerConfiguration) -> Void, handler: @escaping RequestServer.Handler
    ) -> RequestServer {
        var configuration = RequestServerConfiguration(endpoint: endpoint)
        configure(&configuration)
        return RequestServer(configuration: configuration, refusalReply: Self.refusal, handler: handler)
    }

    func client(
        to endpoint: TransportEndpoint? = nil, _ configure: (inout RequestClientConfiguration) -> Void = { _ in }
    ) async throws -> RequestClient {
        var configuration = RequestClientConfiguration(endpoint: endpoint ?? self.endpoint)
        configure(&configuration)
        let client = RequestClient(configuration: configuration) { $0.count == 8 ? $0 : nil }
        try await client.start()
        return client
    }

    /// Runs a server around a test.
    func serving(
        _ server: RequestServer, _ body: @Sendable (TransportEndpoint) async throws -> Void
    ) async throws {
        let endpoint = try await server.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            try await body(endpoint)
            server.stop()
            try await group.waitForAll()
        }
    }

    /// The body names the refusal, the header is the request's if it has one.
    static func refusal(_ refusal: RequestRefusal, _ frames: [[UInt8]]) -> TransportMessage? {
        guard let header = frames.first else { return nil }
        return TransportMessage(header: header, body: Array("\(refusal)".utf8))
    }

    static func request(_ number: UInt64, body: [UInt8] = []) -> TransportMessage {
        TransportMessage(header: (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }, body: body)
    }

    static func key(_ seed: UInt64) -> [UInt8] { request(seed).header }
}

/// A bare ZeroMQ socket for misbehaving, driven from the test: each step runs on its thread.
actor RawSocket {
    private let thread: PinnedThread
    private let waiter = ZeroMQWaiter()
    private var context: ZeroMQContext?
    private var socket: ZeroMQSocket?
    /// Until it is closed it stays: a test that fails before shall not end the whole run.
    private var itself: RawSocket?

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

    init() {
        thread = PinnedThread(name: "raw", waiter: waiter)
    }

    func open(_ kind: ZeroMQSocket.Kind, _ endpoint: String, _ options: ZeroMQSocketOptions = .init()) throws {
        try make(kind, options).connect(endpoint)
    }

    func listen(_ kind: ZeroMQSocket.Kind, _ endpoint: String, _ options: ZeroMQSocketOptions = .init()) throws {
        _ = try make(kind, options).bind(endpoint)
    }

    private func make(_ kind: ZeroMQSocket.Kind, _ options: ZeroMQSocketOptions) throws -> ZeroMQSocket {
        let context = try ZeroMQContext()
        self.context = context
        itself = self
        let socket = try ZeroMQSocket(kind, context: context, options: options)
        self.socket = socket
        return socket
    }

    func subscribe(_ topic: [UInt8]) throws { try socket?.subscribe(topic) }

    func send(_ frames: [[UInt8]]) throws -> ZeroMQSocket.SendOutcome? { try socket?.send(frames) }

    func receive() throws -> [[UInt8]]? { try socket?.receive()?.frames }

    func close() {
        socket?.close()
        context?.terminate()
        socket = nil
        context = nil
        itself = nil
    }
}

/// Numbers from a seed, for repeatable fuzz.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
