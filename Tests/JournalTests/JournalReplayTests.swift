import Foundation
import Journal
import NetworkTypes
import Northbound
import Testing

/// Replay, checkpoints, pruning and export against a model that keeps everything.
@Suite struct JournalReplayTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// The obvious version: all records, replayed from the first.
    private struct SlowModel {
        var records: [TransactionRecord] = []

        func networks(through sequence: Int64) -> Set<Network> {
            var table: [IPPrefix: AttributeClass] = [:]
            for record in records where record.sequence <= sequence && record.outcome == .applied {
                for edit in record.edits { table[edit.prefix] = edit.after }
            }
            return Set(table.map { Network(prefix: $0.key, attributeClass: $0.value) })
        }
    }

    private static let classes: [AttributeClass?] = [nil, nil, .default, .default, .drain, .manual]

    private func edits(_ random: inout SeededGenerator) throws -> [RecordedEdit] {
        let count = Int.random(in: 0..<100, using: &random) == 0 ? 40 : Int.random(in: 0...3, using: &random)
        var chosen: [IPPrefix: RecordedEdit] = [:]
        for _ in 0..<count {
            let number = Int.random(in: 0..<120, using: &random)
            let prefix = try IPPrefix(number % 3 == 0 ? "2001:db8::\(number)/128" : "198.51.100.\(number)/32")
            chosen[prefix] = RecordedEdit(
                prefix: prefix, before: nil, after: Self.classes.randomElement(using: &random) ?? nil)
        }
        return chosen.values.sorted { $0.prefix < $1.prefix }
    }

    /// 2,400 random records: outcomes of all kinds, some that come late and change what older checkpoints say, reopening,
    /// pruning by count. Wherever a record is still there, its networks are those of the model.
    @Test(arguments: [1, 2] as [UInt64]) func agreesWithAModelThatKeepsEverything(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let configuration = JournalConfiguration(
            retention: RetentionPolicy(maximumAge: nil, maximumCount: 900), recordsPerCheckpoint: 64,
            editsPerCheckpoint: 150, now: { 0 })
        var journal = try await scratch.journal(configuration)
        var model = SlowModel()
        for index in 1...2400 {
            let kind = TransactionKind.allCases.randomElement(using: &random) ?? .commit
            let begun = try await journal.begin(transaction("t-\(index)", try edits(&random), kind: kind))
            #expect(begun.sequence == Int64(index))
            model.records.append(begun)
            let outcome = TransactionOutcome.allCases.randomElement(using: &random) ?? .applied
            if outcome != .pending, Int.random(in: 0..<50, using: &random) > 0 {
                try await finish(index - 1, outcome, &model, journal)
            }
            if index % 40 == 0 {
                // What was in doubt is resolved late, and sometimes an outcome is corrected.
                for late in max(0, index - 200)..<index
                where model.records[late].outcome == .pending
                    || model.records[late].outcome == .unknown
                {
                    try await finish(late, Bool.random(using: &random) ? .applied : .rejected, &model, journal)
                }
                try await finish(
                    Int.random(in: max(0, index - 100)..<index, using: &random),
                    Bool.random(using: &random) ? .applied : .rejected, &model, journal)
            }
            if index % 500 == 0 {
                if Bool.random(using: &random) { try await journal.prune() }
                if Bool.random(using: &random) {
                    await journal.close()
                    journal = try await scratch.journal(configuration)
                }
                try await compare(journal, model, &random)
            }
        }
        try await journal.prune()
        try await compare(journal, model, &random)
        #expect(try await journal.all().count == 900)
        #expect(try await journal.head().sequence == 2400)
        #expect(try await journal.base().networks == model.networks(through: 1500))
        try await rebuildFromExport(journal, model)
    }

    private func finish(
        _ index: Int, _ outcome: TransactionOutcome, _ model: inout SlowModel, _ journal: SQLiteJournal
    ) async throws {
        model.records[index].outcome = outcome
        try await journal.finish(model.records[index])
    }

    private func compare(_ journal: SQLiteJournal, _ model: SlowModel, _ random: inout SeededGenerator) async throws {
        let kept = try await journal.all()
        #expect(kept == Array(model.records.suffix(kept.count)))
        for record in kept.shuffled(using: &random).prefix(25) {
            let found = try await journal.networks(after: record.id)
            #expect(found == model.networks(through: record.sequence), "after \(record.sequence)")
        }
        #expect(try await journal.networks(after: nil) == model.networks(through: .max))
    }

    /// The lines alone give the same table; the model passes over lines that it has seen already.
    private func rebuildFromExport(_ journal: SQLiteJournal, _ model: SlowModel) async throws {
        var lines = [JournalExport.encode(try await journal.base())]
        let records = try await journal.all()
        lines += records.map { JournalExport.encode($0) }
        lines.append(JournalExport.encode(records[5]))
        let rebuilt = try JournalModel(lines: lines)
        #expect(rebuilt.networks == model.networks(through: .max))
        #expect(rebuilt.lastSequence == 2400)
    }

    @Test func pruningByAgeKeepsWhatIsNeeded() async throws {
        let day: Int64 = 86_400_000_000
        let clock = ManualTime()
        let configuration = JournalConfiguration(
            retention: RetentionPolicy(maximumAge: .seconds(30 * 86_400)), now: { clock.now })
        let journal = try await scratch.journal(configuration)
        for index in 1...10 {
            let edits = [try edit("198.51.100.\(index)/32", nil, .default)]
            try await journal.commit(transaction("t-\(index)", edits, startedAt: Int64(index) * day))
        }
        clock.now = 34 * day
        #expect(try await journal.prune() == 3)
        #expect(try await journal.all().map(\.sequence) == Array(4...10))
        #expect(try await journal.networks(after: "t-4").count == 4)
        let error = await #expect(throws: JournalError.self) { try await journal.networks(after: "t-3") }
        #expect(error?.code == .notFound)
        // The newest applied record stays whatever its age.
        clock.now = 1000 * day
        #expect(try await journal.prune() == 6)
        #expect(try await journal.head() == ("t-10", 10))
        #expect(try await journal.networks(after: nil).count == 10)
        #expect(try await journal.prune() == 0)
        #expect(try await journal.begin(transaction("t-11")).sequence == 11)
    }

    @Test func recordsInDoubtOrUnconfirmedAreNeverPruned() async throws {
        let configuration = JournalConfiguration(
            retention: RetentionPolicy(maximumAge: nil, maximumCount: 1), now: { 0 })
        let journal = try await scratch.journal(configuration)
        try await journal.commit(transaction("t-1"))
        let waiting = try await journal.commit(transaction("t-2", confirmBy: 5))
        let doubtful = try await journal.commit(transaction("t-3"), .unknown)
        for index in 4...8 { try await journal.commit(transaction("t-\(index)")) }
        #expect(try await journal.prune() == 1)
        var confirmed = waiting
        confirmed.confirmByMicroseconds = nil
        try await journal.finish(confirmed)
        #expect(try await journal.prune() == 1)
        #expect(try await journal.inDoubt() == [doubtful])
        try await journal.finish(doubtful.finished(.applied))
        #expect(try await journal.prune() == 5)
        #expect(try await journal.all().map(\.id) == ["t-8"])
    }
}

/// A clock that a test sets.
final class ManualTime: @unchecked Sendable {
    private let lock = NSLock()
    private var microseconds: Int64 = 0

    var now: Int64 {
        get { lock.withLock { microseconds } }
        set { lock.withLock { microseconds = newValue } }
    }
}
