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
        abstract: "Own FRR's management socket and serve the northbound API.",
        discussion: """
            Runs beside FRR until SIGTERM or SIGINT. Announcements stay in place when it ends.

            EXAMPLES
              cosmolet northbound
              cosmolet northbound --listen zmq+ipc:///run/cosmolet/northbound.sock --journal /var/lib/cosmolet/journal
              cosmolet northbound --listen zmq+tcp://0.0.0.0:7790 --curve-key server.key --curve-clients clients
              cosmolet northbound --allow 198.51.100.0/24 --allow 2001:db8:51::/64 --maximum-networks 500
            """)

    @Option(help: ArgumentHelp("Where clients connect: zmq+ipc://PATH or zmq+tcp://HOST:PORT.", valueName: "endpoint"))
    var listen = "zmq+ipc:///run/cosmolet/northbound.sock"

    @Option(help: ArgumentHelp("Where the commit log is published.", valueName: "endpoint"))
    var publish: String?

    @Option(help: ArgumentHelp("The journal's file.", valueName: "file"))
    var journal = "/var/lib/cosmolet/journal.sqlite"

    @Option(help: ArgumentHelp("FRR's management socket; default: the file's.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Configuration file (YAML): frr, log.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Own key pair for CURVE (keygen makes it).", valueName: "file"))
    var curveKey: String?

    @Option(help: ArgumentHelp("Public keys of the clients that may come in.", valueName: "file"))
    var curveClients: String?

    @Option(help: ArgumentHelp("Group of the socket files.", valueName: "name"))
    var group: String?

    @Option(help: ArgumentHelp("Prefix that may be announced; may be given several times.", valueName: "prefix"))
    var allow: [String] = []

    @Option(help: ArgumentHelp("How many networks may be announced at once.", valueName: "number"))
    var maximumNetworks = 16_384

    @Option(help: ArgumentHelp("How many edits a transaction may have.", valueName: "number"))
    var maximumEdits = 16_384

    @Option(help: ArgumentHelp("Without a lease for so long, drain and withdraw.", valueName: "seconds"))
    var staleAfter: Int?

    @Flag(help: "Refuse commits while the journal cannot be written.")
    var requireJournal = false

    @Option(help: ArgumentHelp("text or json.", valueName: "format"))
    var logFormat: String?

    func run() async throws {
        let configuration: NorthboundDaemonConfiguration
        do { configuration = try resolve() } catch let error as ConfigurationError {
            throw Failure.exit(error, file: config)
        } catch let error as TransportError {
            throw Failure.exit(error.message, code: .configuration)
        }
        do { try await NorthboundDaemon(configuration).run() } catch {
            throw Failure.exit("\(error)", code: .failure)
        }
    }

    private func resolve() throws -> NorthboundDaemonConfiguration {
        var agent = try config.map { try AgentConfiguration(file: $0) } ?? AgentConfiguration()
        if let socket { agent.socket = socket }
        if let logFormat { try agent.setLogFormat(logFormat) }
        var security = ServerSecurity.filePermissions
        if let curveKey {
            guard let curveClients else {
                throw ConfigurationError("--curve-clients", "is missing: --curve-key lets in only whom it names")
            }
            security = try .curve(keyFile: curveKey, clientsFile: curveClients)
        }
        var service = CommitServiceConfiguration(programVersion: CosmoletVersion.current)
        service.policy = NorthboundPolicy(
            allowedPrefixes: try PrefixArguments.parse(allow, allowsNone: true), maximumNetworks: maximumNetworks,
            maximumEdits: maximumEdits)
        service.staleAfter = staleAfter.map { .seconds($0) }
        service.announcesWithoutJournal = !requireJournal
        return NorthboundDaemonConfiguration(
            agent: agent, endpoint: try TransportEndpoint(parsing: listen),
            publisher: try publish.map { try TransportEndpoint(parsing: $0) }, security: security, group: group,
            journal: journal, service: service)
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
