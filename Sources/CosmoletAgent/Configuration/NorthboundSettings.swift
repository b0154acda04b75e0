public import Journal
public import Northbound
public import NorthboundRPC
internal import Yams

/// What may be said about a northbound: the keys of the section `northbound:`, shared by `cosmolet agent` and `cosmolet
/// northbound`. Each key but `connect` and `allowedPrefixes` is a flag of the same name. `Key.summary` says what they mean.
public struct NorthboundSettings: Sendable, Hashable {
    /// The keys of the section, in the order in which they are read.
    public enum Key: String, Sendable, CaseIterable {
        // As they stand in the file.
        case connect, provider, listen, publish, http, journal, journalDays, journalRecords, requireJournal
        case commitLog, group
        case curveKey, curveClients, curveServer, allowedPrefixes, maximumNetworks, maximumEdits, staleAfter, drainHold
    }

    /// Where clients find a northbound that was not told otherwise.
    public static let defaultListen = TransportEndpoint.ipc(path: "/run/cosmolet/northbound.sock")
    /// Where `cosmolet commits follow` looks for the commit log.
    public static let defaultPublish = TransportEndpoint.ipc(path: "/run/cosmolet/commits.sock")

    /// For the agent: where the northbound is; nil for one in its own process.
    public var connect: NorthboundEndpoint?
    /// How a northbound in this process reaches FRR; nil for mgmtd at the configured socket.
    public var provider: NorthboundEndpoint?
    /// Where clients connect; nil for nowhere.
    public var listen: TransportEndpoint?
    /// Where the commit log is published; nil for nowhere.
    public var publish: TransportEndpoint?
    /// Metrics and probes of `cosmolet northbound`; the agent has an address of its own.
    public var http: HTTPAddress? = HTTPAddress(host: "127.0.0.1", port: 9724)
    /// The journal's file; nil to keep it in memory only.
    public var journal: String? = "/var/lib/cosmolet/journal.sqlite"
    /// How long the journal's records are kept.
    public var retention = RetentionPolicy()
    /// Refuse commits while the journal cannot be written.
    public var requiresJournal = false
    /// Where finished records go as JSON lines; nil for nowhere.
    public var commitLog: CommitLogTarget?
    /// Group of the socket files; nil for the process's own.
    public var group: String?
    /// File of the own CURVE key pair.
    public var curveKey: String?
    /// File of the public keys of the clients that may come in.
    public var curveClients: String?
    /// For the agent: file of the northbound's public key.
    public var curveServer: String?
    /// What clients may do.
    public var policy = NorthboundPolicy()
    /// Without a renewed lease for so long, announcements are drained and then withdrawn; nil: never.
    public var staleAfter: Duration?
    /// Between drain and withdrawal.
    public var drainHold = Duration.seconds(10)

    /// The agent's defaults.
    public init() {}

    /// The defaults of `cosmolet northbound`.
    public static var process: NorthboundSettings {
        var settings = NorthboundSettings()
        settings.listen = defaultListen
        settings.publish = defaultPublish
        return settings
    }

    /// Takes a flag.
    ///
    /// - Throws: `ConfigurationError` naming the flag.
    public mutating func set(_ key: Key, flag: String, to text: String) throws(ConfigurationError) {
        try read(key, StrictYAML(Node(text), path: flag))
    }

    /// Takes `--allow`.
    ///
    /// - Throws: `ConfigurationError` naming the flag.
    public mutating func setAllowedPrefixes(_ texts: [String], flag: String) throws(ConfigurationError) {
        policy.allowedPrefixes = try StrictYAML(Node(texts.map { Node($0) }), path: flag).prefixes()
    }

    mutating func read(_ key: Key, _ value: StrictYAML) throws(ConfigurationError) {
        switch key {
        case .connect: connect = try value.northboundEndpoint()
        case .provider:
            let endpoint = try value.northboundEndpoint()
            guard endpoint.isFRR else {
                throw value.error(
                    "is \"\(endpoint)\", another northbound; mgmtd:PATH, bgpd:PATH, auto or "
                        + "auto:MGMTD_PATH,MODULE_PATH is expected")
            }
            provider = endpoint
        case .listen:
            listen = try value.endpoint()
            // The default place of the commit log belongs to the default place of the API.
            if listen != Self.defaultListen, publish == Self.defaultPublish { publish = nil }
        case .publish: publish = try value.endpoint()
        case .http: http = try value.httpAddress()
        case .journal: journal = try value.path()
        case .journalDays:
            retention.maximumAge =
                try value.string() == "off" ? nil : .seconds(86_400 * value.integer(1...36_500) as Int)
        // Request ids are forgotten with their records: some must be kept.
        case .journalRecords: retention.maximumCount = try value.integer(1000...100_000_000)
        case .requireJournal: requiresJournal = try value.bool()
        case .commitLog: commitLog = try value.path(allowsDash: true).map { $0 == "-" ? .standardOutput : .file($0) }
        case .group: group = try value.text()
        case .curveKey: curveKey = try value.text()
        case .curveClients: curveClients = try value.text()
        case .curveServer: curveServer = try value.text()
        case .allowedPrefixes: policy.allowedPrefixes = try value.prefixes()
        case .maximumNetworks: policy.maximumNetworks = try value.integer(1...1_000_000)
        case .maximumEdits: policy.maximumEdits = try value.integer(1...1_000_000)
        case .staleAfter:
            staleAfter = try value.string() == "off" ? nil : .seconds(value.integer(2...86_400) as Int)
        case .drainHold: drainHold = .seconds(try value.integer(0...3600) as Int)
        }
    }

    /// How clients are known where this process listens.
    ///
    /// - Throws: `ConfigurationError` when keys are missing; `TransportError` when a file cannot be used.
    public func serverSecurity() throws -> ServerSecurity {
        guard curveKey != nil || curveClients != nil else {
            for case .tcp(let host, let port)? in [listen, publish] {
                throw ConfigurationError(
                    "--curve-key",
                    "is missing: \(TransportEndpoint.tcp(host: host, port: port)) is refused without CURVE: give the server "
                        + "a key (cosmolet northbound keygen FILE) with --curve-key and a list of client keys with "
                        + "--curve-clients, or use zmq+ipc://")
            }
            return .filePermissions
        }
        guard let curveKey, let curveClients else {
            throw ConfigurationError(
                curveKey == nil ? "--curve-key" : "--curve-clients",
                "is missing: --curve-key and --curve-clients go together")
        }
        return try .curve(keyFile: curveKey, clientsFile: curveClients)
    }

    /// How the agent proves itself to the northbound at `connect`.
    ///
    /// - Throws: as `serverSecurity()`.
    public func clientSecurity() throws -> ClientSecurity {
        guard case .service(let endpoint)? = connect else { return .filePermissions }
        guard curveKey != nil || curveServer != nil else {
            if case .tcp = endpoint {
                throw ConfigurationError(
                    "--curve-key",
                    "is missing: \(endpoint) is refused without CURVE: give the client a key (cosmolet northbound keygen "
                        + "FILE) with --curve-key and the server's public key with --curve-server, or use zmq+ipc://")
            }
            return .filePermissions
        }
        guard let curveKey, let curveServer else {
            throw ConfigurationError(
                curveKey == nil ? "--curve-key" : "--curve-server",
                "is missing: --curve-key and --curve-server go together")
        }
        return try .curve(keyFile: curveKey, serverKeyFile: curveServer)
    }
}

extension StrictYAML {
    fileprivate func endpoint() throws(ConfigurationError) -> TransportEndpoint? {
        let text = try string()
        guard text != "off" else { return nil }
        do { return try TransportEndpoint(parsing: text) } catch {
            throw self.error("\(error.message); zmq+ipc://PATH, zmq+tcp://HOST:PORT or off is expected")
        }
    }

    fileprivate func northboundEndpoint() throws(ConfigurationError) -> NorthboundEndpoint {
        let text = try string()
        do { return try NorthboundEndpoint(text) } catch { throw self.error(error.message) }
    }

    /// A path, nil for `off`.
    fileprivate func path(allowsDash: Bool = false) throws(ConfigurationError) -> String? {
        let text = try string()
        guard text != "off" else { return nil }
        guard !text.isEmpty, allowsDash || text != "-", !text.hasSuffix("/") else {
            let dash = allowsDash ? ", - for standard output" : ""
            throw error("is \"\(text)\", but the path of a file\(dash) or off is expected")
        }
        return text
    }
}
