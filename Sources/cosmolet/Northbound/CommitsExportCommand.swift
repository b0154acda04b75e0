internal import ArgumentParser
internal import Foundation
internal import Journal
internal import Northbound
internal import NorthboundRPC

/// `cosmolet commits export`.
struct CommitsExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print all records as JSON lines, the oldest first.",
        discussion: """
            The first line has the announcements before the first record, so that cosmolet commits replay rebuilds the
            announcements from the lines alone, also when older records were pruned or left out by --after or --since.
            With --service, --within or --outcome records are missing in between, and there is no such line.

            EXAMPLES
              cosmolet commits export > commits.jsonl
              cosmolet commits export --after 4000 | cosmolet commits replay -
              cosmolet commits export --outcome rejected --since 86400

            \(CommitsCommand.exitCodes)
            """)

    @OptionGroup var options: NorthboundOptions
    @OptionGroup var filter: FilterOptions

    @Option(help: ArgumentHelp("Begin behind this sequence number.", valueName: "number"))
    var after: Int64?

    @Option(help: "json, the only one: for symmetry.")
    var output = OutputFormat.json

    func validate() throws {
        guard after ?? 0 >= 0 else { throw ValidationError("--after is \(after ?? 0), below 0") }
        guard output == .json else { throw ValidationError("an export is JSON lines; see cosmolet commits list") }
    }

    func run() async throws {
        var filter = try filter.filter(limit: 1000, isNewestFirst: false)
        filter.afterSequence = after ?? 0
        let wanted = filter
        try await options.withClient { client in
            if wanted.leavesGaps {
                try await print(wanted, from: client)
            } else {
                let first = try await base(wanted, from: client)
                print(JournalExport.encode(first))
                try await print(TransactionFilter(afterSequence: first.sequence, limit: 1000), from: client)
            }
        }
    }

    /// The announcements before the first record that the filter lets through. A record that is pruned between the two
    /// questions makes the next one the first.
    private func base(_ filter: TransactionFilter, from client: NorthboundClient) async throws -> JournalBase {
        var one = filter
        one.limit = 1
        for _ in 0..<5 {
            let first = try await client.listTransactions(one).first
            // When there is none, the base is the end of the journal.
            let last = try await client.listTransactions(TransactionFilter(limit: 1, isNewestFirst: true)).first
            let sequence = first.map { $0.sequence - 1 } ?? last?.sequence ?? 0
            let networks: Set<Network>
            do { networks = try await client.get(GetRequest(moment: .afterSequence(sequence))) } catch {
                guard error.code == .notFound else { throw error }
                continue
            }
            return JournalBase(sequence: sequence, networks: networks)
        }
        throw NorthboundError(.aborted, "the journal was pruned while it was read")
    }

    private func print(_ filter: TransactionFilter, from client: NorthboundClient) async throws {
        var page = filter
        while true {
            let records = try await client.listTransactions(page)
            for record in records { print(JournalExport.encode(record)) }
            guard let last = records.last, records.count == page.limit else { return }
            page.afterSequence = last.sequence
        }
    }

    private func print(_ line: String) { Swift.print(line) }
}

extension TransactionFilter {
    /// True when records in the middle do not pass. A time only moves the beginning.
    fileprivate var leavesGaps: Bool { within != nil || service != nil || !outcomes.isEmpty }
}

/// `cosmolet commits replay`.
struct CommitsReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Print the announcements that an export rebuilds, by itself.",
        discussion: """
            Needs neither northbound nor FRR. The JSON is that of cosmolet list, without its key "installed".

            EXAMPLES
              cosmolet commits replay commits.jsonl
              cosmolet commits export | cosmolet commits replay - --output json
              diff <(cosmolet commits export | cosmolet commits replay - --output json | jq -S .) \\
                   <(cosmolet list --output json | jq -S 'map(del(.installed))')

            EXIT CODES
              0   done
              1   the file cannot be read, or is not an export; the message names line and field
              64  wrong usage
            """)

    @Argument(help: ArgumentHelp("The export; - for standard input.", valueName: "file")) var file: String

    @Option(help: "table or json.")
    var output = OutputFormat.table

    func run() async throws {
        let data: Data
        do {
            data =
                file == "-"
                ? try FileHandle.standardInput.readToEnd() ?? Data()
                : try Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe)
        } catch {
            throw Failure.exit("\(file): \(error.localizedDescription)", code: .failure)
        }
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).lazy.map {
            String(decoding: $0, as: UTF8.self)
        }
        let model: JournalModel
        do { model = try JournalModel(lines: lines) } catch {
            throw Failure.exit("\(file == "-" ? "standard input" : file): \(error)", code: .failure)
        }
        switch output {
        case .json: print(try CommitLines.json(model.networks))
        case .table: print(CommitLines.table(model.networks))
        }
    }
}
