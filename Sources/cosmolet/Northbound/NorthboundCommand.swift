internal import ArgumentParser
internal import CosmoletAgent
internal import NetworkTypes
internal import Northbound
internal import NorthboundRPC

/// `cosmolet northbound`: transactions for FRR, over ZeroMQ.
struct NorthboundCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "northbound",
        abstract: "Serve transactions on FRR's announcements over ZeroMQ, with a journal.",
        subcommands: [NorthboundRunCommand.self, KeygenCommand.self], defaultSubcommand: NorthboundRunCommand.self)
}

/// `cosmolet northbound run`, the default.
struct NorthboundRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Own the way to FRR and serve the northbound API.",
        discussion: """
            Runs beside FRR until SIGTERM or SIGINT. Announcements stay in place when it ends.
            Listens at zmq+ipc:///run/cosmolet/northbound.sock and publishes the commit log at
            zmq+ipc:///run/cosmolet/commits.sock; with another --listen, publishes only with --publish.
            A flag wins over the file, of which the sections frr, classes, log and northbound are read.

            FRR is reached in one of two ways, called providers:
              --provider mgmtd:PATH  stock FRR, at mgmtd's socket (the default)
              --provider bgpd:PATH   the module inside bgpd
              --provider auto        the module if its socket answers, else mgmtd
            The socket of the other one is looked for in the same folder.

            SIGNALS
              SIGTERM, SIGINT  finish the transaction in flight, then end
              SIGHUP           open the file of --commit-log anew

            EXIT CODES
              0   ended by a signal
              1   cannot start: an address or socket is in use, or the journal is
              64  wrong usage
              78  the configuration is not valid

            EXAMPLES
              cosmolet northbound
              cosmolet northbound --config /etc/cosmolet/config.yaml --http off
              cosmolet northbound --commit-log /var/log/cosmolet/commits.jsonl --require-journal
              cosmolet northbound --allow 198.51.100.0/24 --allow 2001:db8:51::/64 --maximum-networks 500
              cosmolet northbound --provider bgpd:/run/frr/cosmolet.sock
              cosmolet northbound --stale-after 60 --drain-hold 20
              cosmolet northbound --listen zmq+tcp://0.0.0.0:7790 --curve-key server.key --curve-clients clients
            """)

    @OptionGroup var process: ProcessOptions

    @Option(
        help: ArgumentHelp(
            "How FRR is reached: mgmtd:PATH, bgpd:PATH (the module inside bgpd) or auto; default: the file's, else "
                + "mgmtd.", valueName: "endpoint"))
    var provider: String?

    @Option(help: ArgumentHelp("mgmtd's socket; default: the file's.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Address of /metrics, /livez and /readyz, or off.", valueName: "host:port"))
    var http: String?

    @OptionGroup var flags: NorthboundFlags

    func run() async throws {
        let configuration: AgentConfiguration
        do { configuration = try resolve() } catch { throw Failure.exit(error, file: process.file) }
        do { try await NorthboundDaemon(configuration).run() } catch { throw Failure.exit(start: error) }
    }

    private func resolve() throws(ConfigurationError) -> AgentConfiguration {
        var result = try process.configuration(defaults: .process)
        if let socket { result.socket = socket }
        if let provider { try result.northbound.set(.provider, flag: "--provider", to: provider) }
        if let http { try result.northbound.set(.http, flag: "--http", to: http) }
        try flags.apply(to: &result.northbound)
        return result
    }
}

/// `cosmolet northbound keygen`: CURVE keys.
struct KeygenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a CURVE key pair.",
        discussion: """
            Writes the pair to FILE (mode 0600) and prints the public key, for the other side's list. An existing file is
            not replaced.

            EXAMPLES
              cosmolet northbound keygen server.key
              cosmolet northbound keygen agent.key >> clients
            """)

    @Argument(help: "The new file.")
    var file: String

    func run() throws {
        do { print(try CurveKeyFile.generate(to: file)) } catch {
            throw Failure.exit(error.message, code: .failure)
        }
    }
}
