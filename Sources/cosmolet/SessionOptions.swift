internal import ArgumentParser
internal import CosmoletAgent
internal import Foundation
internal import Logging
internal import NetworkTypes
internal import Northbound
internal import Observability

/// Options of the commands that talk to FRR themselves.
struct SessionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where FRR is: mgmtd:PATH, bgpd:PATH or auto; default: the file's, else mgmtd:/var/run/frr/mgmtd_fe.sock.",
            valueName: "endpoint"))
    var northbound: String?

    @Option(
        help: ArgumentHelp(
            "The private routing table of the VIPs; default: the file's, else 1790.", valueName: "number"))
    var table: UInt32?

    @Option(
        help: ArgumentHelp(
            "The configuration file, for socket, table and class tags; default: $COSMOLET_CONFIG.", valueName: "file"))
    var config: String?

    /// Opens a session, does the work, closes the session in the way that harms nobody, and maps errors to exit codes.
    func withSession<Result: Sendable>(
        _ body: (any ManagementSession, TagMap) async throws -> Result
    ) async throws -> Result {
        let (session, tags) = try makeSession()
        do {
            _ = try await session.open()
            let result = try await body(session, tags)
            await session.close()
            return result
        } catch {
            await session.close()
            if let error = error as? ManagementError { throw Failure.exit(error) }
            throw error
        }
    }

    private func makeSession() throws -> (any ManagementSession, TagMap) {
        let file = ConfigurationFile.path(config)
        do {
            var agent = try file.map { try AgentConfiguration(file: $0) } ?? AgentConfiguration()
            if let table { agent.table = table }
            let logger = Logger(label: "cosmolet") { LogFormat.text.makeHandler(label: $0, level: .warning) }
            let endpoint = try northbound.map { text throws(ConfigurationError) in try NorthboundEndpoint(text) }
            guard let providers = Providers(agent, endpoint: endpoint ?? agent.provider, logger: logger) else {
                throw ConfigurationError(
                    "--northbound", "this command talks to FRR itself; give mgmtd:PATH, bgpd:PATH or auto")
            }
            return (providers.makeSession(), agent.tags)
        } catch let error as ConfigurationError {
            throw Failure.exit(error, file: file)
        }
    }
}

/// How a command prints data.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}
