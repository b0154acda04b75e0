public import NorthboundRPC

/// Where the northbound of FRR is found, as `--northbound` names it.
public enum NorthboundEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// mgmtd's front-end socket at this path: agent and northbound in one process.
    case mgmtd(socket: String)
    /// A `cosmolet northbound` process.
    case service(TransportEndpoint)

    /// Reads `mgmtd:PATH`, `zmq+ipc://PATH` or `zmq+tcp://HOST:PORT`.
    ///
    /// - Throws: `ConfigurationError` that says what is expected.
    public init(_ text: String) throws(ConfigurationError) {
        if text.hasPrefix("zmq+") {
            do { self = .service(try TransportEndpoint(parsing: text)) } catch {
                throw ConfigurationError("--northbound", error.message)
            }
            return
        }
        guard text.hasPrefix("mgmtd:"), text.utf8.count > "mgmtd:".utf8.count else {
            throw ConfigurationError(
                "--northbound",
                "is \"\(text)\", but mgmtd:PATH, zmq+ipc://PATH or zmq+tcp://HOST:PORT is expected, such as "
                    + "mgmtd:/var/run/frr/mgmtd_fe.sock")
        }
        let path = String(text.dropFirst("mgmtd:".count))
        // sockaddr_un.sun_path holds 108 bytes with the NUL.
        guard path.utf8.count < 108 else {
            throw ConfigurationError(
                "--northbound", "the path is longer than the 107 bytes that a unix socket may have")
        }
        self = .mgmtd(socket: path)
    }

    /// As `--northbound` takes it.
    public var description: String {
        switch self {
        case .mgmtd(let socket): "mgmtd:\(socket)"
        case .service(let endpoint): "\(endpoint)"
        }
    }
}
