internal import Foundation

/// A transaction as an agent's log tells of it, and when the line was read.
struct Commit: Sendable {
    /// The agent's node.
    var node: String
    /// When this program had the line.
    var readAt: ContinuousClock.Instant
    /// Time of day of the line, in UTC: `15:03:06.042`.
    var timeOfDay: String
    /// `applied`, `rejected` or `unknown`.
    var outcome: String
    /// `+PREFIX CLASS` and `-PREFIX`.
    var edits: [String]
    /// Services, addresses, reason codes.
    var cause: [String]
    /// From the start of the transaction to FRR's reply; nil when none came.
    var replyMilliseconds: Double?
    /// From the start of the transaction to its end, read-back included.
    var durationMilliseconds: Double
    /// What went wrong, unless it was applied.
    var error: String?

    /// Reads a log line; nil when it does not tell of a commit.
    init?(_ line: AgentLogLine, node: String, readAt: ContinuousClock.Instant) {
        guard line.message == "commit", let metadata = line.metadata, let outcome = metadata.outcome else { return nil }
        self.node = node
        self.readAt = readAt
        timeOfDay = String(line.time.dropFirst(11).dropLast())
        self.outcome = outcome
        edits = metadata.edits ?? []
        cause = metadata.cause ?? []
        replyMilliseconds = metadata.replyMilliseconds.flatMap(Double.init)
        durationMilliseconds = metadata.durationMilliseconds.flatMap(Double.init) ?? 0
        error = metadata.error
    }

    /// When FRR replied: the line is written after the read-back, whose length it tells. The way of the line to this
    /// program counts as FRR's time, so the instant is late rather than early.
    var repliedAt: ContinuousClock.Instant? {
        replyMilliseconds.map { readAt - .milliseconds(durationMilliseconds - $0) }
    }
}

/// The part of an agent's JSON log line that the demo uses.
struct AgentLogLine: Decodable, Sendable {
    /// Metadata by the keys of `LogKeys`.
    struct Metadata: Decodable, Sendable {
        var durationMilliseconds: String?
        var replyMilliseconds: String?
        var outcome: String?
        var error: String?
        var edits: [String]?
        var cause: [String]?
        var address: String?
        var version: String?
        var dialect: String?
        var schema: String?
        var releases: String?

        enum CodingKeys: String, CodingKey {
            case durationMilliseconds = "duration_ms"
            case replyMilliseconds = "reply_ms"
            case outcome, error, edits, cause, address, version, dialect, schema, releases
        }
    }

    var time: String
    var message: String
    var metadata: Metadata?

    /// Reads a line; nil when it is no JSON of this form, a crash report for instance.
    init?(_ text: String) {
        guard text.first == "{", let line = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else {
            return nil
        }
        self = line
    }
}
