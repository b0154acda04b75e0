public import NetworkTypes

/// What one edit of a transaction changed: the class before and after, nil for "not announced by us".
public struct RecordedEdit: Sendable, Hashable, Codable {
    /// The prefix.
    public var prefix: IPPrefix
    /// What running held before the transaction, as it was read under the service's own order of commits.
    public var before: AttributeClass?
    /// What the transaction asks for.
    public var after: AttributeClass?

    /// Makes a record of one edit.
    public init(prefix: IPPrefix, before: AttributeClass?, after: AttributeClass?) {
        self.prefix = prefix
        self.before = before
        self.after = after
    }

    /// The edit that was asked for.
    public var edit: NetworkEdit {
        after.map { .set(Network(prefix: prefix, attributeClass: $0)) } ?? .remove(prefix)
    }

    /// The edit that undoes it.
    public var inverse: NetworkEdit {
        before.map { .set(Network(prefix: prefix, attributeClass: $0)) } ?? .remove(prefix)
    }
}

extension RecordedEdit {
    /// What turns one set of networks into another, one entry for each prefix that differs, in prefix order.
    public static func changes(from before: Set<Network>, to after: Set<Network>) -> [RecordedEdit] {
        let (old, new) = (before.byPrefix, after.byPrefix)
        return Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted().map {
            RecordedEdit(prefix: $0, before: old[$0], after: new[$0])
        }
    }
}

/// Why a transaction exists.
public enum TransactionKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// A client's Commit.
    case commit
    /// RollbackTo.
    case rollback
    /// A commit with a confirm timeout that nobody confirmed, undone.
    case unconfirmed
    /// A lease ran out: announcements get the drain class.
    case leaseDrain
    /// A lease ran out: drained announcements are withdrawn.
    case leaseWithdrawal
    /// Not a transaction of ours: what FRR was found to run when the journal begins, after a gap, or when somebody else
    /// had changed it. Brings the journal's model in step with FRR.
    case observed
}

/// Where a transaction stands. The raw values are stored and exported.
public enum TransactionOutcome: String, Sendable, Hashable, Codable, CaseIterable {
    /// The intent is durable, the result is not: in flight, or in doubt after a crash.
    case pending
    /// Running holds all of it.
    case applied
    /// Running holds none of it.
    case rejected
    /// The answer was lost and FRR could not be read yet.
    case unknown
}

/// One transaction as the journal keeps it and the commit log exports it.
public struct TransactionRecord: Sendable, Hashable, Codable {
    /// Position in the journal, from 1, without gaps; the cursor of whoever follows.
    public var sequence: Int64
    /// Unique name.
    public var id: String
    /// The applied transaction before this one; nil for the first of a journal.
    public var parent: String?
    /// What kind of transaction it is.
    public var kind: TransactionKind
    /// The client's idempotency key; unique among a client's requests.
    public var requestID: String
    /// Who asked.
    public var client: String
    /// Why: Kubernetes objects and reason codes, or words. Bounded, see `Causes`.
    public var cause: [String]
    /// What it changes, in prefix order, one entry for each prefix.
    public var edits: [RecordedEdit]
    /// Whom it was sent to; nil when no session was open.
    public var capabilities: ManagementCapabilities?
    /// When it was begun, in microseconds since the Unix epoch (wall clock).
    public var startedAtMicroseconds: Int64
    /// Time spent in each phase, in microseconds.
    public var phaseMicroseconds: [CommitPhase: Int64]
    /// From the call to its end, in microseconds.
    public var durationMicroseconds: Int64
    /// How it ended.
    public var outcome: TransactionOutcome
    /// Why it was not applied; nil when it was.
    public var error: String?
    /// For a commit with confirm timeout: when it is undone unless confirmed, in microseconds since the Unix epoch; nil
    /// when there is no timeout, or it was confirmed or undone.
    public var confirmByMicroseconds: Int64?

    /// Makes a record of a transaction that begins now.
    public init(
        sequence: Int64 = 0, id: String, parent: String?, kind: TransactionKind, requestID: String, client: String,
        cause: [String], edits: [RecordedEdit], capabilities: ManagementCapabilities?, startedAtMicroseconds: Int64,
        phaseMicroseconds: [CommitPhase: Int64] = [:], durationMicroseconds: Int64 = 0,
        outcome: TransactionOutcome = .pending, error: String? = nil, confirmByMicroseconds: Int64? = nil
    ) {
        self.sequence = sequence
        self.id = id
        self.parent = parent
        self.kind = kind
        self.requestID = requestID
        self.client = client
        self.cause = cause
        self.edits = edits
        self.capabilities = capabilities
        self.startedAtMicroseconds = startedAtMicroseconds
        self.phaseMicroseconds = phaseMicroseconds
        self.durationMicroseconds = durationMicroseconds
        self.outcome = outcome
        self.error = error
        self.confirmByMicroseconds = confirmByMicroseconds
    }
}

extension Duration {
    /// Whole microseconds, the unit of records; rounded towards zero.
    public var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}

/// Which records of the journal are wanted; all conditions must hold.
public struct TransactionFilter: Sendable, Hashable, Codable {
    /// Only records behind this sequence number.
    public var afterSequence: Int64
    /// Only records before this sequence number; how a list from the newest to the oldest goes on.
    public var beforeSequence: Int64?
    /// Begun at or after this time, in microseconds since the Unix epoch.
    public var sinceMicroseconds: Int64?
    /// Begun before this time, in microseconds since the Unix epoch.
    public var untilMicroseconds: Int64?
    /// Changes a prefix within this one.
    public var within: IPPrefix?
    /// A cause names this Service, `namespace/name`.
    public var service: String?
    /// Ended in one of these ways; empty for all.
    public var outcomes: Set<TransactionOutcome>
    /// At most so many records.
    public var limit: Int
    /// From the newest to the oldest instead of the other way round.
    public var isNewestFirst: Bool

    /// Makes a filter; the defaults let everything through, 1,000 at a time.
    public init(
        afterSequence: Int64 = 0, beforeSequence: Int64? = nil, sinceMicroseconds: Int64? = nil,
        untilMicroseconds: Int64? = nil,
        within: IPPrefix? = nil, service: String? = nil, outcomes: Set<TransactionOutcome> = [], limit: Int = 1000,
        isNewestFirst: Bool = false
    ) {
        self.afterSequence = afterSequence
        self.beforeSequence = beforeSequence
        self.sinceMicroseconds = sinceMicroseconds
        self.untilMicroseconds = untilMicroseconds
        self.within = within
        self.service = service
        self.outcomes = outcomes
        self.limit = limit
        self.isNewestFirst = isNewestFirst
    }
}
