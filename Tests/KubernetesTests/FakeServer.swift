import Foundation
import Glibc
import Synchronization

/// An HTTP server on a loopback port that does nothing by itself: the test takes each request and answers it, well or
/// badly. One request per connection.
final class FakeServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let exchanges: AsyncStream<FakeExchange>
    private let arrived: AsyncStream<FakeExchange>.Continuation
    private let isStopped = Mutex(false)

    var url: String { "http://127.0.0.1:\(port)" }

    init() throws {
        let (listener, port) = try listenOnLoopback()
        self.listener = listener
        self.port = port
        (exchanges, arrived) = AsyncStream.makeStream()
        let arrived = arrived
        Thread.detachNewThread {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { break }
                let exchange = FakeExchange(descriptor)
                Thread.detachNewThread {
                    if exchange.readRequest() { arrived.yield(exchange) }
                }
            }
            close(listener)
            arrived.finish()
        }
    }

    deinit { stop() }

    /// Refuses connections from now on. Only once: its descriptor may be another server's after that.
    func stop() {
        isStopped.withLock { isStopped in
            if !isStopped { shutdown(listener, Int32(SHUT_RDWR)) }
            isStopped = true
        }
    }

    /// The next request.
    ///
    /// - Throws: `CancellationError` when the test is over, for instance at its time limit.
    func next() async throws -> FakeExchange {
        for await exchange in exchanges { return exchange }
        throw CancellationError()
    }
}

/// One connection with its request. Dropping it closes the connection.
final class FakeExchange: Sendable {
    struct Request: Sendable {
        var method = ""
        var path = ""
        var query: [String: String] = [:]
        var headers: [String: String] = [:]
        var body = ""
    }

    private struct State {
        var request = Request()
        var isOpen = true
    }

    private let descriptor: Int32
    private let state = Mutex(State())

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { end() }

    var request: Request { state.withLock { $0.request } }

    // MARK: - Answers

    /// Answers with a whole body.
    func reply(_ status: Int = 200, _ body: String, headers: [String: String] = [:]) {
        write(head(status, headers.merging(["Content-Length": "\(body.utf8.count)"]) { $1 }) + body)
        end()
    }

    /// Answers 200 and leaves the body open, in chunks.
    func beginStream() {
        write(head(200, ["Transfer-Encoding": "chunked"]))
    }

    /// Sends text as one chunk of a stream.
    func stream(_ text: String) {
        write(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
    }

    /// Ends a stream in order.
    func endStream() {
        write("0\r\n\r\n")
        end()
    }

    /// Answers 200 with a whole body of bytes.
    func reply(bytes: [UInt8], headers: [String: String]) {
        write(head(200, headers.merging(["Content-Length": "\(bytes.count)"]) { $1 }))
        write(bytes)
        end()
    }

    /// Sends text as it is.
    func write(_ text: String) { write(Array(text.utf8)) }

    private func write(_ bytes: [UInt8]) {
        _ = sendAll(descriptor, bytes[...])
    }

    /// Closes the connection.
    func end() {
        let isOpen = state.withLock { state in
            defer { state.isOpen = false }
            return state.isOpen
        }
        if isOpen { close(descriptor) }
    }

    /// Closes the connection with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        end()
    }

    /// Blocks until the client has closed the connection; call it on a thread of its own.
    func waitForPeerClose() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) > 0 {}
    }

    private func head(_ status: Int, _ headers: [String: String]) -> String {
        let lines = headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
        return "HTTP/1.1 \(status) Scripted\r\nConnection: close\r\n\(lines)\r\n"
    }

    // MARK: - The request

    /// Reads head and body; false when the client goes before.
    func readRequest() -> Bool {
        var text = ""
        while !text.contains("\r\n\r\n") {
            guard let more = read() else { return false }
            text += more
        }
        var lines = text.components(separatedBy: "\r\n")
        let words = lines.removeFirst().split(separator: " ").map(String.init)
        guard words.count == 3, let url = URLComponents(string: words[1]) else { return false }
        var request = Request(method: words[0], path: url.path)
        for item in url.queryItems ?? [] { request.query[item.name] = item.value ?? "" }
        for line in lines {
            guard let colon = line.range(of: ": ") else { break }
            request.headers[line[..<colon.lowerBound].lowercased()] = String(line[colon.upperBound...])
        }
        request.body = text.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
        let length = request.headers["content-length"].flatMap(Int.init) ?? 0
        while request.body.utf8.count < length {
            guard let more = read() else { return false }
            request.body += more
        }
        let done = request
        state.withLock { $0.request = done }
        return true
    }

    private func read() -> String? {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
