import KubeSim
import NIOCore
import NIOHTTP1
import NIOPosix

/// A small HTTP/1.1 client, one connection a request, that shows streams as they come.
struct TestClient: Sendable {
    let port: Int

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]

        var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    }

    init(url: String) { port = Int(url.split(separator: ":").last ?? "") ?? 0 }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send("GET", path, headers: headers)
    }

    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, type: String = "application/json",
        headers: [String: String] = [:]
    ) async throws -> Answer {
        try await send(method, path, bytes: body?.serialized() ?? [], type: type, headers: headers)
    }

    func send(
        _ method: String, _ path: String, bytes: [UInt8], type: String = "application/json",
        headers: [String: String] = [:]
    ) async throws -> Answer {
        try await exchange(method, path, bytes: bytes, type: type, headers: headers) { head, parts in
            var answer = Answer(status: Int(head.status.code), headers: head.headers, body: [])
            while let part = try await parts.next() {
                if case .body(let buffer) = part { answer.body.append(contentsOf: buffer.readableBytesView) }
                if case .end = part { break }
            }
            return answer
        }
    }

    /// Opens a watch and hands its lines to the closure.
    func watch<Value: Sendable>(
        _ path: String, headers: [String: String] = [:],
        _ body: @Sendable (inout WatchLines) async throws -> Value
    ) async throws -> Value {
        try await exchange("GET", path, bytes: [], type: "", headers: headers) { head, parts in
            var lines = WatchLines(status: Int(head.status.code), parts: parts)
            return try await body(&lines)
        }
    }

    typealias Parts = NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator

    private func exchange<Value: Sendable>(
        _ method: String, _ path: String, bytes: [UInt8], type: String, headers: [String: String],
        _ body: @Sendable (HTTPResponseHead, inout Parts) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
            host: "127.0.0.1", port: port
        ) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
                    wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            var head = HTTPRequestHead(version: .http1_1, method: .RAW(value: method), uri: path)
            head.headers.add(name: "Host", value: "127.0.0.1")
            head.headers.add(name: "User-Agent", value: "kubesim-tests")
            if !type.isEmpty { head.headers.add(name: "Content-Type", value: type) }
            head.headers.add(name: "Content-Length", value: String(bytes.count))
            for (name, value) in headers { head.headers.add(name: name, value: value) }
            try await outbound.write(.head(head))
            if !bytes.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: bytes)))) }
            try await outbound.write(.end(nil))
            var parts = inbound.makeAsyncIterator()
            guard case .head(let response)? = try await parts.next() else { throw NoAnswer() }
            return try await body(response, &parts)
        }
    }

    /// The connection ended before there was an answer.
    struct NoAnswer: Error {}
}

/// The lines of a watch.
struct WatchLines {
    let status: Int
    private var parts: TestClient.Parts
    private var pending: [UInt8] = []
    /// Whether the stream was finished properly, by the last chunk.
    private(set) var hasEndedCleanly = false

    init(status: Int, parts: TestClient.Parts) {
        self.status = status
        self.parts = parts
    }

    /// What came after the last line end.
    var unfinishedLine: String { String(decoding: pending, as: UTF8.self) }

    /// The next event, or nil at the end of the stream, proper or not.
    mutating func next() async throws -> JSONValue? {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(pending[..<end])
                pending.removeFirst(end + 1)
                return try JSONValue(parsing: line)
            }
            let part: HTTPClientResponsePart?
            do {
                part = try await parts.next()
            } catch {
                return nil
            }
            switch part {
            case .body(let buffer): pending.append(contentsOf: buffer.readableBytesView)
            case .end:
                hasEndedCleanly = true
                return nil
            case .head: continue
            case nil: return nil
            }
        }
    }

    /// Type and name of the next event, for instance `ADDED web`.
    mutating func nextSummary() async throws -> String? {
        guard let event = try await next() else { return nil }
        return "\(event["type"]?.string ?? "?") \(event.at("object", "metadata", "name")?.string ?? "-")"
    }
}
