public import Logging
public import Northbound
internal import Synchronization

/// The transaction log in an SQLite file (WAL, `synchronous=FULL`).
///
/// Every `begin` and `finish` is one SQLite transaction that has reached the disk when the call returns. Calls never
/// block the caller's thread, and a cancelled task does not stop a write that was asked for. One process owns the file.
///
/// When the file fails:
/// - `full`, `readOnly`, `inputOutput`: the call throws and has changed nothing; the next call tries again, with a newly
///   opened file where that can help. Nothing has to be done to heal the journal; records of the time in between are
///   missing, which a record of kind `observed` mends.
/// - `corrupt`, at opening or at any later call: the call throws, the file has been set aside as
///   `<file>.corrupt-<UTC time>` and a fresh journal is open; `startedFresh` says so. Sequence numbers go on where the
///   damaged file can still be asked, and where it was damaged while in use.
/// - `unusable`: a newer schema, another program's database, a duplicate name or request id: no retry helps.
public final class SQLiteJournal: TransactionJournal {
    private struct Counters {
        var records = 0
        var edits = 0
        var begun = 0
    }

    /// Pruning is looked at once in so many records.
    private static let recordsPerPruning = 256
    /// Records that one SQLite transaction prunes at most.
    private static let pruningChunk: Int64 = 250

    let store: JournalStore
    private let counters = Mutex(Counters())

    private init(store: JournalStore) { self.store = store }

    /// Opens the journal at `path`, making folder (0750) and file (0640) when they are missing.
    ///
    /// A damaged file is set aside and a fresh one begun. All pages are read and checked, which took 0.1 s for 60,000
    /// records of one edit from the page cache.
    ///
    /// - Throws: `unusable` for a newer schema, another program's database or a path that is not a file; `full`,
    ///   `readOnly` and `inputOutput` unless `configuration.opensWhenUnavailable`.
    public static func open(
        at path: String, configuration: JournalConfiguration = JournalConfiguration(), logger: Logger
    ) async throws(JournalError) -> SQLiteJournal {
        let store = JournalStore(file: JournalFile(path: path), configuration: configuration, logger: logger)
        do throws(JournalError) {
            try await store.onWriter { () throws(JournalError) in try store.openNow() }
        } catch  where configuration.opensWhenUnavailable && error.isEnvironmental {
            logger.error("journal cannot be opened yet", metadata: ["path": "\(path)", "error": "\(error)"])
        }
        let journal = SQLiteJournal(store: store)
        journal.maintainLater()
        return journal
    }

    /// Why the journal holds no record, or nil as soon as it holds one: while it is set, the owner should begin a record
    /// of kind `observed` before any other.
    public var startedFresh: FreshStart? { store.startedFresh }

    /// True while the file holds no record; false when it cannot be opened. Finds a file that was removed.
    public var isEmpty: Bool {
        get async {
            do throws(JournalError) {
                return try await store.onWriter { [store] () throws(JournalError) in
                    try store.openNow()
                    return store.startedFresh != nil
                }
            } catch {
                return false
            }
        }
    }

    /// Writes an intent. Throws `unusable` when the name, or the client's request id with a record that was not rejected,
    /// is already in the journal.
    @discardableResult
    public func begin(_ record: TransactionRecord) async throws(JournalError) -> TransactionRecord {
        try await begin([record])[0]
    }

    /// Writes several intents in one SQLite transaction, so that they cost one fsync. Throws as for one.
    public func begin(_ records: [TransactionRecord]) async throws(JournalError) -> [TransactionRecord] {
        guard let first = records.first else { return [] }
        let begun = try await store.onWriter { [store] () throws(JournalError) in
            let begun = try store.write("begin \(first.id)") { db in
                try records.map { record in
                    try JournalQueries.refuseDuplicate(of: record, path: store.file.path, db)
                    var begun = record
                    begun.sequence = try JournalRows.insert(record, db)
                    return begun
                }
            }
            if let last = begun.last { store.noteRecord(last.sequence) }
            return begun
        }
        noteWrite(of: begun)
        return begun
    }

    /// Writes the result of a record that was begun. Throws `notFound` when the journal does not hold it, for instance
    /// because a damaged file was set aside in between.
    public func finish(_ record: TransactionRecord) async throws(JournalError) { try await finish([record]) }

    /// Writes several results in one SQLite transaction. Throws as for one; then none is written.
    public func finish(_ records: [TransactionRecord]) async throws(JournalError) {
        guard let first = records.first else { return }
        try await store.onWriter { [store] () throws(JournalError) in
            try store.write("finish \(first.id)") { db in
                for record in records {
                    guard let outcome = try JournalQueries.outcome(sequence: record.sequence, id: record.id, db) else {
                        throw JournalError.notFound("\(record.sequence) \(record.id)", path: store.file.path)
                    }
                    if outcome != record.outcome.rawValue {
                        try JournalReplay.dropCheckpoints(from: record.sequence, db)
                    }
                    try JournalRows.update(record, db)
                }
            }
        }
    }

    /// The record of this name, nil when there is none.
    public func record(id: String) async throws(JournalError) -> TransactionRecord? {
        try await store.onReader { [store] () throws(JournalError) in
            try store.read("record") { db in try JournalQueries.record(id: id, db) }
        }
    }

    /// The newest record of a client's request, nil when there is none, when it was pruned, or for an empty request id.
    public func record(requestID: String, client: String) async throws(JournalError) -> TransactionRecord? {
        try await store.onReader { [store] () throws(JournalError) in
            try store.read("record") { db in try JournalQueries.record(requestID: requestID, client: client, db) }
        }
    }

    /// Records that pass a filter, in sequence order unless it says otherwise.
    public func records(_ filter: TransactionFilter) async throws(JournalError) -> [TransactionRecord] {
        try await store.onReader { [store] () throws(JournalError) in
            try store.read("list") { db in try JournalQueries.records(filter, db) }
        }
    }

    /// Records whose outcome is `pending` or `unknown`, in sequence order.
    public func inDoubt() async throws(JournalError) -> [TransactionRecord] {
        try await store.onReader { [store] () throws(JournalError) in
            try store.read("in doubt") { db in try JournalQueries.inDoubt(db) }
        }
    }

    /// Applied records that wait for a ConfirmCommit, in sequence order.
    public func unconfirmed() async throws(JournalError) -> [TransactionRecord] {
        try await store.onReader { [store] () throws(JournalError) in
            try store.read("unconfirmed") { db in try JournalQueries.unconfirmed(db) }
        }
    }

    /// The networks after a transaction; nil: after the last one. The records up to the transaction are replayed in
    /// order of sequence, those with outcome `applied` only, with the outcome they have now.
    public func networks(after id: String?) async throws(JournalError) -> Set<Network> {
        try await store.onReader { [store] () throws(JournalError) in
            try store.read("networks") { db in
                var through = Int64.max
                if let id {
                    guard let sequence = try JournalQueries.sequence(id: id, db) else {
                        throw JournalError.notFound(id, path: store.file.path)
                    }
                    through = sequence
                }
                return Network.set(try JournalReplay.networks(through: through, db))
            }
        }
    }

    /// The networks after a record; 0: before the first. The record just before the first one that is kept counts too,
    /// so that an export can begin with what was there before it.
    public func networks(afterSequence sequence: Int64) async throws(JournalError) -> Set<Network> {
        try await store.onReader { [store] () throws(JournalError) in
            try store.read("networks") { db in
                try JournalQueries.checkReplayable(sequence, path: store.file.path, db)
                return Network.set(try JournalReplay.networks(through: sequence, db))
            }
        }
    }

    /// The name of the last applied transaction, and the last sequence number; nil and 0 for an empty journal. The
    /// number is not 0 for a journal that was begun after a damaged one.
    public func head() async throws(JournalError) -> (id: String?, sequence: Int64) {
        try await store.onReader { [store] () throws(JournalError) in
            try store.read("head") { db in
                (try JournalQueries.lastApplied(db)?.id, try JournalQueries.lastSequence(db))
            }
        }
    }

    /// The state before the first record that is kept: what an export begins with, so that it can be replayed alone.
    public func base() async throws(JournalError) -> JournalBase {
        try await store.onReader { [store] () throws(JournalError) in
            try store.read("base") { db in
                let sequence = try JournalQueries.firstSequence(db).map { $0 - 1 } ?? JournalQueries.lastSequence(db)
                return JournalBase(
                    sequence: sequence, networks: Network.set(try JournalReplay.networks(through: sequence, db)))
            }
        }
    }

    /// Removes all records that retention no longer covers, and returns how many. Done by itself at opening and once in
    /// 256 records; the commit service calls it every hour besides, for nodes where few transactions happen.
    ///
    /// Never pruned are records in doubt or unconfirmed and all behind them, and the newest applied record. The networks
    /// at the boundary are kept, so that later replays stay exact. A request id is forgotten with its record. The file
    /// does not shrink: its free pages are used again.
    @discardableResult
    public func prune() async throws(JournalError) -> Int {
        var total = 0
        while true {
            let count = try await store.onWriter { [store] () throws(JournalError) in try Self.pruneChunk(store) }
            guard count > 0 else { return total }
            total += count
        }
    }

    /// Waits for what was asked for and closes the file. Calls after this throw `unusable`.
    public func close() async {
        do throws(JournalError) {
            try await store.onWriter { [store] () throws(JournalError) in store.close() }
        } catch {
            preconditionFailure("closing throws nothing")
        }
    }

    // MARK: - Upkeep

    private func noteWrite(of records: [TransactionRecord]) {
        let isDue = counters.withLock { counters in
            counters.records += records.count
            counters.begun += records.count
            counters.edits += records.reduce(0) { $0 + $1.edits.count }
            let configuration = store.configuration
            let isCheckpointDue =
                counters.records >= configuration.recordsPerCheckpoint
                || counters.edits >= configuration.editsPerCheckpoint
            let isPruningDue = counters.begun >= Self.recordsPerPruning
            if isPruningDue { counters.begun = 0 }
            return isCheckpointDue || isPruningDue
        }
        if isDue { maintainLater() }
    }

    /// Behind the calls that wait already: a checkpoint when one is due, then one chunk of pruning, and so on.
    private func maintainLater() {
        store.later { [weak self] in self?.maintain() }
    }

    private func maintain() {
        do throws(JournalError) {
            let configuration = store.configuration
            let wrote = try store.write("checkpoint") { db in
                try JournalReplay.writeCheckpointIfDue(
                    recordsPerCheckpoint: configuration.recordsPerCheckpoint,
                    editsPerCheckpoint: configuration.editsPerCheckpoint, db)
            }
            if wrote { counters.withLock { ($0.records, $0.edits) = (0, 0) } }
            if try Self.pruneChunk(store) > 0 { maintainLater() }
        } catch {
            store.logger.warning("journal upkeep failed, tried again later", metadata: ["error": "\(error)"])
        }
    }

    private static func pruneChunk(_ store: JournalStore) throws(JournalError) -> Int {
        let configuration = store.configuration
        return try store.write("prune") { db in
            try JournalReplay.prune(
                configuration.retention, nowMicroseconds: configuration.now(), chunk: pruningChunk, db)
        }
    }
}

extension JournalError {
    static func notFound(_ name: String, path: String) -> JournalError {
        JournalError(.notFound, "journal \(path): there is no transaction \(name), or it was pruned")
    }
}
