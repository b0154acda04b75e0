/// A set of edits that is applied whole or not at all.
public struct Transaction: Sendable, Hashable, Codable {
    /// Unique name of the transaction, as logs and replies carry it.
    public var id: String
    /// In order; a later edit of the same prefix wins.
    public var edits: [NetworkEdit]
    /// Why: Kubernetes objects and reason codes, or who asked by hand. For people and logs.
    public var cause: [String]

    /// Makes a transaction.
    public init(id: String, edits: [NetworkEdit], cause: [String] = []) {
        self.id = id
        self.edits = edits
        self.cause = cause
    }
}

/// How a commit ended (design decision D4). There are three ways, and the last is never assumed to be one of the others.
public enum CommitOutcome: Sendable, Hashable {
    /// The edits are in the running datastore; read back and found there.
    case applied
    /// Nothing was changed. The text says who refused what.
    case rejected(ManagementErrorSummary)
    /// The answer was lost. Only reading running can tell, on a new connection.
    case unknown(ManagementErrorSummary)

    /// `applied`, `rejected` or `unknown`: the value of the metric label.
    public var name: String {
        switch self {
        case .applied: "applied"
        case .rejected: "rejected"
        case .unknown: "unknown"
        }
    }
}

/// Code and message of a failed commit, comparable and storable.
public struct ManagementErrorSummary: Sendable, Hashable, CustomStringConvertible {
    /// Name of the `ManagementError.Code`.
    public let code: String
    /// One line.
    public let message: String
    /// Whether the same transaction may succeed later.
    public let isRetryable: Bool

    /// Takes what is worth keeping of an error.
    public init(_ error: ManagementError) {
        code = error.code.description
        message = error.message
        isRetryable = error.isRetryable
    }

    /// True when FRR refused a commit as a whole.
    public var isAborted: Bool { code == ManagementError.Code.aborted.description }

    /// The message with its code.
    public var description: String { "\(message) [\(code)]" }
}

/// The steps of a commit, in order (design D4).
public enum CommitPhase: String, Sendable, Hashable, CaseIterable, Codable, CodingKeyRepresentable {
    /// Both datastore locks.
    case lock
    /// Candidate made equal to running.
    case clean
    /// All edits in bounded frames.
    case edit
    /// COMMIT sent until its reply.
    case commit
    /// Both locks released.
    case unlock
    /// Running read back and compared.
    case readBack
}

/// What a commit did and how long each step took.
public struct CommitResult: Sendable {
    /// How it ended.
    public var outcome: CommitOutcome
    /// The journal's name of the transaction; nil where there is no journal, or no record.
    public var transactionID: String?
    /// Time spent in each phase that was entered.
    public var phases: [CommitPhase: Duration]
    /// From the call until FRR's commit reply; nil when none came.
    public var durationToReply: Duration?
    /// From the call to its end, read-back included.
    public var duration: Duration

    /// Makes a result.
    public init(
        outcome: CommitOutcome, transactionID: String? = nil, phases: [CommitPhase: Duration] = [:],
        durationToReply: Duration? = nil, duration: Duration = .zero
    ) {
        self.outcome = outcome
        self.transactionID = transactionID
        self.phases = phases
        self.durationToReply = durationToReply
        self.duration = duration
    }
}
