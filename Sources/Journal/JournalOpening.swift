internal import Foundation
internal import GRDB
internal import Northbound

/// Opens one journal file: checks, settings, migrations. Throws what GRDB throws, or `JournalError`.
enum JournalOpening {
    /// An open journal file.
    struct Opened {
        let pool: DatabasePool
        let isEmpty: Bool
        let lastSequence: Int64
    }

    /// Opens or makes the file.
    ///
    /// - Parameter lastSequence: the first record of an empty journal gets the next number, so that followers of a
    ///   journal that was damaged see no number twice.
    static func open(
        _ file: JournalFile, configuration: JournalConfiguration, lastSequence: Int64
    ) throws -> Opened {
        try file.prepare()
        guard !file.hasLostItsDatabase() else {
            throw JournalError(.corrupt, "journal \(file.path): is empty, but its write-ahead log is not")
        }
        try peek(file.path)
        let pool = try DatabasePool(path: file.path, configuration: settings(configuration))
        try pool.writeWithoutTransaction { db in
            // GRDB sets NORMAL, which may lose the last commits in a power cut; the intent must not be lost.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            let finding = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
            guard finding == "ok" else {
                throw JournalError(.corrupt, "journal \(file.path): quick_check: \(finding ?? "no answer")")
            }
            try JournalSchema.check(db, path: file.path)
        }
        try JournalSchema.migrator.migrate(pool)
        return try pool.write { db in
            // SQLite opens a file that it may not write as read-only and says so at the first write: this one.
            try db.execute(sql: "PRAGMA user_version = \(JournalSchema.version)")
            let isEmpty = try Int64.fetchOne(db, sql: "SELECT sequence FROM transactions LIMIT 1") == nil
            var last = try JournalQueries.lastSequence(db)
            if isEmpty, last < lastSequence {
                try db.execute(sql: "DELETE FROM sqlite_sequence WHERE name = 'transactions'")
                try db.execute(
                    sql: "INSERT INTO sqlite_sequence (name, seq) VALUES ('transactions', ?)",
                    arguments: [lastSequence])
                last = lastSequence
            }
            return Opened(pool: pool, isEmpty: isEmpty, lastSequence: last)
        }
    }

    /// The last sequence number of a damaged file, as far as it can be read; else 0.
    static func salvageSequence(_ path: String) -> Int64 {
        var settings = Configuration()
        settings.readonly = true
        // SQLite deletes the log of an empty database; it is kept for whoever looks into what happened.
        guard JournalFile(path: path).isNotEmpty(),
            let queue = try? DatabaseQueue(path: path, configuration: settings)
        else { return 0 }
        let found = try? queue.read { db -> [Int64] in
            let counted = try? JournalQueries.lastSequence(db)
            let stored = try? Int64.fetchOne(db, sql: "SELECT max(sequence) FROM transactions")
            return [counted, stored].compactMap { $0 }
        }
        try? queue.close()
        // A damaged number may be anything; one that no journal reaches is not believed.
        return (found ?? []).filter { (0..<1 << 48).contains($0) }.max() ?? 0
    }

    /// Looks at the file without changing it: a newer schema or another program's database is refused untouched.
    private static func peek(_ path: String) throws {
        var settings = Configuration()
        settings.readonly = true
        do {
            let queue = try DatabaseQueue(path: path, configuration: settings)
            try queue.read { db in try JournalSchema.check(db, path: path) }
            try queue.close()
        } catch let error as DatabaseError {
            // What only a read-only connection minds, the real one will not; what is serious, it will say again.
            guard error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB else { return }
            throw error
        }
    }

    private static func settings(_ configuration: JournalConfiguration) -> Configuration {
        var settings = Configuration()
        settings.label = "cosmolet.journal"
        settings.busyMode = .timeout(Double(configuration.busyTimeout.microseconds) / 1_000_000)
        settings.maximumReaderCount = 2
        settings.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cell_size_check = ON")
            // In KiB, of each connection: records are written once and seldom read.
            try db.execute(sql: "PRAGMA cache_size = -256")
        }
        return settings
    }
}
