internal import ArgumentParser
internal import Foundation
internal import Journal
internal import Northbound
internal import NorthboundRPC

/// `cosmolet commits follow`: each transaction as it happens.
struct CommitsFollowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Print each transaction as it happens, without gap or duplicate.",
        discussion: """
            Subscribes to the commit log and reads from the journal what happened before, or was missed.

            EXAMPLES
              cosmolet commits follow
              cosmolet commits follow --from 120 --output json

            Ends only when it is interrupted.

            \(CommitsCommand.exitCodes)
            """)

    @OptionGroup var options: NorthboundOptions

    @Option(help: ArgumentHelp("Where the commit log is published.", valueName: "endpoint"))
    var subscribe = "zmq+ipc:///run/cosmolet/commits.sock"

    @Option(help: ArgumentHelp("Begin behind this sequence number; default: now.", valueName: "number"))
    var from: Int64?

    @Option(help: "table or json.")
    var output = OutputFormat.table

    func run() async throws {
        if output == .table { write(CommitLines.heading) }
        try await options.withClient { client in
            let subscription = CommitLogSubscription(
                SubscriberConfiguration(
                    endpoint: try TransportEndpoint(parsing: subscribe), security: try options.security()))
            try await subscription.start()
            var last = try await begin(client)
            for await event in subscription.events {
                switch event {
                case .catchUp: last = try await catchUp(client, after: last)
                case .record(let topic, let body):
                    let record = try MessageCodec.decodeLogEntry(MessageFrames(header: topic, body: body))
                    guard record.sequence > last else { continue }
                    show(record)
                    last = record.sequence
                case .disconnected(let reason):
                    FileHandle.standardError.write(Data("cosmolet: \(reason); waiting\n".utf8))
                }
            }
        }
    }

    private func begin(_ client: NorthboundClient) async throws -> Int64 {
        if let from { return from }
        return try await client.listTransactions(TransactionFilter(limit: 1, isNewestFirst: true)).first?.sequence ?? 0
    }

    private func catchUp(_ client: NorthboundClient, after last: Int64) async throws -> Int64 {
        var last = last
        while true {
            let records = try await client.listTransactions(TransactionFilter(afterSequence: last, limit: 1000))
            // What is still in flight comes as a publication.
            let finished = records.prefix { $0.outcome != .pending && $0.outcome != .unknown }
            for record in finished {
                show(record)
                last = record.sequence
            }
            guard records.count == 1000, finished.count == records.count else { return last }
        }
    }

    private func show(_ record: TransactionRecord) {
        write(output == .json ? JournalExport.encode(record) : CommitLines.line(record))
    }

    /// Past the buffer of standard output: a line is seen when it happens, also through a pipe.
    private func write(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
