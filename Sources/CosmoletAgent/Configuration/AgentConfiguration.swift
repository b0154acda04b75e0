public import Announcements
internal import Foundation
public import NetworkTypes
public import Observability
internal import Yams

/// Everything the agent can be told, with the defaults of the command line. The keys of the file, each with its meaning,
/// are in `fields`; docs/operations.md has an example of all of them.
public struct AgentConfiguration: Sendable, Hashable {
    /// Name of the own Node object; nil: from the environment.
    public var node: String?
    /// Path of a kubeconfig; nil: `$KUBECONFIG`, else the pod's service account.
    public var kubeconfig: String?
    /// Whether HTTP/2 is spoken with the API server where that offers it.
    public var usesHTTP2 = true
    /// The node's autonomous system number (RFC 6793), if it was told.
    public var asn: UInt32?
    /// FRR's management socket.
    public var socket = "/var/run/frr/mgmtd_fe.sock"
    /// Where FRR's northbound is, or how this process serves it: journal, policy, sockets.
    public var northbound = NorthboundSettings()
    /// The private routing table that carries the VIPs.
    public var table: UInt32 = 1790
    /// Which kinds of VIP, and which prefixes.
    public var planner = PlannerConfiguration()
    /// Where `/metrics`, `/livez` and `/readyz` listen; nil for nowhere.
    public var http: HTTPAddress? = HTTPAddress(host: "127.0.0.1", port: 9723)
    /// Whether Kubernetes Events are written.
    public var recordsEvents = true
    /// Lowest level that is logged, a name of swift-log.
    public var logLevel = LogLevel.info
    /// Text for people or JSON for machines.
    public var logFormat = LogFormat.text

    /// What each class of `tags` sets.
    public var classAttributes = ClassAttributes.standard

    /// Which tag stands for which class.
    public var tags: TagMap { planner.tags }

    /// The defaults.
    public init() {}

    /// Log levels by swift-log's names.
    public enum LogLevel: String, Sendable, CaseIterable {
        // Names are swift-log's own.
        case trace, debug, info, notice, warning, error, critical
    }

    /// Reads a YAML file.
    ///
    /// - Throws: the first `ConfigurationError`, naming key and line. An empty file gives the defaults.
    public init(yaml: String, defaults: NorthboundSettings = NorthboundSettings()) throws(ConfigurationError) {
        let (configuration, errors) = Self.reading(yaml, defaults: defaults)
        if let error = errors.first { throw error }
        self = configuration
    }

    /// Reads a YAML file by its path.
    ///
    /// - Throws: `ConfigurationError` when it cannot be read, else as `init(yaml:)`.
    public init(
        file path: String, defaults: NorthboundSettings = NorthboundSettings()
    ) throws(ConfigurationError) {
        try self.init(yaml: Self.text(ofFile: path), defaults: defaults)
    }

    /// All that is wrong with a YAML file, in the order of its lines.
    public static func errors(inFile path: String) -> [ConfigurationError] {
        do throws(ConfigurationError) {
            return reading(try text(ofFile: path), defaults: NorthboundSettings()).errors
        } catch {
            return [error]
        }
    }

    static func text(ofFile path: String) throws(ConfigurationError) -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("", "the file does not exist or cannot be read")
        }
        return try StrictYAML.text(of: data)
    }

    /// Reads as much as can be read.
    static func reading(
        _ text: String, defaults: NorthboundSettings
    ) -> (configuration: AgentConfiguration, errors: [ConfigurationError]) {
        var configuration = AgentConfiguration()
        configuration.northbound = defaults
        var errors: [ConfigurationError] = []
        do throws(ConfigurationError) {
            try StrictYAML.document(text)?.read(fields, into: &configuration, &errors)
        } catch {
            errors.append(error)
        }
        // Those of one line stay in the order in which they were found.
        let inOrder = errors.enumerated().sorted {
            ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset)
        }
        return (configuration, inOrder.map(\.element))
    }

    // MARK: - Flags

    /// Takes `--http`.
    public mutating func setHTTP(_ text: String) throws(ConfigurationError) {
        http = try StrictYAML(Node(text), path: "--http").httpAddress()
    }

    /// Takes `--log-level`.
    public mutating func setLogLevel(_ text: String) throws(ConfigurationError) {
        logLevel = try StrictYAML(Node(text), path: "--log-level").choice(LogLevel.self)
    }

    /// Takes `--log-format`.
    public mutating func setLogFormat(_ text: String) throws(ConfigurationError) {
        logFormat = try StrictYAML(Node(text), path: "--log-format").choice(LogFormat.self)
    }
}

/// Where an HTTP server listens.
public struct HTTPAddress: Sendable, Hashable, CustomStringConvertible {
    /// Host name or address, without brackets.
    public var host: String
    /// TCP port; 0 lets the kernel choose.
    public var port: Int

    /// Makes an address.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT` or `[IPv6]:PORT`; nil when it is neither.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard IPAddress(String(host))?.family == .ipv6 else { return nil }
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    /// `HOST:PORT`, with brackets around IPv6.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
