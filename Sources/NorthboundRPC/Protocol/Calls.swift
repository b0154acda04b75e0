public import Northbound

/// A request, without its header. Who asks and the request id travel in the header.
public enum NorthboundRequest: Sendable, Hashable {
    /// Does the service live? The number comes back.
    case heartbeat(sequence: UInt64)
    /// What it is and allows.
    case getCapabilities
    /// Reads networks.
    case get(GetRequest)
    /// A new candidate.
    case createCandidate
    /// Appends edits to a candidate.
    case editCandidate(UInt64, edits: [NetworkEdit])
    /// Forgets a candidate.
    case deleteCandidate(UInt64)
    /// Commits. With a generation: only on top of that state.
    case commit(CommitRequest, expectedGeneration: UInt64?)
    /// Keeps a commit with a confirm timeout.
    case confirmCommit(id: String)
    /// A page of records.
    case listTransactions(TransactionFilter)
    /// One record.
    case getTransaction(id: String)
    /// Restores what was announced right after a transaction.
    case rollbackTo(id: String)
    /// Refuses commits of all others.
    case lockConfig
    /// Ends that.
    case unlockConfig
    /// The client is alive and stands by its announcements.
    case renewLease

    /// The method that takes it.
    public var method: NorthboundMethod {
        switch self {
        case .heartbeat: .heartbeat
        case .getCapabilities: .getCapabilities
        case .get: .get
        case .createCandidate: .createCandidate
        case .editCandidate: .editCandidate
        case .deleteCandidate: .deleteCandidate
        case .commit: .commit
        case .confirmCommit: .confirmCommit
        case .listTransactions: .listTransactions
        case .getTransaction: .getTransaction
        case .rollbackTo: .rollbackTo
        case .lockConfig: .lockConfig
        case .unlockConfig: .unlockConfig
        case .renewLease: .renewLease
        }
    }
}

/// The reply of a call that succeeded, without its header.
public enum NorthboundReply: Sendable, Hashable {
    /// Of Heartbeat.
    case heartbeat(HeartbeatReply)
    /// Of GetCapabilities.
    case capabilities(ServiceCapabilities)
    /// Of Get; what one frame carries is a part while `ReplyHeader.hasMore`.
    case values([PathValue], generation: UInt64?)
    /// Of CreateCandidate.
    case candidate(UInt64)
    /// Of Commit, ConfirmCommit, GetTransaction and RollbackTo. A service without a journal has no record.
    case transaction(TransactionRecord?, generation: UInt64?)
    /// Of ListTransactions. `next` continues: as `afterSequence`, or newest first as `beforeSequence`; nil at the end.
    case transactions([TransactionRecord], next: Int64?)
    /// Of EditCandidate, DeleteCandidate, LockConfig, UnlockConfig and RenewLease.
    case done
}

/// What a living service tells of itself.
public struct HeartbeatReply: Sendable, Hashable {
    /// Of the request.
    public var sequence: UInt64
    /// Name of this run of the service; another one after every start.
    public var instance: String
    /// Last sequence number of the journal; nil without a journal.
    public var journalSequence: Int64?

    /// Makes a reply.
    public init(sequence: UInt64, instance: String, journalSequence: Int64?) {
        self.sequence = sequence
        self.instance = instance
        self.journalSequence = journalSequence
    }
}
