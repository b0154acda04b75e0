internal import ArgumentParser
internal import Foundation
internal import Journal
internal import Northbound
internal import NorthboundRPC

/// `cosmolet commits rollback`.
struct CommitsRollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Restore the announcements as they were right after a transaction.",
        discussion: """
            The rollback is a new transaction with its own record. An agent that wants something else will commit it
            again: stop it, or change what it watches. Only an applied transaction that is still in the journal can be
            gone back to.

            EXAMPLES
              cosmolet commits rollback 41
              cosmolet commits rollback 1c9d2c1e-… --output json | jq .outcome

            \(CommitsCommand.exitCodes)
            """)

    @Argument(help: "The transaction to go back to, by id or sequence number.") var id: String
    @OptionGroup var options: NorthboundOptions

    @Option(help: "table or json.")
    var output = OutputFormat.table

    func run() async throws {
        let record = try await options.withClient { client in
            let target = try await client.transaction(named: id)
            return try await client.rollback(to: target.id, requestID: UUID().uuidString, client: "")
        }
        print(output == .json ? JournalExport.encode(record) : CommitLines.page(record))
    }
}

/// `cosmolet commits confirm`.
struct CommitsConfirmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm", abstract: "Keep a transaction that was made with a confirm timeout.",
        discussion: """
            Without it, the transaction is undone when its time is over. Only the client that made it may confirm it.

            EXAMPLES
              cosmolet commits confirm 41
              cosmolet commits confirm 1c9d2c1e-… --output json

            \(CommitsCommand.exitCodes)
            """)

    @Argument(help: "The transaction, by id or sequence number.") var id: String
    @OptionGroup var options: NorthboundOptions

    @Option(help: "table or json.")
    var output = OutputFormat.table

    func run() async throws {
        let record = try await options.withClient { client in
            let target = try await client.transaction(named: id)
            return try await client.confirmCommit(id: target.id, client: "")
        }
        print(output == .json ? JournalExport.encode(record) : CommitLines.line(record))
    }
}
