internal import Foundation
internal import GRDB
internal import NetworkTypes
internal import Northbound

/// What the journal is asked, as SQL.
enum JournalQueries {
    private static let inDoubtOutcomes = "outcome IN ('pending', 'unknown')"

    /// Records that pass a filter.
    static func records(_ filter: TransactionFilter, _ db: Database) throws -> [TransactionRecord] {
        var conditions = ["sequence > ?"]
        var arguments: StatementArguments = [filter.afterSequence]
        if let before = filter.beforeSequence {
            conditions.append("sequence < ?")
            arguments += [before]
        }
        if let since = filter.sinceMicroseconds {
            conditions.append("started_us >= ?")
            arguments += [since]
        }
        if let until = filter.untilMicroseconds {
            conditions.append("started_us < ?")
            arguments += [until]
        }
        if !filter.outcomes.isEmpty {
            // Raw values of our own enumeration: no text from outside.
            let list = filter.outcomes.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
            conditions.append("outcome IN (\(list))")
        }
        if let within = filter.within {
            conditions.append(
                """
                sequence IN (
                    SELECT sequence FROM edits WHERE family = ? AND address BETWEEN ? AND ? AND length >= ?)
                """)
            arguments += [
                JournalRows.familyNumber(within.family), JournalRows.addressBytes(within.address),
                JournalRows.addressBytes(lastAddress(of: within)), within.length,
            ]
        }
        if let service = filter.service {
            conditions.append("sequence IN (SELECT sequence FROM causes WHERE service = ?)")
            arguments += [service]
        }
        arguments += [max(0, filter.limit)]
        return try JournalRows.records(
            db,
            """
            WHERE \(conditions.joined(separator: " AND "))
            ORDER BY sequence \(filter.isNewestFirst ? "DESC" : "ASC") LIMIT ?
            """,
            arguments: arguments)
    }

    /// The record of this name.
    static func record(id: String, _ db: Database) throws -> TransactionRecord? {
        try JournalRows.records(db, "WHERE id = ?", arguments: [id]).first
    }

    /// The newest record of a client's request. An empty request id names none.
    static func record(requestID: String, client: String, _ db: Database) throws -> TransactionRecord? {
        guard !requestID.isEmpty else { return nil }
        return try JournalRows.records(
            db, "WHERE client = ? AND request_id = ? AND request_id <> '' ORDER BY sequence DESC LIMIT 1",
            arguments: [client, requestID]
        ).first
    }

    /// Records without a known result.
    static func inDoubt(_ db: Database) throws -> [TransactionRecord] {
        try JournalRows.records(db, "WHERE \(inDoubtOutcomes) ORDER BY sequence")
    }

    /// Applied records that wait for a ConfirmCommit.
    static func unconfirmed(_ db: Database) throws -> [TransactionRecord] {
        try JournalRows.records(
            db, "WHERE confirm_by_us IS NOT NULL AND outcome = 'applied' ORDER BY sequence")
    }

    /// Throws `unusable` when the name of a record is taken, or its request id by one that was not rejected.
    static func refuseDuplicate(of record: TransactionRecord, path: String, _ db: Database) throws {
        if let sequence = try sequence(id: record.id, db) {
            throw JournalError(.unusable, "journal \(path): transaction \(record.id) is there already (\(sequence))")
        }
        guard !record.requestID.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: """
                SELECT id FROM transactions
                WHERE client = ? AND request_id = ? AND request_id <> '' AND outcome <> 'rejected'
                """)
        if let other = try String.fetchOne(statement, arguments: [record.client, record.requestID]) {
            throw JournalError(
                .unusable,
                "journal \(path): client \(record.client) has used request id \(record.requestID) already, in "
                    + "transaction \(other)")
        }
    }

    /// The position of a record; nil when there is no such record.
    static func sequence(id: String, _ db: Database) throws -> Int64? {
        let statement = try db.cachedStatement(sql: "SELECT sequence FROM transactions WHERE id = ?")
        return try Int64.fetchOne(statement, arguments: [id])
    }

    /// Passes when the state after this record can be told: the record is kept, or is the one before the first kept.
    static func checkReplayable(_ sequence: Int64, path: String, _ db: Database) throws {
        let last = try lastSequence(db)
        let first = try firstSequence(db) ?? last + 1
        guard sequence >= first - 1 else {
            throw JournalError(
                .notFound, "journal \(path): record \(sequence) was pruned; the first that is kept is \(first)")
        }
        guard sequence <= last else {
            throw JournalError(.notFound, "journal \(path): there is no record \(sequence); the last one is \(last)")
        }
    }

    /// The first record that is kept.
    static func firstSequence(_ db: Database) throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT min(sequence) FROM transactions")
    }

    /// The outcome of one record; nil when there is no such record.
    static func outcome(sequence: Int64, id: String, _ db: Database) throws -> String? {
        let statement = try db.cachedStatement(sql: "SELECT outcome FROM transactions WHERE sequence = ? AND id = ?")
        return try String.fetchOne(statement, arguments: [sequence, id])
    }

    /// The first record without a known result.
    static func firstInDoubt(_ db: Database) throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT min(sequence) FROM transactions WHERE \(inDoubtOutcomes)")
    }

    /// The first applied record that waits for a ConfirmCommit.
    static func firstUnconfirmed(_ db: Database) throws -> Int64? {
        try Int64.fetchOne(
            db, sql: "SELECT min(sequence) FROM transactions WHERE confirm_by_us IS NOT NULL AND outcome = 'applied'")
    }

    /// The newest applied record.
    static func lastApplied(_ db: Database) throws -> (id: String, sequence: Int64)? {
        let row = try Row.fetchOne(
            db, sql: "SELECT id, sequence FROM transactions WHERE outcome = 'applied' ORDER BY sequence DESC LIMIT 1")
        return try row.map { (try JournalRows.value($0, 0), try JournalRows.value($0, 1)) }
    }

    /// The last sequence number that was given out, also when its record has been pruned.
    static func lastSequence(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'transactions'") ?? 0
    }

    private static func lastAddress(of prefix: IPPrefix) -> IPAddress {
        let hostBits = prefix.family.bitWidth - prefix.length
        let hosts: UInt128 = hostBits == 128 ? .max : (1 << UInt128(hostBits)) - 1
        return IPAddress(family: prefix.family, bits: prefix.address.bits | hosts)
    }
}
