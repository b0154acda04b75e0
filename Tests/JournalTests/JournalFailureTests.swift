import Foundation
import NetworkTypes
import Northbound
import Testing

@testable import Journal

/// A device that fails: full, read-only, and well again.
@Suite struct JournalFailureTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func big(_ id: String) throws -> TransactionRecord {
        transaction(id, try (0..<4000).map { try edit("2001:db8::\(String($0, radix: 16))", nil, .default) })
    }

    /// SQLite's own limit gives the very error that a full device gives (`SQLITE_FULL`).
    @Test func aFullDeviceChangesNothingAndHealsByItself() async throws {
        let journal = try await scratch.journal()
        let first = try await journal.commit(transaction("t-1", [try edit("192.0.2.1", nil, .default)]))
        let pages = try await journal.pragma("page_count")
        _ = try await journal.pragma("max_page_count = \(pages + 2)")
        let error = await #expect(throws: JournalError.self) { try await journal.begin(try big("t-2")) }
        #expect(error?.code == .full)
        #expect(try await journal.all() == [first])
        #expect(try await journal.networks(after: nil) == [try network("192.0.2.1")])
        #expect(try await journal.head().sequence == 1)
        // What fits is still written.
        try await journal.commit(transaction("t-3"))
        _ = try await journal.pragma("max_page_count = 1000000")
        // The gap is marked: no number was used for what was not written.
        let observed = transaction("t-4", [try edit("192.0.2.9", nil, .default)], kind: .observed, outcome: .applied)
        #expect(try await journal.begin(observed).sequence == 3)
        try await journal.commit(try big("t-5"))
        #expect(try await journal.networks(after: nil).count == 4002)
    }

    /// A connection that may not write (`SQLITE_READONLY`): the next call opens anew and writes.
    @Test func aReadOnlyJournalStillReadsAndHealsByReopening() async throws {
        let journal = try await scratch.journal()
        let first = try await journal.begin(transaction("t-1"))
        _ = try await journal.pragma("query_only = 1")
        let error = await #expect(throws: JournalError.self) { try await journal.finish(first.finished(.applied)) }
        #expect(error?.code == .readOnly)
        #expect(try await journal.all() == [first])
        try await journal.finish(first.finished(.applied))
        #expect(try await journal.all() == [first.finished(.applied)])
        #expect(journal.startedFresh == nil)
    }

    /// A file and folder that nobody may write, root included (`chattr +i`), where the file system can do that.
    @Test func anImmutableFileIsReadOnlyUntilItIsNot() async throws {
        let folder = scratch.path("locked")
        let path = folder + "/journal.db"
        let journal = try await SQLiteJournal.open(
            at: path, configuration: JournalConfiguration(now: { 0 }), logger: .quiet)
        try await journal.begin(transaction("t-1", kind: .observed, outcome: .applied))
        await journal.close()
        guard chattr("+i", [path, folder]) else {
            print("SKIPPED anImmutableFileIsReadOnlyUntilItIsNot: chattr +i is not possible here")
            return
        }
        defer { _ = chattr("-i", [folder, path]) }
        let error = await #expect(throws: JournalError.self) {
            try await SQLiteJournal.open(at: path, logger: .quiet)
        }
        #expect(error?.code == .readOnly)
        let configuration = JournalConfiguration(opensWhenUnavailable: true, now: { 0 })
        let patient = try await SQLiteJournal.open(at: path, configuration: configuration, logger: .quiet)
        let again = await #expect(throws: JournalError.self) { try await patient.begin(transaction("t-2")) }
        #expect(again?.code == .readOnly)
        try #require(chattr("-i", [folder, path]))
        #expect(try await patient.begin(transaction("t-2")).sequence == 2)
        #expect(try await patient.all().map(\.id) == ["t-1", "t-2"])
    }

    /// While reopening fails, the old connections go on reading.
    @Test func readingGoesOnWhileTheFileCannotBeReopened() async throws {
        let folder = scratch.path("locked")
        let path = folder + "/journal.db"
        let journal = try await SQLiteJournal.open(
            at: path, configuration: JournalConfiguration(now: { 0 }), logger: .quiet)
        let first = try await journal.begin(transaction("t-1", kind: .observed, outcome: .applied))
        _ = try await journal.pragma("query_only = 1")
        guard chattr("+i", [path, folder]) else {
            print("SKIPPED readingGoesOnWhileTheFileCannotBeReopened: chattr +i is not possible here")
            return
        }
        defer { _ = chattr("-i", [folder, path]) }
        for _ in 0..<3 {
            let error = await #expect(throws: JournalError.self) { try await journal.begin(transaction("t-2")) }
            #expect(error?.code == .readOnly)
            #expect(try await journal.all() == [first])
        }
        try #require(chattr("-i", [folder, path]))
        #expect(try await journal.begin(transaction("t-2")).sequence == 2)
        #expect(try await journal.all().map(\.id) == ["t-1", "t-2"])
    }

    @Test func twoOwnersOfOneFileDoNoHarm() async throws {
        let configuration = JournalConfiguration(busyTimeout: .milliseconds(50), now: { 0 })
        let journal = try await scratch.journal(configuration)
        let other = try await scratch.journal(configuration)
        try await journal.begin(transaction("t-1"))
        // Two owners are not meant to be, but they do no harm: numbers stay unique.
        #expect(try await other.begin(transaction("t-2")).sequence == 2)
        #expect(try await journal.begin(transaction("t-3")).sequence == 3)
    }

    @Test func theWriterSyncsEveryCommit() async throws {
        let journal = try await scratch.journal()
        #expect(try await journal.pragma("synchronous") == 2)
        try await journal.begin(transaction("t-1"))
        _ = try await journal.pragma("query_only = 1")
        await #expect(throws: JournalError.self) { try await journal.begin(transaction("t-2")) }
        try await journal.begin(transaction("t-2"))
        #expect(try await journal.pragma("synchronous") == 2, "also after reopening")
        #expect(try await journal.pragma("foreign_keys") == 1)
    }

    private func chattr(_ flag: String, _ paths: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/chattr")
        process.arguments = [flag] + paths
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

extension SQLiteJournal {
    /// Sets or asks a pragma of the writer's connection.
    func pragma(_ text: String) async throws -> Int {
        try await store.onWriter { [store] () throws(JournalError) in try store.pragma(text) }
    }
}
