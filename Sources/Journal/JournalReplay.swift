internal import GRDB
internal import NetworkTypes
internal import Northbound

/// The networks that the journal says are announced, from a checkpoint and the applied records behind it.
///
/// A checkpoint at N holds the networks after record N. It is written only when no record up to N is in doubt, and
/// dropped when a record up to N gets another outcome, so that a replay from a checkpoint and a replay from the first
/// record always agree. Pruning keeps one at its boundary, in the same SQLite transaction that removes the records.
enum JournalReplay {
    /// The networks after record `sequence`.
    static func networks(through sequence: Int64, _ db: Database) throws -> [IPPrefix: AttributeClass] {
        let base = try lastCheckpoint(through: sequence, db)
        var networks: [IPPrefix: AttributeClass] = [:]
        if let base {
            let rows = try Row.fetchCursor(
                db, sql: "SELECT family, address, length, class FROM checkpoint_networks WHERE sequence = ?",
                arguments: [base])
            while let row = try rows.next() {
                networks[try JournalRows.prefix(row)] = try JournalRows.attributeClass(row, 3)
            }
        }
        let edits = try Row.fetchCursor(
            db,
            sql: """
                SELECT e.family, e.address, e.length, e.after FROM transactions t CROSS JOIN edits e USING (sequence)
                WHERE t.sequence > ? AND t.sequence <= ? AND t.outcome = 'applied' ORDER BY t.sequence, e.position
                """, arguments: [base ?? 0, sequence])
        while let row = try edits.next() {
            networks[try JournalRows.prefix(row)] = try JournalRows.attributeClass(row, 3)
        }
        return networks
    }

    /// The newest checkpoint up to a record.
    static func lastCheckpoint(through sequence: Int64, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM checkpoints WHERE sequence <= ?", arguments: [sequence])
    }

    /// Writes a checkpoint at the last record before which nothing is in doubt, when that is far enough behind the last
    /// one. True when it wrote one.
    static func writeCheckpointIfDue(recordsPerCheckpoint: Int, editsPerCheckpoint: Int, _ db: Database) throws -> Bool
    {
        let settled = try JournalQueries.firstInDoubt(db).map { $0 - 1 } ?? JournalQueries.lastSequence(db)
        let base = try lastCheckpoint(through: .max, db) ?? 0
        guard settled > base else { return false }
        if settled - base < Int64(max(1, recordsPerCheckpoint)) {
            let edits =
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM edits WHERE sequence > ? AND sequence <= ?",
                    arguments: [base, settled]) ?? 0
            guard edits >= editsPerCheckpoint else { return false }
        }
        try writeCheckpoint(at: settled, db)
        return true
    }

    /// Drops checkpoints that hold what a record no longer says.
    static func dropCheckpoints(from sequence: Int64, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM checkpoint_networks WHERE sequence >= ?", arguments: [sequence])
        try db.execute(sql: "DELETE FROM checkpoints WHERE sequence >= ?", arguments: [sequence])
    }

    /// Removes the oldest records that retention no longer covers: at most `chunk` records, or the records of about
    /// 20,000 edits, so that one call holds the writer for milliseconds. Returns how many records went, 0 when done.
    ///
    /// Records in doubt or unconfirmed, all behind them, and the newest applied one stay whatever their age.
    static func prune(_ retention: RetentionPolicy, nowMicroseconds: Int64, chunk: Int64, _ db: Database) throws -> Int
    {
        guard let first = try Int64.fetchOne(db, sql: "SELECT min(sequence) FROM transactions") else { return 0 }
        let last = try JournalQueries.lastSequence(db)
        var end = last - Int64(max(1, retention.maximumCount))
        if let age = retention.maximumAge {
            let youngest = nowMicroseconds - age.microseconds
            let firstYoung = try Int64.fetchOne(
                db, sql: "SELECT sequence FROM transactions WHERE started_us >= ? ORDER BY sequence LIMIT 1",
                arguments: [youngest])
            end = max(end, (firstYoung ?? last + 1) - 1)
        }
        for kept in [
            try JournalQueries.firstInDoubt(db), try JournalQueries.firstUnconfirmed(db),
            try JournalQueries.lastApplied(db)?.sequence ?? last,
        ] { end = min(end, (kept ?? .max) - 1) }
        end = min(end, first + chunk - 1)
        if let wide = try Int64.fetchOne(
            db, sql: "SELECT sequence FROM edits WHERE sequence >= ? ORDER BY sequence LIMIT 1 OFFSET 20000",
            arguments: [first])
        {
            end = min(end, max(wide, first))
        }
        guard end >= first else { return 0 }
        if try lastCheckpoint(through: end, db) != end { try writeCheckpoint(at: end, db) }
        for table in ["checkpoints", "checkpoint_networks"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE sequence < ?", arguments: [end])
        }
        for table in ["edits", "causes", "transactions"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE sequence <= ?", arguments: [end])
        }
        return Int(end - first + 1)
    }

    private static func writeCheckpoint(at sequence: Int64, _ db: Database) throws {
        let networks = try networks(through: sequence, db)
        try db.execute(sql: "INSERT INTO checkpoints (sequence) VALUES (?)", arguments: [sequence])
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO checkpoint_networks (sequence, family, address, length, class) VALUES (?, ?, ?, ?, ?)
                """)
        for (prefix, attributeClass) in networks.sorted(by: { $0.key < $1.key }) {
            try insert.execute(arguments: [
                sequence, JournalRows.familyNumber(prefix.family), JournalRows.addressBytes(prefix.address),
                prefix.length, attributeClass.rawValue,
            ])
        }
    }
}
