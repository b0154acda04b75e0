internal import ArgumentParser
internal import Foundation
internal import Northbound
internal import NorthboundRPC

/// `cosmolet commits diff`.
struct CommitsDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what changed between two transactions, or since one.",
        discussion: """
            Compares the announcements right after the first transaction with those right after the second, or with what
            FRR runs now. What was changed and changed back in between does not appear.

            EXAMPLES
              cosmolet commits diff 41
              cosmolet commits diff 41 57
              cosmolet commits diff 41 --output json | jq -r '.changes[].prefix'

            \(CommitsCommand.exitCodes)
            """)

    @Argument(help: "The earlier transaction, by id or sequence number.") var id: String
    @Argument(help: "The later transaction; default: what FRR runs now.") var id2: String?
    @OptionGroup var options: NorthboundOptions

    @Option(help: "table or json.")
    var output = OutputFormat.table

    private struct Difference: Encodable {
        /// Names of the two transactions; `running` for now.
        var from: String
        var to: String
        var changes: [RecordedEdit]
    }

    func run() async throws {
        let difference = try await options.withClient { client in
            let from = try await client.transaction(named: id)
            let before = try await client.get(GetRequest(moment: .afterTransaction(from.id)))
            guard let id2 else {
                let changes = RecordedEdit.changes(from: before, to: try await client.get(.config))
                return Difference(from: from.id, to: "running", changes: changes)
            }
            let to = try await client.transaction(named: id2)
            let after = try await client.get(GetRequest(moment: .afterTransaction(to.id)))
            return Difference(from: from.id, to: to.id, changes: RecordedEdit.changes(from: before, to: after))
        }
        switch output {
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(difference), as: UTF8.self))
        case .table:
            print(CommitLines.changes(difference.changes))
        }
    }
}
