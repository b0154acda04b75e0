import CosmoletAgent
import CosmoletTesting
import Foundation
import Logging
import Northbound
import Testing

@Suite struct CommitLogFileTests {
    private let folder: TestFolder
    private let dropped = Observed(0)

    init() throws { folder = try TestFolder() }

    private func log(_ path: String) -> CommitLogFile {
        CommitLogFile(.file(path), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { [dropped] in
            dropped.update { $0 += 1 }
        }
    }

    private func record(_ number: Int) -> TransactionRecord {
        TransactionRecord(
            sequence: Int64(number), id: "t\(number)", parent: nil, kind: .commit, requestID: "r\(number)",
            client: "test", cause: [], edits: [], capabilities: nil, startedAtMicroseconds: 0, outcome: .applied)
    }

    private func names(_ file: String) throws -> [String] {
        struct Line: Decodable { var id: String }
        return try folder.lines(file).map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).id }
    }

    @Test func appendsInOrder() async throws {
        let log = log(folder.path + "/log")
        for number in 1...500 { log.take(record(number)) }
        await log.flush()
        #expect(try names("log") == (1...500).map { "t\($0)" })
        #expect(dropped.value == 0)
    }

    @Test(arguments: [false, true]) func rotatedFileIsBegunAnew(isToldSo: Bool) async throws {
        let log = log(folder.path + "/log")
        log.take(record(1))
        await log.flush()
        try FileManager.default.moveItem(atPath: folder.path + "/log", toPath: folder.path + "/log.1")
        if isToldSo { log.reopen() }
        log.take(record(2))
        await log.flush()
        #expect(try names("log.1") == ["t1"])
        #expect(try names("log") == ["t2"])
    }

    @Test func failingFileLosesItsRecordsAndHeals() async throws {
        let log = log(folder.path + "/sub/log")
        log.take(record(1))
        log.take(record(2))
        await log.flush()
        #expect(dropped.value == 2)
        try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: false)
        log.take(record(3))
        await log.flush()
        #expect(try names("sub/log") == ["t3"])
        #expect(dropped.value == 2)
    }

    @Test func fullDeviceDropsButReturns() async {
        let log = log("/dev/full")
        log.take(record(1))
        await log.flush()
        #expect(dropped.value == 1)
    }
}
