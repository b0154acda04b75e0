public import Announcements
internal import Foundation
public import NetworkTypes
public import Observability
internal import Yams

/// Everything the agent can be told, with the defaults of the command line.
///
/// ```yaml
/// node: worker-1                # default: environment COSMOLET_NODE, then the host name
/// kubernetes:
///   kubeconfig: /etc/kubeconfig # default: $KUBECONFIG, else the pod's service account
/// bgp:
///   asn: 65001                  # told to people and to frr-config only; sessions are the operator's
/// frr:
///   socket: /var/run/frr/mgmtd_fe.sock
///   table: 1790
///   tags: {default: 100, manual: 198, drain: 199}
/// announce:
///   kinds: [loadBalancer]
///   allowedPrefixes: [198.51.100.0/24, "2001:db8:1::/64"]
///   loadBalancerClasses: any    # or unset, or a list of class names and unset
///   namespaces: {include: [shop], exclude: [kube-system]}
///   namespaceLabels: {include: ["env=production"]}
///   serviceLabels: {exclude: ["tier in (internal, test)"]}
///   zeroEndpoints: withdraw     # or keep, or drain
///   nodeExclusionLabel: true
///   networkUnavailable: true
///   drainOnTerminating: false
///   holdDown: off               # or {changes: 6, windowSeconds: 60, holdSeconds: 30}
///   fuse: {percent: 50, minimum: 10, holdSeconds: 300}  # or off
/// drain:
///   holdSeconds: 10
///   onAnnotation: true
///   onNotReady: false
///   onCordon: false
///   onTaints: ["node.kubernetes.io/out-of-service:NoExecute"]
///   onServiceDeletion: false
/// http:
///   address: 127.0.0.1:9723     # "off" for none
/// log: {level: info, format: text}
/// events: {enabled: true}       # Kubernetes Events on Services and the own Node
/// northbound: {}                # see NorthboundSettings
/// ```
public struct AgentConfiguration: Sendable, Hashable {
    /// Name of the own Node object; nil: from the environment.
    public var node: String?
    /// Path of a kubeconfig; nil: `$KUBECONFIG`, else the pod's service account.
    public var kubeconfig: String?
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
    /// - Throws: `ConfigurationError` naming key and line. An empty file gives the defaults.
    public init(yaml: String, defaults: NorthboundSettings = NorthboundSettings()) throws(ConfigurationError) {
        northbound = defaults
        let node: Node?
        do { node = try compose(yaml: yaml) } catch {
            throw ConfigurationError("", "is not valid YAML: \(error)")
        }
        guard let node, !node.isNull else { return }
        try read(StrictYAML(node))
    }

    /// Reads a YAML file by its path.
    ///
    /// - Throws: `ConfigurationError` when it cannot be read, else as `init(yaml:)`.
    public init(
        file path: String, defaults: NorthboundSettings = NorthboundSettings()
    ) throws(ConfigurationError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("", "the file does not exist or cannot be read")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw ConfigurationError("", "the file is not UTF-8 text")
        }
        try self.init(yaml: text, defaults: defaults)
    }

    private mutating func read(_ yaml: StrictYAML) throws(ConfigurationError) {
        let top = try yaml.mapping([
            "node", "kubernetes", "bgp", "frr", "announce", "drain", "http", "log", "events", "northbound",
        ])
        if let value = top["node"] { node = try value.string() }
        if let value = try top["kubernetes"]?.mapping(["kubeconfig"])["kubeconfig"] { kubeconfig = try value.string() }
        if let value = try top["bgp"]?.mapping(["asn"])["asn"] { asn = try value.integer(1...UInt32.max - 1) }
        if let value = top["frr"] { try readFRR(value) }
        if let value = top["announce"] { try planner.readAnnounce(value) }
        if let value = top["drain"] { try planner.readDrain(value) }
        if let value = try top["http"]?.mapping(["address"])["address"] {
            http = try value.httpAddress()
        }
        if let log = try top["log"]?.mapping(["level", "format"]) {
            if let value = log["level"] { logLevel = try value.choice(LogLevel.self) }
            if let value = log["format"] { logFormat = try value.choice(LogFormat.self) }
        }
        if let value = try top["events"]?.mapping(["enabled"])["enabled"] { recordsEvents = try value.bool() }
        if let value = top["northbound"] { try northbound.read(value) }
    }

    private mutating func readFRR(_ yaml: StrictYAML) throws(ConfigurationError) {
        let frr = try yaml.mapping(["socket", "table", "tags"])
        if let value = frr["socket"] { socket = try value.string() }
        if let value = frr["table"] {
            table = try value.integer(1...65535)
            // bgpd refuses the main and the local table for `redistribute table-direct`.
            guard table != 254, table != 255 else { throw value.error("is \(table), the kernel's main or local table") }
        }
        guard let tags = frr["tags"] else { return }
        var classes: [AttributeClass: UInt32] = [.default: 100, .manual: 198, .drain: 199]
        for (key, value) in try tags.freeMapping() {
            guard let name = AttributeClass(rawValue: key) else {
                throw value.error("\"\(key)\" is not a class name: use lower case letters, digits and -, letter first")
            }
            classes[name] = try value.integer(TagMap.standard.ownedTags)
        }
        do { planner.tags = try TagMap(ownedTags: TagMap.standard.ownedTags, classes: classes) } catch {
            throw tags.error(error.description)
        }
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
