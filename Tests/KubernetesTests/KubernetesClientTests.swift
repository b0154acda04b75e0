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
            exchange.reply(200, JSON.list([JSON.service("a")], version: 3))
            let count = try await page.items.count
            #expect(count == 1)
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
