internal import Bindings

/// One outgoing connection with its monitor, made anew whenever it breaks. For one thread.
///
/// While nobody listens libzmq tries again by itself. Once a connection breaks or a handshake fails the sockets are
/// thrown away and made anew after a pause: libzmq never tries again after some failures (a refused key, a frame too
/// long), and what a broken connection had in its queues must not reach the next one.
final class ClientLink {
    let context: ZeroMQContext
    private let kind: ZeroMQSocket.Kind
    private let endpoint: TransportEndpoint
    private let options: ZeroMQSocketOptions
    private(set) var socket: ZeroMQSocket?
    private(set) var monitor: ZeroMQSocket?
    /// Whether there is a connection, as far as is known. ZMQ_IMMEDIATE would say so by itself, but throws away what was
    /// received when a connection ends.
    private(set) var isEstablished = false
    private var openCount = 0
    private var failureCount = 0
    /// What went wrong last, until a connection stands.
    private(set) var lastFailure: String?

    init(
        _ kind: ZeroMQSocket.Kind, endpoint: TransportEndpoint, security: ClientSecurity, options: ZeroMQSocketOptions
    ) throws(TransportError) {
        var options = options
        options.security = try security.options(for: endpoint)
        options.usesIPv6 = endpoint.usesIPv6
        self.kind = kind
        self.endpoint = endpoint
        self.options = options
        do throws(ZeroMQError) {
            context = try ZeroMQContext()
        } catch {
            throw TransportError(error)
        }
    }

    /// Makes the sockets and begins to connect.
    ///
    /// - Parameter prepare: called with the socket before it connects.
    func open(_ prepare: (ZeroMQSocket) throws(ZeroMQError) -> Void = { _ in }) throws(TransportError) {
        discard()
        openCount += 1
        do throws(ZeroMQError) {
            let socket = try ZeroMQSocket(kind, context: context, options: options)
            self.socket = socket
            monitor = try socket.monitor(context: context, name: "\(openCount)")
            try prepare(socket)
            try socket.connect(endpoint.address)
        } catch {
            discard()
            throw TransportError(error)
        }
    }

    /// What the connection went through, oldest first.
    func takeEvents() -> [ConnectionEvent] {
        var events: [ConnectionEvent] = []
        while let message = try? monitor?.receive() {
            guard let event = ConnectionEvent(message) else { continue }
            switch event {
            case .established: lastFailure = nil
            case .lost: lastFailure = lastFailure ?? "the connection broke"
            case .handshakeFailed(let reason): lastFailure = reason
            }
            isEstablished = event == .established
            events.append(event)
        }
        return events
    }

    /// To be called when something was received: the link is good.
    func worked() { failureCount = 0 }

    /// How long to wait before opening again: 10 ms, doubled with each failure in a row up to 2 s, and up to a quarter
    /// more at random, so that clients of a restarted server do not come all at once.
    func nextPause() -> Duration {
        let milliseconds = 10 << min(failureCount, 8)
        failureCount += 1
        return .milliseconds(min(milliseconds, 2000) + Int.random(in: 0...(min(milliseconds, 2000) / 4)))
    }

    /// Closes the sockets of a connection that broke. What it had not sent must not reach the next server: its calls
    /// are told that they failed.
    func discard() {
        closeSockets(discardsUnsent: true)
    }

    private func closeSockets(discardsUnsent: Bool) {
        socket?.close(discardsUnsent: discardsUnsent)
        monitor?.close()
        socket = nil
        monitor = nil
        isEstablished = false
    }

    /// Closes for good. Blocks until what was sent is gone or the linger has passed.
    func close() {
        closeSockets(discardsUnsent: false)
        context.terminate()
    }
}
