internal import ArgumentParser
internal import Foundation
internal import Journal
internal import Northbound
internal import NorthboundRPC

/// `cosmolet commits list`.
struct CommitsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List transactions, the newest first.",
        discussion: """
            EXAMPLES
              cosmolet commits list --limit 50
              cosmolet commits list --before 120
              cosmolet commits list --outcome rejected --since 3600
              cosmolet commits list --service shop/web --within 198.51.100.0/24 --output json

            \(CommitsCommand.exitCodes)
            """)

    @OptionGroup var options: NorthboundOptions
    @OptionGroup var filter: FilterOptions

    @Option(help: ArgumentHelp("Only transactions before this sequence number.", valueName: "number"))
    var before: Int64?

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit = 20

    @Option(help: "table or json.")
    var output = OutputFormat.table

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is \(limit), below 1") }
        guard before ?? 1 > 0 else { throw ValidationError("--before is \(before ?? 0), below 1") }
    }

    func run() async throws {
        var filter = try filter.filter(limit: limit, isNewestFirst: true)
        filter.beforeSequence = before
        let wanted = filter
        let records = try await options.withClient { try await $0.listTransactions(wanted) }
        if output == .table { print(CommitLines.heading) }
        for record in records {
            print(output == .json ? JournalExport.encode(record) : CommitLines.line(record))
        }
        if output == .table, let last = records.last, records.count == limit, last.sequence > 1 {
            FileHandle.standardError.write(Data("older ones: --before \(last.sequence)\n".utf8))
        }
    }
}

/// `cosmolet commits show`.
struct CommitsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one transaction with cause, changes and timings.",
        discussion: """
            EXAMPLES
              cosmolet commits show 41
              cosmolet commits show 1c9d2c1e-… --output json

            \(CommitsCommand.exitCodes)
            """)

    @Argument(help: "The transaction, by id or sequence number.") var id: String
    @OptionGroup var options: NorthboundOptions

    @Option(help: "table or json.")
    var output = OutputFormat.table

    func run() async throws {
        let record = try await options.withClient { try await $0.transaction(named: id) }
        print(output == .json ? JournalExport.encode(record) : CommitLines.page(record))
    }
}
