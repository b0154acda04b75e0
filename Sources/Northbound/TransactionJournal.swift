/// Why the journal could not be written or read.
public struct JournalError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Known: String {
            case full, readOnly, corrupt, inputOutput, unusable, notFound
        }

        private let known: Known

        /// No space is left on the device.
        public static let full = Code(known: .full)
        /// The file or its folder may not be written.
        public static let readOnly = Code(known: .readOnly)
        /// The file is not a journal, or is damaged.
        public static let corrupt = Code(known: .corrupt)
        /// Another failure of the device.
        public static let inputOutput = Code(known: .inputOutput)
        /// Any other failure, for instance a newer schema than this release knows.
        public static let unusable = Code(known: .unusable)
        /// There is no such transaction.
        public static let notFound = Code(known: .notFound)

        /// The name of the code, as logs show it.
        public var description: String { known.rawValue }
    }

    /// The kind of failure.
    public let code: Code
    /// Names file and operation, in one line.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message with its code.
    public var description: String { "\(message) [\(code)]" }
}

/// The durable log of transactions, as the commit service needs it.
///
/// An implementer guarantees:
/// - when `begin` and `finish` return, the record survives a kill -9 and a power cut;
/// - sequence numbers grow by one with each `begin` and are never used again;
/// - calls do not block the caller's thread: files are written on a thread of the journal's own;
/// - a failed write changes nothing.
public protocol TransactionJournal: Sendable {
    /// Writes an intent: a record with outcome `pending`, or with its outcome when that is known already.
    ///
    /// - Returns: the record with its sequence number.
    func begin(_ record: TransactionRecord) async throws(JournalError) -> TransactionRecord

    /// Writes several intents in one durable write: all, or none when it throws.
    func begin(_ records: [TransactionRecord]) async throws(JournalError) -> [TransactionRecord]

    /// Writes the result of a record that was begun: parent, outcome, error, phases, duration, confirm time.
    func finish(_ record: TransactionRecord) async throws(JournalError)

    /// Writes several results in one durable write: all, or none when it throws.
    func finish(_ records: [TransactionRecord]) async throws(JournalError)

    /// True while the journal holds no record: whoever begins one begins one of kind `observed` before, with what FRR
    /// runs. False when it cannot be told.
    var isEmpty: Bool { get async }

    /// Removes the records that need not be kept any longer, and returns how many.
    func prune() async throws(JournalError) -> Int

    /// The record of this name, nil when there is none.
    func record(id: String) async throws(JournalError) -> TransactionRecord?

    /// The newest record of a client's request, nil when there is none: the idempotency key. All but the newest are
    /// rejected: `begin` throws `unusable` for a second one beside a record that is not.
    func record(requestID: String, client: String) async throws(JournalError) -> TransactionRecord?

    /// Records that pass a filter, in sequence order unless it says otherwise.
    func records(_ filter: TransactionFilter) async throws(JournalError) -> [TransactionRecord]

    /// Records whose outcome is `pending` or `unknown`, in sequence order.
    func inDoubt() async throws(JournalError) -> [TransactionRecord]

    /// Applied records that wait for a ConfirmCommit.
    func unconfirmed() async throws(JournalError) -> [TransactionRecord]

    /// The networks that the journal says are announced after this transaction; nil id: after the last one.
    ///
    /// - Throws: `notFound` when the transaction is not there, or has been pruned.
    func networks(after id: String?) async throws(JournalError) -> Set<Network>

    /// The networks that the journal says are announced after this record; 0: before the first.
    ///
    /// - Throws: `notFound` when the record behind it has been pruned, or there is no such record yet.
    func networks(afterSequence sequence: Int64) async throws(JournalError) -> Set<Network>

    /// The name of the last applied transaction, and the last sequence number; nil and 0 for an empty journal.
    func head() async throws(JournalError) -> (id: String?, sequence: Int64)
}

extension TransactionJournal {
    /// One after the other: for a journal whose writes cost nothing.
    public func begin(_ records: [TransactionRecord]) async throws(JournalError) -> [TransactionRecord] {
        var begun: [TransactionRecord] = []
        for record in records { begun.append(try await begin(record)) }
        return begun
    }

    /// One after the other.
    public func finish(_ records: [TransactionRecord]) async throws(JournalError) {
        for record in records { try await finish(record) }
    }

    /// Keeps everything.
    public func prune() async throws(JournalError) -> Int { 0 }

    /// As the last number says.
    public var isEmpty: Bool {
        get async { (try? await head())?.sequence == 0 }
    }

    /// By the name of the record.
    public func networks(afterSequence sequence: Int64) async throws(JournalError) -> Set<Network> {
        guard sequence > 0 else {
            let first = try await records(TransactionFilter(limit: 1)).first
            guard (first?.sequence ?? 1) == 1 else { throw JournalError(.notFound, "record 1 has been pruned") }
            return []
        }
        let found = try await records(TransactionFilter(afterSequence: sequence - 1, limit: 1)).first
        guard let found, found.sequence == sequence else {
            throw JournalError(.notFound, "there is no record \(sequence), or it was pruned")
        }
        return try await networks(after: found.id)
    }
}
