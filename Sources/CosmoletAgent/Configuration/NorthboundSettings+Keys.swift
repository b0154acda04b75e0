internal import Journal
internal import NetworkTypes
internal import Northbound
internal import NorthboundRPC

extension NorthboundSettings.Key {
    /// For people, in the schema.
    var summary: String {
        switch self {
        case .connect: "Agent: the cosmolet northbound that has FRR; default: FRR itself, as provider says."
        case .provider:
            "How FRR is reached from here: mgmtd:PATH, bgpd:PATH, auto or auto:MGMTD_PATH,MODULE_PATH; default: mgmtd "
                + "with frr.socket."
        case .listen: "Where clients connect; off: nowhere, the agent's default."
        case .publish: "Where the commit log is published, or off."
        case .http: "Where cosmolet northbound serves /metrics, /livez and /readyz, HOST:PORT or off."
        case .journal: "The journal's file; off: in memory only."
        case .journalDays: "How many days records are kept; off: whatever their age."
        case .journalRecords: "How many records are kept."
        case .requireJournal: "Whether commits are refused while the journal cannot be written."
        case .commitLog: "A file for finished records as JSON lines, - for standard output, or off."
        case .group: "Group of the socket files; default: the process's own."
        case .curveKey: "File of the own CURVE key pair, for zmq+tcp://."
        case .curveClients: "File of the public keys that may come in."
        case .curveServer: "Agent: file of the northbound's public key."
        case .allowedPrefixes: "What may be announced at all; empty: any."
        case .maximumNetworks: "How many networks may be announced at once."
        case .maximumEdits: "How many edits one transaction may have."
        case .staleAfter: "Seconds without a lease until all is drained and withdrawn, or off."
        case .drainHold: "Seconds between the two."
        }
    }

    var shape: ValueShape {
        switch self {
        case .connect: .text(pattern: "^(mgmtd:|bgpd:|auto$|auto:|zmq\\+(ipc|tcp)://)")
        case .provider: .text(pattern: "^(mgmtd:|bgpd:|auto$|auto:)")
        case .listen, .publish: .text(pattern: "^(off$|zmq\\+(ipc|tcp)://)")
        case .http, .journal, .commitLog, .group, .curveKey, .curveClients, .curveServer: .text()
        case .journalDays: .either([.choice(["off"]), .integer(1...36_500)])
        case .journalRecords: .integer(1000...100_000_000)
        case .requireJournal: .boolean
        case .allowedPrefixes: ValueKind<[IPPrefix]>.prefixes.shape
        case .maximumNetworks, .maximumEdits: .integer(1...1_000_000)
        case .staleAfter: .either([.choice(["off"]), .integer(2...86_400)])
        case .drainHold: .integer(0...3600)
        }
    }
}

extension NorthboundSettings {
    /// A key's value as it stands in a file; nil for one that is not given and has no default.
    func written(_ key: Key) -> ConfigurationValue? {
        switch key {
        case .connect: connect.map { .text("\($0)") }
        case .provider: provider.map { .text("\($0)") }
        case .listen: .text(listen.map { "\($0)" } ?? "off")
        case .publish: .text(publish.map { "\($0)" } ?? "off")
        case .http: .text(http.map { "\($0)" } ?? "off")
        case .journal: .text(journal ?? "off")
        case .journalDays:
            retention.maximumAge.map { .integer(Int($0.components.seconds / 86_400)) } ?? .text("off")
        case .journalRecords: .integer(retention.maximumCount)
        case .requireJournal: .boolean(requiresJournal)
        case .commitLog:
            switch commitLog {
            case nil: .text("off")
            case .standardOutput: .text("-")
            case .file(let path): .text(path)
            }
        case .group: group.map { .text($0) }
        case .curveKey: curveKey.map { .text($0) }
        case .curveClients: curveClients.map { .text($0) }
        case .curveServer: curveServer.map { .text($0) }
        case .allowedPrefixes: ValueKind<[IPPrefix]>.prefixes.write(policy.allowedPrefixes)
        case .maximumNetworks: .integer(policy.maximumNetworks)
        case .maximumEdits: .integer(policy.maximumEdits)
        case .staleAfter: staleAfter.map { .integer(Int($0.components.seconds)) } ?? .text("off")
        case .drainHold: .integer(Int(drainHold.components.seconds))
        }
    }
}
