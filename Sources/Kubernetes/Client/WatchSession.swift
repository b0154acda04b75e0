/// An open watch, to be read by one task. Dropping it ends the watch.
public struct WatchSession<Resource: KubernetesResource>: Sendable {
    let exchange: Exchange
    /// The HTTP version that its connection speaks: `1.1` or `2`.
    public let httpVersion: String
    private let decoder = ObjectDecoder<Resource>()
    private var splitter = LineSplitter()

    init(_ exchange: Exchange, httpVersion: String) {
        self.exchange = exchange
        self.httpVersion = httpVersion
    }

    /// How long ago the server last sent anything.
    public var timeSinceLastHeard: Duration { exchange.heard.age }

    /// Waits for the next event; nil when the server has ended the watch in order. A line that the end cut in two is
    /// dropped: its event comes again on a watch from the last resourceVersion.
    ///
    /// - Throws: `malformedResponse` for a line that is no event, `connectionLost` and others when the connection
    ///   breaks, `cancelled` when the task is cancelled. The session is of no more use then.
    public mutating func next() async throws(KubernetesError) -> WatchEvent<Resource>? {
        while true {
            while let line = try nextLine() {
                if let event = try decoder.event(line, request: exchange.summary) { return event }
            }
            guard let piece = try await exchange.nextPiece() else { return nil }
            splitter.append(piece)
        }
    }

    private mutating func nextLine() throws(KubernetesError) -> ArraySlice<UInt8>? {
        do throws(KubernetesError) {
            return try splitter.next()
        } catch {
            throw KubernetesError(code: error.code, message: "\(exchange.summary): \(error.message)")
        }
    }
}
