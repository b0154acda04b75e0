internal import ArgumentParser
internal import CosmoletAgent

/// `cosmolet frr-config`: the lines of frr.conf that go with a configuration.
struct FRRConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "frr-config",
        abstract: "Print the lines of frr.conf that go with the configuration.",
        discussion: """
            A route-map entry for each attribute class, and what brings VIPs into BGP; with --peer also sessions, which
            send host routes within announce.allowedPrefixes and take nothing. Changes nothing: put the lines into
            frr.conf, or feed them to vtysh.

            Provider mgmtd needs FRR 10.1 or later, where bgpd can redistribute a table of its own. BFD needs bfdd.

            EXIT CODES
              0   printed
              64  wrong usage
              78  the configuration is not valid, lacks bgp.asn, or is not for that release

            EXAMPLES
              cosmolet frr-config --config /etc/cosmolet/config.yaml
              cosmolet frr-config --config config.yaml --provider bgpd
              cosmolet frr-config --asn 65001 --peer 192.0.2.1,65100 --peer 2001:db8::1,65100 --bfd --timers 3,9
            """)

    @Option(help: ArgumentHelp("Configuration file (YAML); default: $COSMOLET_CONFIG.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The nodes' AS number; default: bgp.asn of the file.", valueName: "number"))
    var asn: UInt32?

    @Option(help: ArgumentHelp("Release of FRR, such as 10.3; default: any that will do.", valueName: "version"))
    var frrVersion: String?

    @Option(help: ArgumentHelp("mgmtd, or bgpd for the module inside bgpd; default: the file's.", valueName: "name"))
    var provider: String?

    @Option(help: ArgumentHelp("A session to make; may be given several times.", valueName: "address,as"))
    var peer: [String] = []

    @Flag(help: "Watch the sessions by BFD.")
    var bfd = false

    @Option(help: ArgumentHelp("Keepalive and hold time of the sessions.", valueName: "seconds,seconds"))
    var timers: String?

    @Flag(help: "Keep routes over a restart of bgpd (RFC 4724).")
    var gracefulRestart = false

    func run() throws {
        do throws(ConfigurationError) {
            for line in try lines() { print(line) }
        } catch {
            throw Failure.exit(error, file: file)
        }
    }

    private var file: String? { ConfigurationFile.path(config) }

    private func lines() throws(ConfigurationError) -> [String] {
        var configuration = AgentConfiguration()
        if let file { configuration = try AgentConfiguration(file: file) }
        if let asn {
            guard asn > 0, asn < UInt32.max else { throw ConfigurationError("--asn", "is \(asn), which is reserved") }
            configuration.asn = asn
        }
        var lines = FRRLines(configuration)
        lines.provider = try chosenProvider(configuration)
        if let frrVersion {
            guard let release = FRRRelease(frrVersion) else {
                throw ConfigurationError(
                    "--frr-version", "is \"\(frrVersion)\", but a release such as 10.3 is expected")
            }
            lines.release = release
        }
        for text in peer { lines.peers.append(try FRRLines.Peer(text)) }
        lines.hasBFD = bfd
        lines.timers = try timers.map { text throws(ConfigurationError) in try FRRLines.Timers(text) }
        lines.hasGracefulRestart = gracefulRestart
        return try lines.lines()
    }

    private func chosenProvider(_ configuration: AgentConfiguration) throws(ConfigurationError) -> FRRLines.Provider {
        guard let provider else {
            if case .bgpd = configuration.provider { return .bgpd }
            return .mgmtd
        }
        guard let chosen = FRRLines.Provider(rawValue: provider) else {
            throw ConfigurationError("--provider", "is \"\(provider)\", but mgmtd or bgpd is expected")
        }
        return chosen
    }
}
