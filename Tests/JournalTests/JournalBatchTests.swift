import Foundation
import Journal
import NetworkTypes
import Northbound
import Testing

/// Several records in one write, and what is told of a part of the journal.
@Suite struct JournalBatchTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func batch(_ range: ClosedRange<Int>) throws -> [TransactionRecord] {
        try range.map {
            transaction("t-\($0)", [try edit("198.51.100.\($0)/32", nil, .default)], request: "r-\($0)")
        }
    }

    @Test func aBatchIsOneWrite() async throws {
        let journal = try await scratch.journal()
        #expect(await journal.isEmpty)
        let begun = try await journal.begin(try batch(1...200))
        #expect(begun.map(\.sequence) == Array(1...200))
        #expect(await !journal.isEmpty)
        try await journal.finish(begun.map { $0.finished(.applied) })
        #expect(try await journal.networks(after: nil).count == 200)
        #expect(try await journal.networks(after: "t-7").count == 7)
        #expect(try await journal.inDoubt().isEmpty)
        #expect(try await journal.begin([]).isEmpty)
    }

    @Test func aBatchIsWrittenWholeOrNotAtAll() async throws {
        let journal = try await scratch.journal()
        let first = try await journal.begin(try batch(1...3))
        let duplicate = await #expect(throws: JournalError.self) {
            try await journal.begin(try batch(4...5) + [transaction("t-6", request: "r-2")])
        }
        #expect(duplicate?.code == .unusable)
        #expect(try await journal.all() == first)
        var stranger = transaction("t-99")
        stranger.sequence = 99
        let absent = await #expect(throws: JournalError.self) {
            try await journal.finish(first.map { $0.finished(.applied) } + [stranger])
        }
        #expect(absent?.code == .notFound)
        #expect(try await journal.inDoubt() == first)
        // The numbers go on without a gap.
        #expect(try await journal.begin(try batch(7...8)).map(\.sequence) == [4, 5])
    }

    @Test func finishingMayMoveTheParent() async throws {
        let journal = try await scratch.journal()
        var record = try await journal.begin(transaction("t-1")).finished(.applied)
        record.parent = "t-0"
        try await journal.finish(record)
        #expect(try await journal.record(id: "t-1")?.parent == "t-0")
    }

    @Test func listsGoOnFromEitherEnd() async throws {
        let journal = try await scratch.journal()
        _ = try await journal.begin(try batch(1...10))
        var seen: [Int64] = []
        var filter = TransactionFilter(limit: 4, isNewestFirst: true)
        while let last = try await journal.records(filter).last {
            seen += try await journal.records(filter).map(\.sequence)
            filter.beforeSequence = last.sequence
        }
        #expect(seen == Array(1...10).reversed())
        let between = TransactionFilter(afterSequence: 3, beforeSequence: 6)
        #expect(try await journal.records(between).map(\.sequence) == [4, 5])
    }

    @Test func everyKeptPointCanBeTold() async throws {
        let journal = try await scratch.journal(
            JournalConfiguration(retention: RetentionPolicy(maximumAge: nil, maximumCount: 4), now: { 0 }))
        #expect(try await journal.networks(afterSequence: 0).isEmpty)
        for record in try batch(1...10) { try await journal.commit(record) }
        #expect(try await journal.networks(afterSequence: 0).isEmpty)
        #expect(try await journal.prune() == 6)
        // The point just before the first kept record is where an export begins.
        #expect(try await journal.networks(afterSequence: 6).count == 6)
        #expect(try await journal.networks(afterSequence: 10).count == 10)
        for sequence in [0, 5, 11] as [Int64] {
            let error = await #expect(throws: JournalError.self) {
                try await journal.networks(afterSequence: sequence)
            }
            #expect(error?.code == .notFound)
        }
    }

    @Test func aVanishedFileIsEmpty() async throws {
        let journal = try await scratch.journal()
        try await journal.commit(transaction("t-1"))
        for suffix in ["", "-wal", "-shm"] { try FileManager.default.removeItem(atPath: scratch.path + suffix) }
        #expect(await journal.isEmpty)
        #expect(journal.startedFresh == .vanished)
        #expect(try await journal.begin(transaction("t-2")).sequence == 2)
    }
}
