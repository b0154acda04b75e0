internal import NetworkTypes
public import Northbound

/// A journal in memory that keeps the contract of `TransactionJournal` and fails on command.
public actor InMemoryJournal: TransactionJournal {
    /// All records in sequence order; what a real journal would have on disk.
    public private(set) var all: [TransactionRecord] = []
    private var failure: JournalError?

    /// Makes a journal with these records, as one that a process before left behind.
    public init(_ records: [TransactionRecord] = []) {
        all = records
    }

    /// Every write fails like this until nil is given.
    public func fail(with error: JournalError?) { failure = error }

    /// Appends a record.
    public func begin(_ record: TransactionRecord) async throws(JournalError) -> TransactionRecord {
        if let failure { throw failure }
        let isTaken = all.contains {
            !record.requestID.isEmpty && $0.requestID == record.requestID && $0.client == record.client
                && $0.outcome != .rejected
        }
        guard !isTaken else { throw JournalError(.unusable, "request \(record.requestID) is there already") }
        var record = record
        record.sequence = Int64(all.count + 1)
        all.append(record)
        return record
    }

    /// Replaces a record that was begun.
    public func finish(_ record: TransactionRecord) async throws(JournalError) {
        if let failure { throw failure }
        guard let index = all.firstIndex(where: { $0.sequence == record.sequence }) else {
            throw JournalError(.notFound, "no record \(record.sequence)")
        }
        all[index] = record
    }

    /// The record of this name.
    public func record(id: String) async throws(JournalError) -> TransactionRecord? { all.first { $0.id == id } }

    /// The newest record of a client's request.
    public func record(requestID: String, client: String) async throws(JournalError) -> TransactionRecord? {
        all.last { $0.requestID == requestID && $0.client == client }
    }

    /// Records between the filter's sequence numbers with one of its outcomes; other conditions are not looked at.
    public func records(_ filter: TransactionFilter) async throws(JournalError) -> [TransactionRecord] {
        let passing = all.filter {
            $0.sequence > filter.afterSequence && $0.sequence < filter.beforeSequence ?? .max
                && (filter.outcomes.isEmpty || filter.outcomes.contains($0.outcome))
        }
        return Array((filter.isNewestFirst ? passing.reversed() : passing).prefix(filter.limit))
    }

    /// Records without a known outcome.
    public func inDoubt() async throws(JournalError) -> [TransactionRecord] {
        all.filter { $0.outcome == .pending || $0.outcome == .unknown }
    }

    /// Applied records that wait for a confirmation.
    public func unconfirmed() async throws(JournalError) -> [TransactionRecord] {
        all.filter { $0.outcome == .applied && $0.confirmByMicroseconds != nil }
    }

    /// Replays all applied records up to this one.
    public func networks(after id: String?) async throws(JournalError) -> Set<Network> {
        var networks: Set<Network> = []
        for record in all {
            if record.outcome == .applied { networks.apply(record.edits.map(\.edit)) }
            if record.id == id { return networks }
        }
        guard id == nil else { throw JournalError(.notFound, "no transaction \(id ?? "")") }
        return networks
    }

    /// The last applied record and the last sequence number.
    public func head() async throws(JournalError) -> (id: String?, sequence: Int64) {
        (all.last { $0.outcome == .applied }?.id, all.last?.sequence ?? 0)
    }
}
