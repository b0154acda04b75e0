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
        subcommands: [
            CommitsListCommand.self, CommitsShowCommand.self, CommitsFollowCommand.self, CommitsExportCommand.self,
            CommitsRollbackCommand.self, CommitsConfirmCommand.self,
        ], defaultSubcommand: CommitsListCommand.self)
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
            try await client.start()
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

/// `cosmolet commits list`.
struct CommitsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List transactions, the newest first.",
        discussion: """
            EXAMPLES
              cosmolet commits list --limit 50
              cosmolet commits list --outcome rejected --since 3600
              cosmolet commits list --service shop/web --within 198.51.100.0/24 --output json
            """)

    @OptionGroup var options: NorthboundOptions
    @OptionGroup var filter: FilterOptions

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit = 20

    @Option(help: "table or json.")
    var output = OutputFormat.table

    func run() async throws {
        let filter = try filter.filter(limit: limit, isNewestFirst: true)
        let records = try await options.withClient { try await $0.listTransactions(filter) }
        if output == .table { print(CommitLines.heading) }
        for record in records {
            print(output == .json ? JournalExport.encode(record) : CommitLines.line(record))
        }
    }
}

/// `cosmolet commits show`.
struct CommitsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one transaction with cause, changes and timings.",
        discussion: """
            EXAMPLES
              cosmolet commits show 1c9d2c1e-…
              cosmolet commits show 1c9d2c1e-… --output json
            """)

    @Argument(help: "The transaction.") var id: String
    @OptionGroup var options: NorthboundOptions

    @Option(help: "table or json.")
    var output = OutputFormat.table

    func run() async throws {
        let record = try await options.withClient { try await $0.transaction(id: id) }
        print(output == .json ? JournalExport.encode(record) : CommitLines.page(record))
    }
}

/// `cosmolet commits rollback`.
struct CommitsRollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Restore the announcements as they were right after a transaction.",
        discussion: """
            The rollback is a new transaction with its own record. An agent that wants something else will commit it again:
            stop it, or change what it watches.

            EXAMPLES
              cosmolet commits rollback 1c9d2c1e-…
            """)

    @Argument(help: "The transaction to go back to.") var id: String
    @OptionGroup var options: NorthboundOptions

    func run() async throws {
        let record = try await options.withClient {
            try await $0.rollback(to: id, requestID: UUID().uuidString, client: "")
        }
        print(CommitLines.page(record))
    }
}

/// `cosmolet commits confirm`.
struct CommitsConfirmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm", abstract: "Keep a transaction that was made with a confirm timeout.",
        discussion: """
            EXAMPLES
              cosmolet commits confirm 1c9d2c1e-…
            """)

    @Argument(help: "The transaction.") var id: String
    @OptionGroup var options: NorthboundOptions

    func run() async throws {
        let record = try await options.withClient { try await $0.confirmCommit(id: id, client: "") }
        print(CommitLines.line(record))
    }
}

/// `cosmolet commits export`.
struct CommitsExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print all records as JSON lines, the oldest first.",
        discussion: """
            EXAMPLES
              cosmolet commits export > commits.jsonl
              cosmolet commits export --outcome applied --since 86400
            """)

    @OptionGroup var options: NorthboundOptions
    @OptionGroup var filter: FilterOptions

    func run() async throws {
        var filter = try filter.filter(limit: 1000, isNewestFirst: false)
        try await options.withClient { client in
            while true {
                let records = try await client.listTransactions(filter)
                for record in records { print(JournalExport.encode(record)) }
                guard let last = records.last, records.count == filter.limit else { return }
                filter.afterSequence = last.sequence
            }
        }
    }
}
