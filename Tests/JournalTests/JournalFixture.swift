import Foundation
import Journal
import Logging
import NetworkTypes
import Northbound

/// A folder of its own for one test, removed with it.
final class Scratch: Sendable {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "cosmolet-journal-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var path: String { folder + "/journal.db" }

    func path(_ name: String) -> String { folder + "/" + name }

    /// The files that were set aside as damaged.
    func setAside() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.contains(".corrupt-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }.sorted()
    }

    /// Opens the journal. Records of the tests begin at time 0, and so does the clock.
    func journal(_ configuration: JournalConfiguration = JournalConfiguration(now: { 0 })) async throws -> SQLiteJournal
    {
        try await SQLiteJournal.open(at: path, configuration: configuration, logger: .quiet)
    }
}

extension Logger {
    /// Nothing is printed.
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// SplitMix64: the same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The record of one transaction, with short defaults.
func transaction(
    _ id: String, _ edits: [RecordedEdit] = [], kind: TransactionKind = .commit, request: String = "",
    client: String = "agent", cause: [String] = [], startedAt: Int64 = 0, outcome: TransactionOutcome = .pending,
    confirmBy: Int64? = nil
) -> TransactionRecord {
    TransactionRecord(
        id: id, parent: nil, kind: kind, requestID: request, client: client, cause: cause, edits: edits,
        capabilities: nil, startedAtMicroseconds: startedAt, outcome: outcome, confirmByMicroseconds: confirmBy)
}

/// An edit from text; `nil` for "not announced".
func edit(_ prefix: String, _ before: AttributeClass?, _ after: AttributeClass?) throws -> RecordedEdit {
    RecordedEdit(prefix: try IPPrefix(prefix), before: before, after: after)
}

func network(_ prefix: String, _ attributeClass: AttributeClass = .default) throws -> Network {
    Network(prefix: try IPPrefix(prefix), attributeClass: attributeClass)
}

extension TransactionRecord {
    func finished(_ outcome: TransactionOutcome, error: String? = nil) -> TransactionRecord {
        var record = self
        record.outcome = outcome
        record.error = error
        return record
    }
}

extension SQLiteJournal {
    /// Begins and finishes.
    @discardableResult
    func commit(_ record: TransactionRecord, _ outcome: TransactionOutcome = .applied) async throws
        -> TransactionRecord
    {
        let begun = try await begin(record).finished(outcome)
        try await finish(begun)
        return begun
    }

    /// All records.
    func all() async throws -> [TransactionRecord] { try await records(TransactionFilter(limit: .max)) }
}
