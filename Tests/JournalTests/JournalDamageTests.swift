import Foundation
import Journal
import NetworkTypes
import Northbound
import Testing

/// Files that are no journal, or no longer one.
@Suite struct JournalDamageTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private var url: URL { URL(fileURLWithPath: scratch.path) }

    /// A closed journal of some records.
    private func fill(_ count: Int = 200) async throws {
        let journal = try await scratch.journal()
        for index in 1...count {
            try await journal.commit(
                transaction("t-\(index)", [try edit("198.51.100.\(index % 200)/32", nil, .default)]))
        }
        await journal.close()
    }

    private func expectFreshAndWorking(_ journal: SQLiteJournal) async throws {
        guard case .corrupt(let aside, let detail) = journal.startedFresh else {
            Issue.record("startedFresh is \(String(describing: journal.startedFresh))")
            return
        }
        #expect(FileManager.default.fileExists(atPath: aside))
        #expect(aside.hasPrefix(scratch.path + ".corrupt-19700101T000000Z"))
        #expect(!detail.isEmpty)
        #expect(try await journal.all().isEmpty)
        #expect(try await journal.networks(after: nil).isEmpty)
        let observed = transaction(
            "observed", [try edit("192.0.2.1", nil, .default)], kind: .observed, outcome: .applied)
        try await journal.begin(observed)
        #expect(journal.startedFresh == nil)
        #expect(try await journal.networks(after: nil) == [try network("192.0.2.1")])
    }

    @Test(arguments: ["not a database, but text of more than a hundred bytes, ", "x"])
    func aFileThatIsNoDatabaseIsSetAside(text: String) async throws {
        try Data(String(repeating: text, count: 40).utf8).write(to: url)
        try await expectFreshAndWorking(try await scratch.journal())
        #expect(try scratch.setAside().count == 1)
    }

    @Test func aDamagedHeaderIsSetAside() async throws {
        try await fill(5)
        var data = try Data(contentsOf: url)
        data.replaceSubrange(0..<16, with: Data(repeating: 0xFF, count: 16))
        try data.write(to: url)
        try await expectFreshAndWorking(try await scratch.journal())
    }

    @Test func sequenceNumbersGoOnWhereTheDamagedFileCanStillBeAsked() async throws {
        try await fill()
        var data = try Data(contentsOf: url)
        // The last page: not one of the schema, and not the one that counts.
        data.replaceSubrange((data.count - 4096)..<data.count, with: Data(repeating: 0x5A, count: 4096))
        try data.write(to: url)
        let journal = try await scratch.journal()
        guard case .corrupt = journal.startedFresh else {
            Issue.record("the damage was not noticed")
            return
        }
        #expect(try await journal.head() == (nil, 200))
        #expect(try await journal.begin(transaction("next")).sequence == 201)
        #expect(try await journal.base() == JournalBase(sequence: 200))
    }

    @Test func anEmptyFileIsANewJournal() async throws {
        try Data().write(to: url)
        let journal = try await scratch.journal()
        #expect(journal.startedFresh == .empty)
        #expect(try await journal.begin(transaction("t-1")).sequence == 1)
        #expect(try scratch.setAside().isEmpty)
    }

    @Test func anEmptyFileWithALogIsDamaged() async throws {
        let journal = try await scratch.journal()
        try await journal.begin(transaction("t-1"))
        let copy = scratch.path("copy")
        try Data().write(to: URL(fileURLWithPath: copy))
        try Data(contentsOf: URL(fileURLWithPath: scratch.path + "-wal")).write(
            to: URL(fileURLWithPath: copy + "-wal"))
        let recovered = try await SQLiteJournal.open(at: copy, logger: .quiet)
        guard case .corrupt(let aside, _) = recovered.startedFresh else {
            Issue.record("startedFresh is \(String(describing: recovered.startedFresh))")
            return
        }
        #expect(FileManager.default.fileExists(atPath: aside + "-wal"))
    }

    @Test func aFolderInPlaceOfTheFileIsRefused() async throws {
        try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: false)
        let error = await #expect(throws: JournalError.self) { try await scratch.journal() }
        #expect(error?.code == .unusable)
        #expect(error?.message.contains("is not a file") == true)
    }

    @Test func aFileInPlaceOfTheFolderIsRefused() async throws {
        try Data("x".utf8).write(to: url)
        let error = await #expect(throws: JournalError.self) {
            try await SQLiteJournal.open(at: scratch.path + "/journal.db", logger: .quiet)
        }
        #expect(error?.code == .unusable)
    }

    @Test(arguments: [(60, "newer release"), (68, "another program")])
    func aNewerSchemaAndAForeignDatabaseAreRefusedUntouched(offset: Int, words: String) async throws {
        try await fill(3)
        var data = try Data(contentsOf: url)
        // user_version and application_id are big-endian numbers in the database header.
        data[offset + 3] = 99
        try data.write(to: url)
        let error = await #expect(throws: JournalError.self) { try await scratch.journal() }
        #expect(error?.code == .unusable)
        #expect(error?.message.contains(words) == true)
        #expect(try Data(contentsOf: url) == data)
        #expect(try scratch.setAside().isEmpty)
    }

    @Test func damageFoundWhileOpenIsSetAsideAndNumbersGoOn() async throws {
        try await fill()
        let journal = try await scratch.journal()
        #expect(journal.startedFresh == nil)
        let handle = try FileHandle(forWritingTo: url)
        let size = try handle.seekToEnd()
        // All pages but the first, behind the journal's back.
        try handle.seek(toOffset: 4096)
        try handle.write(contentsOf: Data(repeating: 0x5A, count: Int(size) - 4096))
        try handle.close()
        let error = await #expect(throws: JournalError.self) { try await journal.all() }
        #expect(error?.code == .corrupt)
        #expect(try await journal.head().sequence == 200)
        try await expectFreshAndWorking(journal)
        #expect(try await journal.head() == ("observed", 201))
        let gone = await #expect(throws: JournalError.self) {
            var old = transaction("t-200")
            old.sequence = 200
            try await journal.finish(old)
        }
        #expect(gone?.code == .notFound)
    }

    @Test func aFileThatIsRemovedWhileOpenIsNoticed() async throws {
        let journal = try await scratch.journal()
        try await journal.commit(transaction("t-1", [try edit("192.0.2.1", nil, .default)]))
        try FileManager.default.removeItem(atPath: scratch.path)
        let begun = try await journal.begin(transaction("t-2"))
        #expect(begun.sequence == 2)
        #expect(try await journal.all() == [begun])
        #expect(FileManager.default.fileExists(atPath: scratch.path))
        try FileManager.default.removeItem(atPath: scratch.path)
        #expect(try await journal.all().isEmpty)
        #expect(journal.startedFresh == .vanished)
        #expect(try scratch.setAside().isEmpty)
    }

    /// An operator puts another journal in place of the open one: its records are found, the old log is not mixed in.
    @Test func aFileThatIsReplacedWhileOpenIsTakenAsItIs() async throws {
        let path = scratch.path("other")
        let other = try await SQLiteJournal.open(
            at: path, configuration: JournalConfiguration(now: { 0 }), logger: .quiet)
        let record = try await other.commit(transaction("other-1", [try edit("192.0.2.7", nil, .default)]))
        await other.close()
        let journal = try await scratch.journal()
        for index in 1...5 { try await journal.commit(transaction("t-\(index)")) }
        try FileManager.default.removeItem(atPath: scratch.path)
        try FileManager.default.moveItem(atPath: path, toPath: scratch.path)
        #expect(try await journal.all() == [record])
        #expect(journal.startedFresh == nil)
        #expect(try await journal.begin(transaction("t-6")).sequence == 2)
        #expect(try scratch.setAside().isEmpty)
    }

    /// Damage of any kind: the journal opens with what is there, or afresh, or says why not. It never crashes, and what
    /// it reads is well formed.
    @Test func randomDamageNeverCrashes() async throws {
        try await fill(60)
        let whole = try Data(contentsOf: url)
        var random = SeededGenerator(seed: 3)
        var counts: [String: Int] = [:]
        for round in 0..<150 {
            var data = whole
            switch round % 3 {
            case 0:
                for _ in 0..<Int.random(in: 1...30, using: &random) {
                    data[Int.random(in: 0..<data.count, using: &random)] = .random(in: 0...255, using: &random)
                }
            case 1: data.removeLast(Int.random(in: 1..<data.count, using: &random))
            default:
                let start = Int.random(in: 0..<data.count - 512, using: &random)
                data.replaceSubrange(start..<start + 512, with: Data(count: 512))
            }
            let path = scratch.path("r\(round)")
            try data.write(to: URL(fileURLWithPath: path))
            counts[await use(path), default: 0] += 1
        }
        print("random damage of a journal file, 150 rounds: \(counts.sorted { $0.key < $1.key })")
        #expect(counts["fresh", default: 0] > 50)
    }

    private func use(_ path: String) async -> String {
        do throws(JournalError) {
            let configuration = JournalConfiguration(now: { 0 })
            let journal = try await SQLiteJournal.open(at: path, configuration: configuration, logger: .quiet)
            let state = journal.startedFresh == nil ? "opened" : "fresh"
            do throws(JournalError) {
                _ = try await journal.records(TransactionFilter())
                _ = try await journal.networks(after: nil)
                _ = try await journal.inDoubt()
                _ = try await journal.begin(transaction("next", request: "next"))
            } catch  where error.code == .corrupt {
                _ = try await journal.begin(transaction("next", request: "next"))
            }
            await journal.close()
            return state
        } catch {
            return "refused"
        }
    }
}
