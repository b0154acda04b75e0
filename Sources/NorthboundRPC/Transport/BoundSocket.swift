internal import Bindings

/// A listening socket with all that belongs to it, opened and closed in the one safe order. For one thread.
final class BoundSocket {
    let socket: ZeroMQSocket
    let authenticator: CurveAuthenticator?
    let monitor: ZeroMQSocket
    /// Where it listens, with the real port.
    let endpoint: TransportEndpoint
    private let context: ZeroMQContext
    private let listener: UnixListener?

    init(
        _ kind: ZeroMQSocket.Kind, endpoint: TransportEndpoint, security: ServerSecurity, group: String?,
        options: ZeroMQSocketOptions
    ) throws(TransportError) {
        var options = options
        options.security = try security.options(for: endpoint)
        options.usesIPv6 = endpoint.usesIPv6
        // Closed in reverse when a later step fails.
        var undo: [() -> Void] = []
        do throws(ZeroMQError) {
            let context = try ZeroMQContext()
            undo.append { context.terminate() }
            // Before the server's socket: without it libzmq would let every key in.
            if case .curve(_, let clients) = security {
                let authenticator = try CurveAuthenticator(context: context, allowedKeys: Set(clients.names.keys))
                undo.append { authenticator.close() }
                self.authenticator = authenticator
            } else {
                authenticator = nil
            }
            let socket = try ZeroMQSocket(kind, context: context, options: options)
            undo.append { socket.close() }
            let monitor = try socket.monitor(context: context, name: "server")
            undo.append { monitor.close() }
            switch endpoint {
            case .ipc(let path):
                let listener = try UnixListener(path: path, group: group)
                undo.append { listener.remove() }
                try socket.bind(listener)
                self.listener = listener
                self.endpoint = endpoint
            case .tcp(let host, _):
                let bound = try socket.bind(endpoint.address)
                let port = bound.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
                listener = nil
                self.endpoint = .tcp(host: host, port: port)
            }
            self.context = context
            self.socket = socket
            self.monitor = monitor
        } catch {
            for step in undo.reversed() { step() }
            throw TransportError(error)
        }
    }

    /// Blocks until what was sent is gone or the linger has passed.
    func close() {
        listener?.remove()
        socket.close()
        monitor.close()
        authenticator?.close()
        context.terminate()
    }
}
