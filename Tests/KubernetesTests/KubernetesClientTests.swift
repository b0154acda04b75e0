import Foundation
import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct KubernetesClientTests {
    /// Runs a client against a fake server; both are closed afterwards.
    private func withClient(
        token: ClientConfiguration.Token? = nil, responseTimeout: Duration = .seconds(20),
        _ body: (KubernetesClient, FakeServer) async throws -> Void
    ) async throws {
        let server = try FakeServer()
        let configuration = ClientConfiguration(server: server.url, token: token, responseTimeout: responseTimeout)
        let client = try KubernetesClient(configuration: configuration, logger: quietLogger)
        var failure: (any Error)?
        do { try await body(client, server) } catch { failure = error }
        await client.shutdown()
        server.stop()
        if let failure { throw failure }
    }

    @Test func objectIsReadByName() async throws {
        try await withClient { client, server in
            async let service = client.get(Service.self, name: "a b", namespace: "n")
            let exchange = try await server.next()
            #expect(exchange.request.path == "/api/v1/namespaces/n/services/a b")
            #expect(exchange.request.headers["accept"] == "application/json")
            #expect(exchange.request.headers["user-agent"] == "cosmolet")
            #expect(exchange.request.headers["authorization"] == nil)
            exchange.reply(200, JSON.service("a b"))
            let name = try await service.metadata.name
            #expect(name == "a b")
        }
    }

    @Test func kindsOfTheClusterHaveNoNamespace() async throws {
        try await withClient { client, server in
            async let node = client.get(Node.self, name: "n1")
            let exchange = try await server.next()
            #expect(exchange.request.path == "/api/v1/nodes/n1")
            exchange.reply(200, #"{"metadata":{"name":"n1"}}"#)
            let name = try await node.metadata.name
            #expect(name == "n1")
        }
    }

    @Test func rawRequestCarriesItsBody() async throws {
        try await withClient { client, server in
            let request = APIRequest(
                method: "PATCH", path: "/api/v1/x", query: [("dryRun", "All & more")], body: Array("{\"a\":1}".utf8),
                contentType: "application/merge-patch+json")
            async let response = client.request(request)
            let exchange = try await server.next()
            #expect(exchange.request.method == "PATCH")
            #expect(exchange.request.query == ["dryRun": "All & more"])
            #expect(exchange.request.headers["content-type"] == "application/merge-patch+json")
            #expect(exchange.request.body == "{\"a\":1}")
            exchange.reply(201, "done")
            let answer = try await response
            #expect(answer.status == 201)
            #expect(String(decoding: answer.body, as: UTF8.self) == "done")
        }
    }

    @Test func tokenFileIsReadAgainWhenItChanges() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("token", "first\n")
        try await withClient(token: .file(file)) { client, server in
            for (text, expected) in [("first", "first"), ("second", "second"), ("", "second")] {
                try folder.write("token", text)
                async let node = client.get(Node.self, name: "n1")
                let exchange = try await server.next()
                #expect(exchange.request.headers["authorization"] == "Bearer \(expected)")
                exchange.reply(200, #"{"metadata":{"name":"n1"}}"#)
                _ = try await node
            }
        }
    }

    @Test func tokenWithALineBreakIsNotSent() async throws {
        try await withClient(token: .value("a\r\nX-Evil: 1")) { client, _ in
            let error = await #expect(throws: KubernetesError.self) { try await client.get(Node.self, name: "n") }
            #expect(error?.code == .invalidRequest)
            #expect(error?.description.contains("Evil") == false)
        }
    }

    @Test(arguments: [
        (400, KubernetesError.Code.badRequest, false), (401, .unauthorized, true), (403, .forbidden, true),
        (404, .notFound, true), (409, .conflict, false), (410, .expired, false), (422, .badRequest, false),
        (429, .tooManyRequests, true), (500, .serverError, true), (503, .serverError, true),
        (302, .unexpectedStatus, true),
    ])
    func statusIsToldAsACode(_ status: Int, _ code: KubernetesError.Code, _ isRetryable: Bool) async throws {
        try await withClient { client, server in
            async let node = client.get(Node.self, name: "n1")
            try await server.next().reply(
                status, JSON.status(status, message: "because"), headers: ["Retry-After": "7", "Location": "/other"])
            do {
                _ = try await node
                Issue.record("no error")
            } catch let error as KubernetesError {
                #expect(error.code == code)
                #expect(error.status == status)
                #expect(error.isRetryable == isRetryable)
                #expect(error.retryAfter == .seconds(7))
                #expect(error.message.hasPrefix("GET /api/v1/nodes/n1: HTTP \(status): because"))
            }
        }
    }

    @Test func bodyOfAStrangerIsNotShown() async throws {
        try await withClient { client, server in
            async let node = client.get(Node.self, name: "n1")
            try await server.next().reply(502, "<html>secret</html>")
            do {
                _ = try await node
                Issue.record("no error")
            } catch let error as KubernetesError {
                #expect(error.code == .serverError)
                #expect(!error.message.contains("secret"))
            }
        }
    }

    @Test func compressedListIsUnpacked() async throws {
        try await withClient { client, server in
            async let page = client.list(Service.self)
            let exchange = try await server.next()
            #expect(exchange.request.headers["accept-encoding"] == "gzip")
            let names = (0..<500).map { "s\($0)" }
            let text = JSON.list(names.map { JSON.service($0) }, version: 3)
            exchange.reply(bytes: gzip(Array(text.utf8)), headers: ["Content-Encoding": "gzip"])
            let found = try await page.items.map(\.metadata.name)
            #expect(found == names)
        }
    }

    /// Packs bytes as gzip does (RFC 1952) when it finds nothing to compress: in stored blocks (RFC 1951, 3.2.4).
    private func gzip(_ bytes: [UInt8]) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
        var packed: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
        for start in stride(from: 0, to: bytes.count, by: 60_000) {
            let block = bytes[start..<min(start + 60_000, bytes.count)]
            packed += [block.endIndex == bytes.count ? 1 : 0] + little(block.count, 2) + little(~block.count, 2) + block
        }
        var sum: UInt32 = ~0
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return packed + little(Int(~sum), 4) + little(bytes.count, 4)
    }

    @Test func answerThatIsNotWholeNamesTheRequest() async throws {
        try await withClient { client, server in
            async let page = client.list(EndpointSlice.self)
            try await server.next().reply(200, #"{"metadata":{"resourceVersion":"3"},"items":[{"metadata""#)
            do {
                _ = try await page
                Issue.record("no error")
            } catch let error as KubernetesError {
                #expect(error.code == .malformedResponse)
                #expect(error.message.hasPrefix("GET /apis/discovery.k8s.io/v1/endpointslices: "), "\(error)")
            }
        }
    }

    @Test func silentServerIsGivenUp() async throws {
        try await withClient(responseTimeout: .milliseconds(30)) { client, server in
            async let node = client.get(Node.self, name: "n1")
            let exchange = try await server.next()
            do {
                _ = try await node
                Issue.record("no error")
            } catch let error as KubernetesError {
                #expect(error.code == .idle)
            }
            exchange.end()
        }
    }

    @Test func cancelledTaskEndsTheRequest() async throws {
        try await withClient { client, server in
            let task = Task { try await client.get(Node.self, name: "n1") }
            let exchange = try await server.next()
            task.cancel()
            let error = await #expect(throws: KubernetesError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            // The connection is closed too, so the server is not left with it.
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    exchange.waitForPeerClose()
                    continuation.resume()
                }
            }
        }
    }

    @Test func shutdownEndsRequestsAndRefusesNewOnes() async throws {
        try await withClient { client, server in
            let task = Task { try await client.get(Node.self, name: "n1") }
            let exchange = try await server.next()
            await client.shutdown()
            let running = await #expect(throws: KubernetesError.self) { try await task.value }
            #expect(running?.code == .shutDown)
            let later = await #expect(throws: KubernetesError.self) { try await client.get(Node.self, name: "n1") }
            #expect(later?.code == .shutDown)
            exchange.end()
        }
    }
}
