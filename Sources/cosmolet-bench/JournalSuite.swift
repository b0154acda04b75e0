internal import Foundation
internal import Journal
internal import Logging
internal import NetworkTypes
internal import Northbound

/// The durable part of a commit by itself: intent and result, each on the disk when the call returns.
struct JournalSuite: BenchSuite {
    let name = "journal"
    let purpose = "intent and result of a transaction of one VIP, durable in SQLite, and 4 kB with fsync beside it"

    func run(_ bench: Bench) async throws -> [Measurement] {
        let folder = "\(bench.folder)/journal-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let journal = try await SQLiteJournal.open(
            at: folder + "/journal.sqlite", logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        var begun: [Duration] = []
        var finished: [Duration] = []
        for number in 0..<bench.samples {
            var record = TransactionRecord(
                id: UUID().uuidString, parent: nil, kind: .commit, requestID: "\(number)", client: "bench",
                cause: ["shop/web: 198.51.100.1 EndpointOnNode"],
                edits: [RecordedEdit(prefix: Bench.vip(number), before: nil, after: .default)], capabilities: nil,
                startedAtMicroseconds: 0)
            begun.append(try await Bench.time { record = try await journal.begin(record) })
            record.outcome = .applied
            finished.append(try await Bench.time { try await journal.finish(record) })
        }
        await journal.close()
        return [
            Measurement("-", "intent written", begun), Measurement("-", "result written", finished),
            Measurement("-", "4 kB and fsync, the device alone", try syncs(folder, bench.samples)),
        ]
    }

    private func syncs(_ folder: String, _ count: Int) throws -> [Duration] {
        let path = folder + "/device"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        guard let file = FileHandle(forWritingAtPath: path) else { throw BenchError("\(path) cannot be written") }
        let page = Data(repeating: 1, count: 4096)
        var durations: [Duration] = []
        for _ in 0..<count {
            let start = ContinuousClock.now
            try file.write(contentsOf: page)
            try file.synchronize()
            durations.append(start.duration(to: .now))
        }
        try file.close()
        return durations
    }
}
