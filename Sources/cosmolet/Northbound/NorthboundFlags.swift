internal import ArgumentParser
internal import CosmoletAgent

/// What may be said of a northbound on the command line, of a process of its own and of the one inside an agent. Wins over
/// the section `northbound:` of the configuration file.
struct NorthboundFlags: ParsableArguments {
    @Option(help: ArgumentHelp("The journal's file, or off: in memory only.", valueName: "file"))
    var journal: String?

    @Option(
        help: ArgumentHelp("Keep the journal's records for so long, or off: whatever their age.", valueName: "days"))
    var journalDays: String?

    @Option(help: ArgumentHelp("Keep so many of the journal's records.", valueName: "number"))
    var journalRecords: String?

    @Flag(help: "Refuse commits while the journal cannot be written, instead of announcing without it.")
    var requireJournal = false

    @Option(help: ArgumentHelp("Append each finished record as a JSON line, or - for stdout.", valueName: "file"))
    var commitLog: String?

    @Option(
        help: ArgumentHelp("Where clients connect: zmq+ipc://PATH, zmq+tcp://HOST:PORT or off.", valueName: "endpoint"))
    var listen: String?

    @Option(help: ArgumentHelp("Where the commit log is published, or off.", valueName: "endpoint"))
    var publish: String?

    @Option(help: ArgumentHelp("Group of the socket files.", valueName: "name"))
    var group: String?

    @Option(help: ArgumentHelp("Own key pair for CURVE (cosmolet northbound keygen makes it).", valueName: "file"))
    var curveKey: String?

    @Option(help: ArgumentHelp("Public keys of the clients that may come in.", valueName: "file"))
    var curveClients: String?

    @Option(help: ArgumentHelp("Prefix that may be announced; may be given several times.", valueName: "prefix"))
    var allow: [String] = []

    @Option(help: ArgumentHelp("How many networks may be announced at once.", valueName: "number"))
    var maximumNetworks: String?

    @Option(help: ArgumentHelp("How many edits a transaction may have.", valueName: "number"))
    var maximumEdits: String?

    @Option(
        help: ArgumentHelp("Without a renewed lease for so long, drain and withdraw; or off.", valueName: "seconds"))
    var staleAfter: String?

    @Option(help: ArgumentHelp("Between drain and withdrawal.", valueName: "seconds"))
    var drainHold: String?

    /// The flags that were given, with the keys that they set.
    private var given: [(key: NorthboundSettings.Key, flag: String, value: String)] {
        let all: [(NorthboundSettings.Key, String, String?)] = [
            (.listen, "--listen", listen), (.publish, "--publish", publish), (.journal, "--journal", journal),
            (.journalDays, "--journal-days", journalDays), (.journalRecords, "--journal-records", journalRecords),
            (.requireJournal, "--require-journal", requireJournal ? "true" : nil),
            (.commitLog, "--commit-log", commitLog), (.group, "--group", group),
            (.curveKey, "--curve-key", curveKey), (.curveClients, "--curve-clients", curveClients),
            (.maximumNetworks, "--maximum-networks", maximumNetworks),
            (.maximumEdits, "--maximum-edits", maximumEdits), (.staleAfter, "--stale-after", staleAfter),
            (.drainHold, "--drain-hold", drainHold),
        ]
        return all.compactMap { key, flag, value in value.map { (key, flag, $0) } }
    }

    /// Puts the flags into the settings.
    func apply(to settings: inout NorthboundSettings) throws(ConfigurationError) {
        for (key, flag, value) in given { try settings.set(key, flag: flag, to: value) }
        if !allow.isEmpty { try settings.setAllowedPrefixes(allow, flag: "--allow") }
    }

    /// Refuses flags of a northbound in an agent that has none, as another process serves it.
    func refuseAll(because endpoint: NorthboundEndpoint) throws(ConfigurationError) {
        let flag = given.first { $0.key != .curveKey }?.flag ?? (allow.isEmpty ? nil : "--allow")
        guard let flag else { return }
        throw ConfigurationError(
            flag, "is for the northbound process at \(endpoint): give it there, with cosmolet northbound \(flag)")
    }
}
