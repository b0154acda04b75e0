internal import GRDB
internal import Northbound

/// The tables of the journal.
///
/// | Table | Holds |
/// |---|---|
/// | `transactions` | one row for each record; `sequence` is AUTOINCREMENT, so that no number is used twice |
/// | `edits` | what each record changes; `address` is big-endian, 4 or 16 bytes, so that it sorts by number |
/// | `causes` | why, one row for each line; `service` is set when the line names one |
/// | `checkpoints`, `checkpoint_networks` | all networks as of the end of a record: the state, not the change |
///
/// `PRAGMA application_id` is `0x436F736D` ("Cosm") and `PRAGMA user_version` the number of the last migration.
enum JournalSchema {
    /// The version that this release writes.
    static let version = 2
    /// "Cosm".
    static let applicationID: Int32 = 0x436F_736D

    /// Tables that GRDB makes by itself.
    private static let foreignToUs = "name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%'"

    /// Refuses a database that is not a journal, or is one of a newer release. Nothing is written.
    static func check(_ db: Database, path: String) throws {
        let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if application == applicationID {
            guard version <= Self.version else {
                throw JournalError(
                    .unusable,
                    "journal \(path): schema \(version) was written by a newer release; this one knows up to "
                        + "\(Self.version)")
            }
            return
        }
        let tables = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND \(foreignToUs)")
        guard application == 0, version == 0, tables == 0 else {
            throw JournalError(
                .unusable, "journal \(path): an SQLite database of another program (application_id \(application))")
        }
    }

    /// Brings a database to `version`. Each migration is one SQLite transaction.
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(sql: first)
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: "PRAGMA user_version = 1")
        }
        migrator.registerMigration("2") { db in
            try db.execute(sql: second)
            try db.execute(sql: "PRAGMA user_version = 2")
        }
        return migrator
    }()

    /// A request that was rejected may be made again, so its id may be there several times. `JournalQueries` looks that
    /// all but the newest of them are rejected.
    private static let second = """
        DROP INDEX transactions_request;
        CREATE INDEX transactions_request ON transactions (client, request_id) WHERE request_id <> '';
        """

    private static let first = """
        CREATE TABLE transactions (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            parent TEXT,
            kind TEXT NOT NULL,
            request_id TEXT NOT NULL,
            client TEXT NOT NULL,
            capabilities TEXT,
            started_us INTEGER NOT NULL,
            phases_us TEXT NOT NULL,
            duration_us INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            error TEXT,
            confirm_by_us INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX transactions_request ON transactions (client, request_id) WHERE request_id <> '';
        CREATE INDEX transactions_started ON transactions (started_us);
        CREATE INDEX transactions_in_doubt ON transactions (sequence) WHERE outcome IN ('pending', 'unknown');
        CREATE INDEX transactions_unconfirmed ON transactions (sequence) WHERE confirm_by_us IS NOT NULL;

        CREATE TABLE edits (
            sequence INTEGER NOT NULL,
            position INTEGER NOT NULL,
            family INTEGER NOT NULL,
            address BLOB NOT NULL,
            length INTEGER NOT NULL,
            prefix TEXT NOT NULL,
            before TEXT,
            after TEXT,
            PRIMARY KEY (sequence, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX edits_address ON edits (family, address, length);

        CREATE TABLE causes (
            sequence INTEGER NOT NULL,
            position INTEGER NOT NULL,
            text TEXT NOT NULL,
            service TEXT,
            PRIMARY KEY (sequence, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX causes_service ON causes (service) WHERE service IS NOT NULL;

        CREATE TABLE checkpoints (sequence INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE checkpoint_networks (
            sequence INTEGER NOT NULL,
            family INTEGER NOT NULL,
            address BLOB NOT NULL,
            length INTEGER NOT NULL,
            class TEXT NOT NULL,
            PRIMARY KEY (sequence, family, address, length)
        ) STRICT, WITHOUT ROWID;
        """
}
