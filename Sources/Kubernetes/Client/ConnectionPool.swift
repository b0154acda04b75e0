internal import Bindings
internal import Synchronization

/// The connections that new requests may use: those of one `TransferLoop`.
///
/// A request that hangs or breaks off raises the doubt that its connection is dead, which TCP may not know for long.
/// With HTTP/2, giving the request up does not close the connection, and libcurl would offer it to the next one. So its
/// loop is retired: new requests get another loop, and with it a new connection, perhaps to another server. Those that
/// still run on the old one find out for themselves; it closes with the last of them.
final class ConnectionPool: Sendable {
    private struct Retired {
        weak var loop: TransferLoop?
    }

    private struct State {
        var current: TransferLoop?
        /// Only to close them; their requests keep them alive.
        var retired: [Retired] = []
        var isClosed = false
    }

    private let state: Mutex<State>

    /// - Throws: `other` when libcurl cannot start.
    init() throws(CurlError) {
        state = Mutex(State(current: try Self.makeLoop()))
    }

    /// The loop for a new request, which keeps it as long as it runs.
    ///
    /// - Throws: `closed` after `close()`, `other` when libcurl cannot start another one.
    func loop() throws(CurlError) -> TransferLoop {
        try state.withLock { state throws(CurlError) in
            if let loop = state.current { return loop }
            guard !state.isClosed else { throw CurlError(code: .closed, message: "the client is shut down") }
            let loop = try Self.makeLoop()
            state.current = loop
            return loop
        }
    }

    /// No new request gets this loop, unless it is retired already.
    func retire(_ loop: TransferLoop) {
        state.withLock { state in
            guard state.current === loop else { return }
            state.retired.removeAll { $0.loop == nil }
            state.retired.append(Retired(loop: loop))
            state.current = nil
        }
    }

    /// Ends all requests and closes all connections before it returns.
    func close() async {
        let loops = state.withLock { state in
            state.isClosed = true
            return state.retired.compactMap(\.loop) + (state.current.map { [$0] } ?? [])
        }
        for loop in loops { await loop.close() }
    }

    private static func makeLoop() throws(CurlError) -> TransferLoop { try TransferLoop(name: "kubernetes") }
}
