import Foundation
import Journal
import NetworkTypes
import Northbound
import Testing

/// What is in the files after a crash at any instant. A kill -9 leaves the files as they are; a power cut leaves the
/// database and what of the log had reached the disk: a log cut short anywhere, whole frames lost or torn.
@Suite struct JournalCrashTests {
    /// The history as it stood after each call: what a recovery may find.
    private struct History {
        var states: [[TransactionRecord]] = [[]]
    }

    private static let pageSize = 4096
    private static let frameHeader = 24
    private static let logHeader = 32

    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func copy(_ path: String, to target: String) throws {
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try Data(contentsOf: URL(fileURLWithPath: path + suffix)).write(
                to: URL(fileURLWithPath: target + suffix))
        }
    }

    private func write(_ history: inout History, _ journal: SQLiteJournal, _ index: Int) async throws {
        let edits = try (0...index % 3).map { try edit("198.51.\(index).\($0)/32", nil, .default) }
        let begun = try await journal.begin(transaction("t-\(index)", edits, cause: ["shop/web: \(index)"]))
        history.states.append((history.states.last ?? []) + [begun])
        let result = begun.finished(index % 4 == 3 ? .rejected : .applied)
        try await journal.finish(result)
        history.states.append((history.states.last ?? []).dropLast() + [result])
    }

    /// Opens what a crash left, and says which state of the history it is.
    private func recover(_ path: String, _ history: History) async throws -> Int {
        let journal = try await SQLiteJournal.open(
            at: path, configuration: JournalConfiguration(now: { 0 }), logger: .quiet)
        let records = try await journal.all()
        let state = try #require(history.states.firstIndex(of: records), "a state that never was")
        let expected = Set(
            records.filter { $0.outcome == .applied }.flatMap(\.edits).map {
                Network(prefix: $0.prefix, attributeClass: .default)
            })
        #expect(try await journal.networks(after: nil) == expected)
        #expect(try await journal.inDoubt().count == (records.last?.outcome == .pending ? 1 : 0))
        // It is not only readable: the next record gets the next number.
        let next = try await journal.begin(transaction("after-crash", kind: .observed, outcome: .applied))
        #expect(next.sequence == Int64(records.count + 1))
        #expect(try await journal.all() == records + [next])
        await journal.close()
        return state
    }

    /// A kill -9 between any two calls: copies of the files while the journal is open and in use.
    @Test func aCopyOfTheFilesAtEachStepHoldsEverythingThatHadReturned() async throws {
        let journal = try await scratch.journal()
        var history = History()
        try copy(scratch.path, to: scratch.path("copy-0"))
        for index in 0..<12 {
            try await write(&history, journal, index)
            try copy(scratch.path, to: scratch.path("copy-\(index + 1)"))
        }
        for index in 0...12 {
            #expect(try await recover(scratch.path("copy-\(index)"), history) == 2 * index)
        }
    }

    /// The log cut at each frame boundary, one byte before and behind it, in the middle of the frame's header and of its
    /// page. What recovery finds never goes back as more of the log is there.
    @Test func aLogCutAnywhereGivesAPrefixOfTheHistory() async throws {
        // A database with history in it, and a fresh log on top.
        var journal = try await scratch.journal()
        var history = History()
        for index in 0..<3 { try await write(&history, journal, index) }
        await journal.close()
        journal = try await scratch.journal()
        for index in 3..<9 { try await write(&history, journal, index) }
        try copy(scratch.path, to: scratch.path("whole"))
        let log = try Data(contentsOf: URL(fileURLWithPath: scratch.path("whole-wal")))
        let frame = Self.frameHeader + Self.pageSize
        let frames = (log.count - Self.logHeader) / frame
        try #require(frames > 20)
        var cuts: Set<Int> = [0, 1, Self.logHeader - 1, log.count]
        for number in 0...frames {
            let start = Self.logHeader + number * frame
            for offset in [-1, 0, 1, 12, Self.frameHeader, Self.frameHeader + 2000] where start + offset <= log.count {
                cuts.insert(start + offset)
            }
        }
        var last = 0
        var states: Set<Int> = []
        for cut in cuts.sorted() {
            let path = scratch.path("cut")
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            try copy(scratch.path("whole"), to: path)
            try log.prefix(cut).write(to: URL(fileURLWithPath: path + "-wal"))
            let state = try await recover(path, history)
            #expect(state >= 6, "what was in the database itself is there")
            #expect(state >= last, "cut at \(cut): went back from \(last) to \(state)")
            last = state
            states.insert(state)
        }
        #expect(last == history.states.count - 1)
        #expect(states == Set(6...18), "every state in between is one that a cut can leave")
        #expect(try scratch.setAside().isEmpty)
    }

    /// Torn and lost frames: bytes within the log that never reached the disk. Everything from there on is lost, and
    /// nothing before it.
    @Test func aTornFrameInTheLogLosesOnlyWhatFollows() async throws {
        let journal = try await scratch.journal()
        var history = History()
        for index in 0..<8 { try await write(&history, journal, index) }
        try copy(scratch.path, to: scratch.path("whole"))
        let log = try Data(contentsOf: URL(fileURLWithPath: scratch.path("whole-wal")))
        let frame = Self.frameHeader + Self.pageSize
        let frames = (log.count - Self.logHeader) / frame
        // The frames of the schema are left alone: without them there is no journal yet, which is a state too.
        var random = SeededGenerator(seed: 5)
        for _ in 0..<60 {
            let number = Int.random(in: 0..<frames, using: &random)
            let start = Self.logHeader + number * frame
            var torn = log
            switch Int.random(in: 0..<3, using: &random) {
            case 0: torn.replaceSubrange(start..<start + frame, with: Data(count: frame))
            case 1:
                let half = start + Self.frameHeader + 512 * Int.random(in: 0..<8, using: &random)
                torn.replaceSubrange(half..<start + frame, with: Data(repeating: 0xEE, count: start + frame - half))
            default: torn[start + Int.random(in: 8..<frame, using: &random)] ^= 0x10
            }
            let path = scratch.path("torn")
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            try copy(scratch.path("whole"), to: path)
            try torn.write(to: URL(fileURLWithPath: path + "-wal"))
            _ = try await recover(path, history)
        }
    }
}
