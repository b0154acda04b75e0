internal import NetworkTypes
internal import Observability

extension AgentConfiguration {
    /// Every key of the configuration file, in the order in which it is printed.
    static let fields: [Field<AgentConfiguration>] = [
        Field(
            "node", \.node, ValueKind.text.optional, .restart,
            "Name of the own Node object; default: environment COSMOLET_NODE, then the host name."),
        Field(
            "kubernetes", "How the API server is reached.",
            [
                Field(
                    "kubeconfig", \.kubeconfig, ValueKind.text.optional, .restart,
                    "Path of a kubeconfig; default: environment KUBECONFIG, else the pod's service account."),
                Field(
                    "http2", \.usesHTTP2, .boolean, .restart,
                    "Whether HTTP/2 is spoken where offered, one connection for all watches; else HTTP/1.1."),
            ]),
        Field(
            "bgp", "Facts about this site's BGP. Sessions are FRR's.",
            [
                Field(
                    "asn", \.asn, ValueKind<UInt32>.integer(1...UInt32.max - 1).optional, .live,
                    "The nodes' autonomous system number, for cosmolet frr-config.")
            ]),
        Field(
            "frr", "Where FRR is, and the routing table of the VIPs.",
            [
                Field("socket", \.socket, .text, .restart, "mgmtd's front-end socket."),
                Field("table", \.table, table, .restart, "The private routing table that carries the VIPs."),
            ]),
        classesField,
        Field("announce", "Which VIPs are announced.", announceFields),
        Field("drain", "When VIPs are drained.", drainFields),
        Field(
            "http", "The agent's HTTP server.",
            [
                Field(
                    "address", \.http, address, .restart,
                    "Where /metrics, /livez and /readyz are served, HOST:PORT or off.")
            ]),
        Field(
            "log", "The log.",
            [
                Field("level", \.logLevel, .choice, .live, "Lowest level that is logged."),
                Field("format", \.logFormat, .choice, .restart, "Text for people or JSON for machines."),
            ]),
        Field(
            "events", "Kubernetes Events on Services and the own Node.",
            [Field("enabled", \.recordsEvents, .boolean, .restart, "Whether they are written.")]),
        Field(
            "northbound", "The northbound: of cosmolet northbound, and of an agent that talks to FRR itself.",
            NorthboundSettings.Key.allCases.map(northboundField)),
    ]

    private static let table = ValueKind<UInt32>(
        .integer(1...65535), write: { .integer(Int($0)) }
    ) { yaml throws(ConfigurationError) in
        let table: UInt32 = try yaml.integer(1...65535)
        // bgpd refuses the main and the local table for `redistribute table-direct`.
        guard table != 254, table != 255 else {
            throw yaml.error("is \(table), the kernel's main or local table; take another one, such as 1790")
        }
        return table
    }

    private static let address = ValueKind<HTTPAddress?>(
        .text(), write: { .text($0?.description ?? "off") }
    ) { yaml throws(ConfigurationError) in try yaml.httpAddress() }

    private static func northboundField(_ key: NorthboundSettings.Key) -> Field<AgentConfiguration> {
        let write: @Sendable (AgentConfiguration) -> ConfigurationValue? = { $0.northbound.written(key) }
        return Field(
            name: key.rawValue, summary: key.summary, shape: { _ in key.shape },
            read: { root, yaml, errors in
                do throws(ConfigurationError) { try root.northbound.read(key, yaml) } catch { errors.append(error) }
            }, write: write, leaves: [Leaf(path: key.rawValue, effect: .restart, write: write)])
    }
}
