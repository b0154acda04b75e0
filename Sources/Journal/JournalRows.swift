internal import Foundation
internal import GRDB
internal import NetworkTypes
internal import Northbound

/// Records as rows, and back. Every decoder throws `JournalDamage` for a value that this release never writes:
/// SQLite has no checksum over its pages, so a value out of range is damage.
enum JournalRows {
    /// The columns of `transactions`, in the order in which records are read.
    private static let columns = """
        sequence, id, parent, kind, request_id, client, capabilities, started_us, phases_us, duration_us, outcome, \
        error, confirm_by_us
        """

    // MARK: - Writing

    /// Inserts a record with its edits and causes, and returns its sequence number.
    static func insert(_ record: TransactionRecord, _ db: Database) throws -> Int64 {
        try db.cachedStatement(
            sql: """
                INSERT INTO transactions (id, parent, kind, request_id, client, capabilities, started_us, phases_us,
                    duration_us, outcome, error, confirm_by_us)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            record.id, record.parent, record.kind.rawValue, record.requestID, record.client,
            record.capabilities.map(json), record.startedAtMicroseconds, json(record.phaseMicroseconds),
            record.durationMicroseconds, record.outcome.rawValue, record.error, record.confirmByMicroseconds,
        ])
        let sequence = db.lastInsertedRowID
        let edit = try db.cachedStatement(
            sql: """
                INSERT INTO edits (sequence, position, family, address, length, prefix, before, after)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for (position, entry) in record.edits.enumerated() {
            let prefix = entry.prefix
            try edit.execute(arguments: [
                sequence, position, familyNumber(prefix.family), addressBytes(prefix.address), prefix.length,
                prefix.description, entry.before?.rawValue, entry.after?.rawValue,
            ])
        }
        let cause = try db.cachedStatement(
            sql: "INSERT INTO causes (sequence, position, text, service) VALUES (?, ?, ?, ?)")
        for (position, text) in record.cause.enumerated() {
            try cause.execute(arguments: [sequence, position, text, ServiceName.inCause(text)])
        }
        return sequence
    }

    /// Writes the result columns of a record.
    static func update(_ record: TransactionRecord, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE transactions
                SET parent = ?, outcome = ?, error = ?, phases_us = ?, duration_us = ?, confirm_by_us = ?
                WHERE sequence = ?
                """
        ).execute(arguments: [
            record.parent, record.outcome.rawValue, record.error, json(record.phaseMicroseconds),
            record.durationMicroseconds, record.confirmByMicroseconds, record.sequence,
        ])
    }

    // MARK: - Reading

    /// Reads records with edits and causes, in the order of the query: `SELECT columns FROM transactions` + `tail`.
    static func records(_ db: Database, _ tail: String, arguments: StatementArguments = []) throws
        -> [TransactionRecord]
    {
        var records = try Row.fetchAll(db, sql: "SELECT \(columns) FROM transactions \(tail)", arguments: arguments)
            .map { try record($0) }
        var indices: [Int64: Int] = [:]
        for (index, record) in records.enumerated() { indices[record.sequence] = index }
        // A list of a bounded length: one query for many records, without one for each.
        for start in stride(from: 0, to: records.count, by: 500) {
            let list = records[start..<min(start + 500, records.count)].map { String($0.sequence) }
                .joined(separator: ",")
            let edits = try Row.fetchCursor(
                db,
                sql: """
                    SELECT family, address, length, before, after, sequence FROM edits
                    WHERE sequence IN (\(list)) ORDER BY sequence, position
                    """)
            while let row = try edits.next() {
                guard let index = indices[try value(row, 5)] else { continue }
                records[index].edits.append(
                    RecordedEdit(
                        prefix: try prefix(row), before: try attributeClass(row, 3), after: try attributeClass(row, 4)))
            }
            let causes = try Row.fetchCursor(
                db,
                sql: "SELECT sequence, text FROM causes WHERE sequence IN (\(list)) ORDER BY sequence, position")
            while let row = try causes.next() {
                guard let index = indices[try value(row, 0)] else { continue }
                records[index].cause.append(try value(row, 1))
            }
        }
        return records
    }

    /// The prefix in the columns family, address and length, which are the first three of the row.
    static func prefix(_ row: Row) throws -> IPPrefix {
        let number: Int = try value(row, 0)
        let bytes: Data = try value(row, 1)
        let length: Int = try value(row, 2)
        let family: AddressFamily
        switch number {
        case 4: family = .ipv4
        case 6: family = .ipv6
        default: throw JournalDamage("address family \(number)")
        }
        guard bytes.count * 8 == family.bitWidth, (0...family.bitWidth).contains(length) else {
            throw JournalDamage("an \(family) prefix of \(bytes.count) bytes and length \(length)")
        }
        let bits = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        let address = IPAddress(family: family, bits: bits)
        let prefix = IPPrefix(network: address, length: length)
        guard prefix.address == address else {
            throw JournalDamage("\(address)/\(length) has host bits set")
        }
        return prefix
    }

    /// A class that is stored as text; nil for NULL.
    static func attributeClass(_ row: Row, _ column: Int) throws -> AttributeClass? {
        try optional(row, column).map(known)
    }

    /// A column that is never NULL. GRDB's own subscript traps on NULL and on another type, which a damaged page may
    /// hold; this throws.
    static func value<Value: DatabaseValueConvertible>(_ row: Row, _ column: Int) throws -> Value {
        guard let value: Value = try optional(row, column) else {
            throw JournalDamage("column \(column) is NULL where it cannot be")
        }
        return value
    }

    /// A column that may be NULL.
    static func optional<Value: DatabaseValueConvertible>(_ row: Row, _ column: Int) throws -> Value? {
        guard column < row.count else { throw JournalDamage("column \(column) is missing") }
        let stored: DatabaseValue = row[column]
        guard !stored.isNull else { return nil }
        guard let value = Value.fromDatabaseValue(stored) else {
            throw JournalDamage("column \(column) does not hold \(Value.self)")
        }
        return value
    }

    /// 4 or 6, the column `family`.
    static func familyNumber(_ family: AddressFamily) -> Int { family == .ipv4 ? 4 : 6 }

    /// The column `address`: network byte order, 4 or 16 bytes.
    static func addressBytes(_ address: IPAddress) -> Data {
        let width = address.family.bitWidth
        return Data(stride(from: width - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: address.bits >> $0) })
    }

    // MARK: - Pieces

    private static func record(_ row: Row) throws -> TransactionRecord {
        let capabilities: String? = try optional(row, 6)
        return TransactionRecord(
            sequence: try value(row, 0), id: try value(row, 1), parent: try optional(row, 2),
            kind: try known(value(row, 3)), requestID: try value(row, 4), client: try value(row, 5), cause: [],
            edits: [], capabilities: try capabilities.map { try decode(ManagementCapabilities.self, $0) },
            startedAtMicroseconds: try value(row, 7),
            phaseMicroseconds: try decode([CommitPhase: Int64].self, value(row, 8)),
            durationMicroseconds: try value(row, 9), outcome: try known(value(row, 10)), error: try optional(row, 11),
            confirmByMicroseconds: try optional(row, 12))
    }

    private static func known<Value: RawRepresentable<String>>(_ text: String) throws -> Value {
        guard let value = Value(rawValue: text) else {
            throw JournalDamage("\"\(text.prefix(40))\" is no \(Value.self)")
        }
        return value
    }

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, integers and booleans always encode.
        guard let data = try? encoder.encode(value) else { preconditionFailure("\(type(of: value)) has no JSON") }
        return String(decoding: data, as: UTF8.self)
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        do { return try JSONDecoder().decode(type, from: Data(text.utf8)) } catch {
            throw JournalDamage("\"\(text.prefix(40))\" is no \(type)")
        }
    }
}

/// A stored value that no release of this schema writes. Becomes a `JournalError` of code `corrupt`.
struct JournalDamage: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
