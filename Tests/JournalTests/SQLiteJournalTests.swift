import Foundation
import GRDB
import Journal
import NetworkTypes
import Northbound
import Testing

@Suite struct SQLiteJournalTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func everyFieldComesBackAlsoAfterReopening() async throws {
        var record = transaction(
            "t-1", [try edit("2001:db8::1/128", .drain, .default), try edit("198.51.100.0/24", nil, .manual)],
            kind: .rollback, request: "r-1", client: "agent \u{1F6B2} \"x\"\n",
            cause: ["shop/web: why", "", "free: words"], startedAt: 1_772_323_199_000_001)
        record.parent = "t-0"
        record.capabilities = ManagementCapabilities(
            provider: "mgmtd", dialect: "native", schema: "C", releases: "10.5-10.7", canReadState: true)
        var journal = try await scratch.journal()
        #expect(journal.startedFresh == .empty)
        let begun = try await journal.begin(record)
        record.sequence = 1
        #expect(begun == record)
        #expect(journal.startedFresh == nil)
        #expect(try await journal.record(id: "t-1") == record)
        record.outcome = .rejected
        record.error = "path: refused [rejected]"
        record.phaseMicroseconds = [.lock: 12, .readBack: 3456]
        record.durationMicroseconds = 4100
        record.confirmByMicroseconds = 77
        try await journal.finish(record)
        await journal.close()
        journal = try await scratch.journal()
        #expect(journal.startedFresh == nil)
        #expect(try await journal.record(id: "t-1") == record)
        #expect(try await journal.record(requestID: "r-1", client: record.client) == record)
        #expect(try await journal.record(requestID: "r-1", client: "other") == nil)
        #expect(try await journal.record(requestID: "", client: record.client) == nil)
        #expect(try await journal.record(id: "t-2") == nil)
    }

    @Test func sequenceNumbersHaveNoGapsAndRequestIDsAreUniqueForAClient() async throws {
        let journal = try await scratch.journal()
        for (index, client) in ["a", "b"].enumerated() {
            let begun = try await journal.begin(transaction("t-\(client)", request: "r", client: client))
            #expect(begun.sequence == Int64(index + 1))
        }
        let sameRequest = await #expect(throws: JournalError.self) {
            try await journal.begin(transaction("t-c", request: "r", client: "a"))
        }
        #expect(sameRequest?.code == .unusable)
        #expect(sameRequest?.message.contains("t-a") == true)
        let sameName = await #expect(throws: JournalError.self) { try await journal.begin(transaction("t-a")) }
        #expect(sameName?.code == .unusable)
        #expect(try await journal.begin(transaction("t-d")).sequence == 3)
        #expect(try await journal.begin(transaction("t-e")).sequence == 4)
        #expect(try await journal.head().sequence == 4)
    }

    @Test func aRejectedRequestMayBeThereAgainAndTheNewestCounts() async throws {
        let journal = try await scratch.journal()
        try await journal.commit(transaction("t-1", request: "r"), .rejected)
        try await journal.commit(transaction("t-2", request: "r"), .rejected)
        #expect(try await journal.record(requestID: "r", client: "agent")?.id == "t-2")
        let third = try await journal.begin(transaction("t-3", request: "r"))
        #expect(try await journal.record(requestID: "r", client: "agent") == third)
        for outcome in [TransactionOutcome.pending, .unknown, .applied] {
            try await journal.finish(third.finished(outcome))
            let taken = await #expect(throws: JournalError.self) {
                try await journal.begin(transaction("t-4", request: "r"))
            }
            #expect(taken?.code == .unusable && taken?.message.contains("t-3") == true)
        }
    }

    /// A journal of the schema before this one: a request id was there once at most.
    @Test func aJournalOfAnEarlierSchemaGoesOn() async throws {
        var journal = try await scratch.journal()
        let old = try await journal.commit(transaction("t-1", request: "r"), .rejected)
        await journal.close()
        let file = try DatabaseQueue(path: scratch.path)
        try await file.write { db in
            try db.execute(
                sql: """
                    DROP INDEX transactions_request;
                    CREATE UNIQUE INDEX transactions_request ON transactions (client, request_id)
                    WHERE request_id <> '';
                    DELETE FROM grdb_migrations WHERE identifier = '2';
                    PRAGMA user_version = 1;
                    """)
        }
        try file.close()
        journal = try await scratch.journal()
        #expect(try await journal.all() == [old])
        let again = try await journal.commit(transaction("t-2", request: "r"))
        #expect(try await journal.record(requestID: "r", client: "agent") == again)
    }

    @Test func finishOfAnUnknownRecordIsNotFoundAndChangesNothing() async throws {
        let journal = try await scratch.journal()
        let begun = try await journal.begin(transaction("t-1"))
        var other = begun.finished(.applied)
        other.id = "t-2"
        let error = await #expect(throws: JournalError.self) { try await journal.finish(other) }
        #expect(error?.code == .notFound)
        #expect(try await journal.all() == [begun])
    }

    @Test func inDoubtUnconfirmedAndHeadFollowTheOutcomes() async throws {
        let journal = try await scratch.journal()
        #expect(try await journal.head() == (nil, 0))
        let first = try await journal.commit(transaction("t-1", confirmBy: 99))
        let second = try await journal.begin(transaction("t-2"))
        let third = try await journal.commit(transaction("t-3"), .unknown)
        let fourth = try await journal.begin(transaction("t-4", kind: .observed, outcome: .applied))
        #expect(try await journal.inDoubt() == [second, third])
        #expect(try await journal.unconfirmed() == [first])
        #expect(try await journal.head() == (fourth.id, 4))
        try await journal.finish(second.finished(.applied))
        try await journal.finish(third.finished(.rejected))
        var confirmed = first
        confirmed.confirmByMicroseconds = nil
        try await journal.finish(confirmed)
        #expect(try await journal.inDoubt().isEmpty)
        #expect(try await journal.unconfirmed().isEmpty)
        #expect(try await journal.head() == ("t-4", 4))
    }

    @Test func networksAreThoseOfAppliedRecordsInOrderOfSequence() async throws {
        let journal = try await scratch.journal()
        #expect(try await journal.networks(after: nil).isEmpty)
        try await journal.begin(
            transaction("t-1", [try edit("198.51.100.1/32", nil, .default)], kind: .observed, outcome: .applied))
        let late = try await journal.begin(transaction("t-2", [try edit("198.51.100.2/32", nil, .default)]))
        try await journal.commit(transaction("t-3", [try edit("198.51.100.2/32", .default, .drain)]))
        try await journal.commit(transaction("t-4", [try edit("198.51.100.1/32", .default, nil)]), .rejected)
        #expect(try await journal.networks(after: "t-2") == [try network("198.51.100.1")])
        try await journal.finish(late.finished(.applied))
        #expect(
            try await journal.networks(after: "t-2") == [try network("198.51.100.1"), try network("198.51.100.2")])
        let last: Set = [try network("198.51.100.1"), try network("198.51.100.2", .drain)]
        #expect(try await journal.networks(after: "t-4") == last)
        #expect(try await journal.networks(after: nil) == last)
        let error = await #expect(throws: JournalError.self) { try await journal.networks(after: "t-9") }
        #expect(error?.code == .notFound)
    }

    @Test func manyConcurrentBeginsGetConsecutiveNumbers() async throws {
        let journal = try await scratch.journal()
        let numbers = try await withThrowingTaskGroup(of: Int64.self) { group in
            for index in 0..<300 {
                group.addTask { try await journal.commit(transaction("t-\(index)", request: "r-\(index)")).sequence }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(numbers.sorted() == Array(1...300))
        #expect(try await journal.all().map(\.sequence) == Array(1...300))
    }

    @Test func aCancelledTaskStillWritesWhatItBegan() async throws {
        let journal = try await scratch.journal()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await journal.commit(transaction("t-1"))
        }
        try await task.value
        #expect(try await journal.all().map(\.outcome) == [.applied])
    }

    @Test func folderAndFilesAreNotForOthers() async throws {
        let path = scratch.path("a/b/journal.db")
        let journal = try await SQLiteJournal.open(at: path, logger: .quiet)
        try await journal.begin(transaction("t-1"))
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(scratch.path("a")) == 0o750)
        #expect(try mode(scratch.path("a/b")) == 0o750)
        for suffix in ["", "-wal", "-shm"] { #expect(try mode(path + suffix) == 0o640) }
    }

    @Test func callsAfterCloseThrow() async throws {
        let journal = try await scratch.journal()
        await journal.close()
        let error = await #expect(throws: JournalError.self) { try await journal.begin(transaction("t-1")) }
        #expect(error?.code == .unusable)
        await #expect(throws: JournalError.self) { try await journal.all() }
    }
}
