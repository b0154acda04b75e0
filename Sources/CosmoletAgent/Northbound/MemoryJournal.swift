internal import NetworkTypes
package import Northbound

/// A journal that ends with the process: for `journal: off`. Keeps the last records only, and the networks before them.
///
/// Rollback, confirm timeouts, request ids and the commit log's catching up work as far back as it reaches.
package actor MemoryJournal: TransactionJournal {
    private let limit: Int
    /// In sequence order.
    private var kept: [TransactionRecord] = []
    /// What was announced before the first kept record.
    private var base: Set<Network> = []
    private var parent: String?
    private var lastSequence: Int64 = 0

    /// Makes an empty journal of so many records.
    package init(limit: Int = 1000) { self.limit = limit }

    /// Appends a record, and forgets the oldest when there are too many and it is settled.
    package func begin(_ record: TransactionRecord) async throws(JournalError) -> TransactionRecord {
        let isDuplicate = kept.contains {
            $0.id == record.id
                || (!record.requestID.isEmpty && $0.requestID == record.requestID && $0.client == record.client
                    && $0.outcome != .rejected)
        }
        guard !isDuplicate else { throw JournalError(.unusable, "transaction \(record.id) exists already") }
        lastSequence += 1
        var begun = record
        begun.sequence = lastSequence
        kept.append(begun)
        while kept.count > limit, kept[0].isSettled { forgetFirst() }
        return begun
    }

    /// Replaces a record that was begun.
    package func finish(_ record: TransactionRecord) async throws(JournalError) {
        guard let index = kept.firstIndex(where: { $0.sequence == record.sequence && $0.id == record.id }) else {
            throw Self.notFound(record.id)
        }
        kept[index] = record
    }

    /// The record of this name.
    package func record(id: String) async throws(JournalError) -> TransactionRecord? { kept.first { $0.id == id } }

    /// The newest record of a client's request; an empty request id names none.
    package func record(requestID: String, client: String) async throws(JournalError) -> TransactionRecord? {
        requestID.isEmpty ? nil : kept.last { $0.requestID == requestID && $0.client == client }
    }

    /// Kept records that pass a filter.
    package func records(_ filter: TransactionFilter) async throws(JournalError) -> [TransactionRecord] {
        let passing = kept.lazy.filter { $0.passes(filter) }
        let limit = max(0, filter.limit)
        return filter.isNewestFirst ? Array(passing.reversed().prefix(limit)) : Array(passing.prefix(limit))
    }

    /// Records without a known outcome.
    package func inDoubt() async throws(JournalError) -> [TransactionRecord] {
        kept.filter { $0.outcome == .pending || $0.outcome == .unknown }
    }

    /// Applied records that wait for a confirmation.
    package func unconfirmed() async throws(JournalError) -> [TransactionRecord] {
        kept.filter { $0.outcome == .applied && $0.confirmByMicroseconds != nil }
    }

    /// The networks after a kept record, or after the last one.
    package func networks(after id: String?) async throws(JournalError) -> Set<Network> {
        var networks = base
        for record in kept {
            if record.outcome == .applied { networks.apply(record.edits.map(\.edit)) }
            if record.id == id { return networks }
        }
        guard id == nil else { throw Self.notFound(id ?? "") }
        return networks
    }

    /// The networks after a kept record, or before the first one.
    package func networks(afterSequence sequence: Int64) async throws(JournalError) -> Set<Network> {
        let first = kept.first?.sequence ?? lastSequence + 1
        guard (first - 1...lastSequence).contains(sequence) else { throw Self.notFound("\(sequence)") }
        guard sequence >= first else { return base }
        return try await networks(after: kept[Int(sequence - first)].id)
    }

    /// The last applied record and the last sequence number.
    package func head() async throws(JournalError) -> (id: String?, sequence: Int64) {
        (kept.last { $0.outcome == .applied }?.id ?? parent, lastSequence)
    }

    private func forgetFirst() {
        let record = kept.removeFirst()
        guard record.outcome == .applied else { return }
        base.apply(record.edits.map(\.edit))
        parent = record.id
    }

    private static func notFound(_ id: String) -> JournalError {
        JournalError(.notFound, "there is no transaction \(id), or it was forgotten: the journal is in memory only")
    }
}

extension TransactionRecord {
    /// Nothing can change about it any more.
    fileprivate var isSettled: Bool {
        outcome == .rejected || (outcome == .applied && confirmByMicroseconds == nil)
    }

    fileprivate func passes(_ filter: TransactionFilter) -> Bool {
        sequence > filter.afterSequence && sequence < filter.beforeSequence ?? .max
            && filter.sinceMicroseconds.map { startedAtMicroseconds >= $0 } ?? true
            && filter.untilMicroseconds.map { startedAtMicroseconds < $0 } ?? true
            && (filter.outcomes.isEmpty || filter.outcomes.contains(outcome))
            && filter.within.map { range in edits.contains { range.contains($0.prefix) } } ?? true
            && filter.service.map { name in cause.contains { $0.hasPrefix("\(name):") } } ?? true
    }
}
