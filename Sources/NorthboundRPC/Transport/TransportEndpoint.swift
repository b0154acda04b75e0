internal import Bindings

/// Where a server listens: `zmq+ipc:///run/cosmolet/northbound.sock` or `zmq+tcp://host:port`.
public enum TransportEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// A socket file at an absolute path.
    case ipc(path: String)
    /// A TCP port. The host is a name, an IPv4 address, an IPv6 address without its brackets, or `*` to listen
    /// everywhere. Port 0 lets the system choose one.
    case tcp(host: String, port: UInt16)

    /// Reads an endpoint as it stands in configuration.
    ///
    /// - Throws: `invalidConfiguration`, saying what is wrong.
    public init(parsing text: String) throws(TransportError) {
        func invalid(_ reason: String) -> TransportError {
            TransportError(code: .invalidConfiguration, message: "endpoint \"\(text)\": \(reason)")
        }
        if text.hasPrefix("zmq+ipc://") {
            let path = String(text.dropFirst("zmq+ipc://".count))
            guard path.hasPrefix("/"), !path.hasSuffix("/") else { throw invalid("the path is not absolute") }
            guard path.utf8.count <= UnixListener.pathByteLimit else {
                throw invalid("the path has more than \(UnixListener.pathByteLimit) bytes")
            }
            guard path.unicodeScalars.allSatisfy({ $0.value > 32 }) else { throw invalid("the path has blanks") }
            self = .ipc(path: path)
        } else if text.hasPrefix("zmq+tcp://") {
            let address = text.dropFirst("zmq+tcp://".count)
            guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...])
            else {
                throw invalid("it must end in a port, as in zmq+tcp://host:7790")
            }
            var host = address[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
            } else if host.contains(":") {
                throw invalid("an IPv6 address stands in brackets")
            }
            // No "/", ";" or "@", which libzmq would take for something else.
            let isPlain = host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".-_:*%".contains($0)) }
            guard !host.isEmpty, isPlain else { throw invalid("the host is not a name or address") }
            self = .tcp(host: String(host), port: port)
        } else {
            throw invalid("it must begin with zmq+ipc:// or zmq+tcp://")
        }
    }

    /// As it stands in configuration.
    public var description: String { "zmq+\(address)" }

    /// As libzmq wants it.
    var address: String {
        switch self {
        case .ipc(let path): "ipc://\(path)"
        case .tcp(let host, let port): "tcp://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }

    /// IPv4 literals are left to IPv4 sockets.
    var usesIPv6: Bool {
        switch self {
        case .ipc: false
        case .tcp(let host, _): !host.allSatisfy { $0.isNumber || $0 == "." }
        }
    }
}
