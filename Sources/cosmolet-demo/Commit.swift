internal import Foundation

/// A transaction, as a commit log or an agent's log tells of it, and when the line was read.
struct Commit: Sendable {
    /// The node.
    var node: String
    /// When this program had the line.
    var readAt: ContinuousClock.Instant
    /// Time of day in UTC: `15:03:06.042`.
    var timeOfDay: String
    /// The agent's name of it, which is the request id in the journal.
    var request: String
    /// `applied`, `rejected` or `unknown`; before it the kind, unless it is an ordinary commit.
    var outcome: String
    /// `+PREFIX CLASS`, `-PREFIX` and `PREFIX CLASS -> CLASS`.
    var edits: [String]
    /// Services, addresses, reason codes.
    var cause: [String]
    /// From the start of the transaction to the reply that the agent got; nil when none came, and in a commit log.
    var replyMilliseconds: Double?
    /// From the start of the transaction to its end, read-back included.
    var durationMilliseconds: Double
    /// The longest phases: `commit 3.1`.
    var phases: [String] = []
    /// What went wrong, unless it was applied.
    var error: String?

    /// Reads a line of an agent's log; nil when it does not tell of a commit of the agent's.
    init?(_ line: LogLine, node: String, readAt: ContinuousClock.Instant) {
        guard line.message == "commit", let metadata = line.metadata, let outcome = metadata.outcome,
            metadata.client == nil
        else { return nil }
        self.node = node
        self.readAt = readAt
        timeOfDay = Self.timeOfDay(line.time)
        request = metadata.request ?? ""
        self.outcome = outcome
        edits = metadata.edits ?? []
        cause = metadata.cause ?? []
        replyMilliseconds = metadata.replyMilliseconds.flatMap(Double.init)
        durationMilliseconds = metadata.durationMilliseconds.flatMap(Double.init) ?? 0
        error = metadata.error
    }

    /// Takes a record of a commit log.
    init(_ record: CommitRecord, node: String, readAt: ContinuousClock.Instant) {
        self.node = node
        self.readAt = readAt
        timeOfDay = Self.timeOfDay(record.startedAt)
        request = record.request
        outcome = record.kind == "commit" ? record.outcome : "\(record.kind) \(record.outcome)"
        edits = record.edits.map(\.text)
        cause = record.cause
        durationMilliseconds = Double(record.durationMicroseconds) / 1000
        phases = record.phaseMicroseconds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(2).map {
            "\($0.key) " + String(format: "%.1f", Double($0.value) / 1000)
        }
        error = record.error
    }

    /// When the agent had the reply: the line is written after it, and tells how long after. The way of the line to this
    /// program counts as the reply's time, so the instant is late rather than early.
    var repliedAt: ContinuousClock.Instant? {
        replyMilliseconds.map { readAt - .milliseconds(durationMilliseconds - $0) }
    }

    /// `4.1 ms (commit 3.2, readBack 0.4)`, or the time to the reply where that is all that is known.
    var timings: String {
        let total = String(format: "%.1f ms", replyMilliseconds ?? durationMilliseconds)
        return phases.isEmpty ? total : "\(total) (\(phases.joined(separator: ", ")))"
    }

    private static func timeOfDay(_ time: String) -> String {
        let text = time.dropFirst(11)
        guard let dot = text.firstIndex(of: ".") else { return String(text.prefix(8)) }
        return String(text[..<dot] + text[dot...].prefix(4))
    }
}
