internal import ArgumentParser
internal import CosmoletAgent
internal import Foundation
internal import Journal
internal import NetworkTypes
internal import Northbound
internal import NorthboundRPC

/// `cosmolet commits`: the journal of a northbound.
struct CommitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commits",
        abstract: "Look at, follow, export and roll back the transactions of a northbound.",
        discussion: """
            Transactions are named by their id, as list shows it, or by their sequence number.

            EXAMPLES
              cosmolet commits list --limit 50
              cosmolet commits follow --output json
              cosmolet commits diff 41
              cosmolet commits rollback 41

            \(exitCodes)
            """,
        subcommands: [
            CommitsListCommand.self, CommitsShowCommand.self, CommitsFollowCommand.self, CommitsDiffCommand.self,
            CommitsExportCommand.self, CommitsReplayCommand.self, CommitsRollbackCommand.self,
            CommitsConfirmCommand.self,
        ], defaultSubcommand: CommitsListCommand.self)

    /// What every command here ends with.
    static let exitCodes = """
        EXIT CODES
          0   done
          1   refused, or there is no such transaction
          64  wrong usage
          69  the northbound cannot be reached
          75  not now: the configuration is locked, or the outcome is not known yet; try again
          78  endpoint or keys are not valid
        """
}

/// How to reach a northbound.
struct NorthboundOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where the northbound is.", valueName: "endpoint"))
    var northbound = "zmq+ipc:///run/cosmolet/northbound.sock"

    @Option(help: ArgumentHelp("Own key pair for CURVE.", valueName: "file"))
    var curveKey: String?

    @Option(help: ArgumentHelp("The northbound's public key.", valueName: "file"))
    var curveServer: String?

    /// How both the calls and the subscription prove themselves.
    func security() throws(TransportError) -> ClientSecurity {
        guard let curveKey, let curveServer else { return .filePermissions }
        return try .curve(keyFile: curveKey, serverKeyFile: curveServer)
    }

    /// Connects, does the work, and maps errors to exit codes.
    func withClient<Value: Sendable>(_ body: (NorthboundClient) async throws -> Value) async throws -> Value {
        do {
            let configuration = RequestClientConfiguration(
                endpoint: try TransportEndpoint(parsing: northbound), security: try security())
            let client = NorthboundClient(configuration: configuration, client: "cli/\(NSUserName())")
            // It connects later: what fails here is the endpoint or the keys.
            do { try await client.start() } catch { throw Failure.exit(error.message, code: .configuration) }
            let result: Result<Value, any Error>
            do { result = .success(try await body(client)) } catch { result = .failure(error) }
            await client.close()
            return try result.get()
        } catch let error as TransportError {
            throw Failure.exit(error.message, code: .configuration)
        } catch let error as NorthboundError {
            throw Failure.exit(error)
        }
    }
}

extension NorthboundClient {
    /// The record that a command line names by id or by sequence number.
    func transaction(named name: String) async throws(NorthboundError) -> TransactionRecord {
        guard let sequence = Int64(name), sequence > 0 else { return try await transaction(id: name) }
        let found = try await listTransactions(TransactionFilter(afterSequence: sequence - 1, limit: 1)).first
        guard let found, found.sequence == sequence else {
            throw NorthboundError(.notFound, "there is no transaction \(sequence) in the journal, or it was pruned")
        }
        return found
    }
}

extension Failure {
    static func exit(_ error: NorthboundError) -> ExitCode {
        switch error.code {
        case .unavailable, .deadlineExceeded:
            exit(
                "\(error)", hint: "Is cosmolet northbound running there, and may this user open its socket?",
                code: .unavailable)
        case .aborted, .unknown: exit("\(error)", hint: "Try again.", code: .temporary)
        default: exit("\(error)", code: .failure)
        }
    }
}

/// Which records are wanted.
struct FilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Begun so many seconds ago or later.", valueName: "seconds"))
    var since: Int?

    @Option(help: ArgumentHelp("Changes a prefix within this one.", valueName: "prefix"))
    var within: String?

    @Option(help: ArgumentHelp("Caused by this Service, namespace/name.", valueName: "service"))
    var service: String?

    @Option(
        help: ArgumentHelp("applied, rejected, unknown or pending; may be given several times.", valueName: "outcome"))
    var outcome: [String] = []

    func filter(limit: Int, isNewestFirst: Bool) throws -> TransactionFilter {
        var filter = TransactionFilter(limit: limit, isNewestFirst: isNewestFirst)
        filter.sinceMicroseconds = since.map { Int64(Date().timeIntervalSince1970 * 1_000_000) - Int64($0) * 1_000_000 }
        filter.within = try within.map { try PrefixArguments.parse([$0])[0] }
        filter.service = service
        for text in outcome {
            guard let value = TransactionOutcome(rawValue: text) else {
                throw ValidationError("\"\(text)\" is not an outcome: applied, rejected, unknown or pending")
            }
            filter.outcomes.insert(value)
        }
        return filter
    }
}
