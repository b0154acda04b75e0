extension NorthboundWire {
    /// Names a transaction.
    public struct TransactionReference: NorthboundMessage {
        /// Its name.
        public var id: String?

        /// Makes a message without any field.
        public init() {}
    }

    /// Reply of all methods that make or name one transaction.
    public struct TransactionReply: NorthboundMessage {
        /// The transaction.
        public var record: TransactionRecord?
        /// State of the running configuration.
        public var generation: UInt64?

        /// Makes a message without any field.
        public init() {}
    }

    /// Time spent in one step of a commit.
    public struct StepDuration: NorthboundMessage {
        /// Number of a `CommitStep`.
        public var step: Int32?
        /// How long it took.
        public var durationMicroseconds: Int64?

        /// Makes a message without any field.
        public init() {}
    }

    /// What one edit changed.
    public struct RecordedEdit: NorthboundMessage {
        /// The prefix.
        public var prefix: String?
        /// Class before.
        public var before: String?
        /// Class after.
        public var after: String?

        /// Makes a message without any field.
        public init() {}
    }

    /// One transaction, as the journal keeps it.
    public struct TransactionRecord: NorthboundMessage {
        /// Position in the journal.
        public var sequence: Int64?
        /// Unique name.
        public var id: String?
        /// The applied transaction before this one.
        public var parent: String?
        /// Number of a `TransactionKind`.
        public var kind: Int32?
        /// The client's idempotency key.
        public var requestID: String?
        /// Who asked.
        public var client: String?
        /// Why.
        public var cause: [String] = []
        /// What it changes.
        public var edits: [RecordedEdit] = []
        /// Whom it was sent to.
        public var management: ManagementCapabilities?
        /// When it was begun, since the Unix epoch.
        public var startedAtMicroseconds: Int64?
        /// The steps that were entered.
        public var steps: [StepDuration] = []
        /// From the call to its end.
        public var durationMicroseconds: Int64?
        /// Number of a `TransactionOutcome`.
        public var outcome: Int32?
        /// Why it was not applied.
        public var error: String?
        /// When it is undone unless confirmed.
        public var confirmByMicroseconds: Int64?

        /// Makes a message without any field.
        public init() {}
    }

    /// Request of ListTransactions.
    public struct ListTransactionsRequest: NorthboundMessage {
        /// Only greater sequence numbers.
        public var afterSequence: Int64?
        /// Only smaller sequence numbers.
        public var beforeSequence: Int64?
        /// Begun at or after.
        public var sinceMicroseconds: Int64?
        /// Begun before.
        public var untilMicroseconds: Int64?
        /// Changes a prefix within this one.
        public var within: String?
        /// A cause names this Service.
        public var service: String?
        /// Numbers of `TransactionOutcome`; none for all.
        public var outcomes: [Int32] = []
        /// At most so many.
        public var limit: UInt32?
        /// From the newest to the oldest.
        public var newestFirst: Bool?

        /// Makes a message without any field.
        public init() {}
    }

    /// A page of records.
    public struct ListTransactionsReply: NorthboundMessage {
        /// The records.
        public var records: [TransactionRecord] = []
        /// Where the next page begins.
        public var nextSequence: Int64?

        /// Makes a message without any field.
        public init() {}
    }

    /// Second frame on the PUB socket.
    public struct CommitLogEntry: NorthboundMessage {
        /// Major version of the API.
        public var apiMajor: UInt32?
        /// Minor version.
        public var apiMinor: UInt32?
        /// The transaction.
        public var record: TransactionRecord?

        /// Makes a message without any field.
        public init() {}
    }
}
