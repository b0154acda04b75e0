import Foundation
import Journal
import Logging
import NetworkTypes
import Northbound
import Testing

/// What the journal adds to a commit, printed. The device decides most of it, so the durable time is printed beside what
/// two writes with fsync take in the same folder; our own part is measured in memory. The limits are far away: a busy
/// machine makes an fsync wait for its turn.
@Suite(.serialized) struct JournalSpeedTests {
    private let clock = ContinuousClock()

    private func record(_ index: Int) throws -> TransactionRecord {
        transaction(
            "11111111-2222-4333-8444-\(index)",
            [try edit("198.51.\(index / 250 % 16).\(index % 250)/32", nil, index % 5 == 4 ? nil : .default)],
            request: "request-\(index)", cause: ["shop/web-\(index % 50): 198.51.100.1 EndpointOnNode"])
    }

    private func summary(_ times: [Duration]) -> (p50: Duration, text: String) {
        let sorted = times.sorted()
        let milliseconds = { (time: Duration) in "\((time / .microseconds(10)).rounded() / 100) ms" }
        let p50 = sorted[sorted.count / 2]
        return (p50, "p50 \(milliseconds(p50)), p99 \(milliseconds(sorted[sorted.count * 99 / 100]))")
    }

    private func commitTimes(_ journal: SQLiteJournal, _ range: Range<Int>) async throws -> [Duration] {
        var times: [Duration] = []
        for index in range {
            let record = try record(index)
            let start = clock.now
            try await journal.commit(record)
            times.append(start.duration(to: clock.now))
        }
        return times
    }

    @Test func beginAndFinishOfOneVIP() async throws {
        let scratch = try Scratch()
        let journal = try await scratch.journal()
        let durable = summary(try await commitTimes(journal, 0..<800))
        let bare = summary(try syncTimes(scratch.path("bare"), count: 200))
        print("begin+finish of one VIP, durable: \(durable.text); two bare fsync here: \(bare.text)")
        #expect(durable.p50 < .milliseconds(50))
    }

    /// The same without a device below, and what reading back costs after thousands of records.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/shm"), "there is no /dev/shm"))
    func ownPartOfBeginAndFinish() async throws {
        let path = "/dev/shm/cosmolet-journal-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let configuration = JournalConfiguration(now: { 0 })
        var journal = try await SQLiteJournal.open(
            at: path + "/journal.db", configuration: configuration, logger: .quiet)
        let own = summary(try await commitTimes(journal, 0..<3000))
        print("begin+finish of one VIP, in memory: \(own.text)")
        #expect(own.p50 < .milliseconds(10))
        await journal.close()
        let start = clock.now
        journal = try await SQLiteJournal.open(at: path + "/journal.db", configuration: configuration, logger: .quiet)
        let opened = clock.now
        let networks = try await journal.networks(after: nil)
        let replayed = clock.now
        let page = try await journal.records(TransactionFilter(limit: 1000))
        let listed = clock.now
        print(
            "journal of 3,000 records: open \(start.duration(to: opened)), \(networks.count) networks "
                + "\(opened.duration(to: replayed)), list of \(page.count) \(replayed.duration(to: listed))")
        await journal.close()
    }

    private func syncTimes(_ path: String, count: Int) throws -> [Duration] {
        try Data().write(to: URL(fileURLWithPath: path))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        return try (0..<count).map { _ in
            let start = clock.now
            for _ in 0..<2 {
                try handle.write(contentsOf: Data(count: 20_000))
                try handle.synchronize()
            }
            return start.duration(to: clock.now)
        }
    }
}
