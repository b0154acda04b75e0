public import NorthboundRPC

/// Where the northbound of FRR is found, as `--northbound` names it.
public enum NorthboundEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// mgmtd's front-end socket at this path: agent and northbound in one process.
    case mgmtd(socket: String)
    /// The socket of the module inside bgpd at this path, in the same way.
    case bgpd(socket: String)
    /// The module if it can be used, else mgmtd. Without paths: the configured socket of mgmtd, and the module's beside it.
    case automatic(mgmtd: String?, module: String?)
    /// A `cosmolet northbound` process.
    case service(TransportEndpoint)

    /// Reads `mgmtd:PATH`, `bgpd:PATH`, `auto`, `auto:MGMTD_PATH,MODULE_PATH`, `zmq+ipc://PATH` or
    /// `zmq+tcp://HOST:PORT`.
    ///
    /// - Throws: `ConfigurationError` that says what is expected.
    public init(_ text: String) throws(ConfigurationError) {
        if text.hasPrefix("zmq+") {
            do { self = .service(try TransportEndpoint(parsing: text)) } catch {
                throw ConfigurationError("--northbound", error.message)
            }
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count == 2 ? String(parts[1]) : nil
        switch (parts[0], rest) {
        case ("mgmtd", let path?) where !path.isEmpty: self = .mgmtd(socket: try Self.socket(path))
        case ("bgpd", let path?) where !path.isEmpty: self = .bgpd(socket: try Self.socket(path))
        case ("auto", nil): self = .automatic(mgmtd: nil, module: nil)
        case ("auto", let paths?):
            let both = paths.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard both.count == 2, !both[0].isEmpty, !both[1].isEmpty else { throw Self.unexpected(text) }
            self = .automatic(mgmtd: try Self.socket(both[0]), module: try Self.socket(both[1]))
        default: throw Self.unexpected(text)
        }
    }

    private static func unexpected(_ text: String) -> ConfigurationError {
        ConfigurationError(
            "--northbound",
            "is \"\(text)\", but mgmtd:PATH, bgpd:PATH, auto, auto:MGMTD_PATH,MODULE_PATH, zmq+ipc://PATH or "
                + "zmq+tcp://HOST:PORT is expected, such as mgmtd:/var/run/frr/mgmtd_fe.sock")
    }

    private static func socket(_ path: String) throws(ConfigurationError) -> String {
        // sockaddr_un.sun_path holds 108 bytes with the NUL.
        guard path.utf8.count < 108 else {
            throw ConfigurationError(
                "--northbound", "the path is longer than the 107 bytes that a unix socket may have")
        }
        return path
    }

    /// As `--northbound` takes it.
    public var description: String {
        switch self {
        case .mgmtd(let socket): "mgmtd:\(socket)"
        case .bgpd(let socket): "bgpd:\(socket)"
        case .automatic(let mgmtd?, let module?): "auto:\(mgmtd),\(module)"
        case .automatic: "auto"
        case .service(let endpoint): "\(endpoint)"
        }
    }

    /// True when this process talks to FRR itself.
    var isFRR: Bool {
        if case .service = self { false } else { true }
    }
}
