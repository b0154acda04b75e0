import Journal
import NetworkTypes
import Northbound
import Testing

@Suite struct JournalExportTests {
    private func sample() throws -> TransactionRecord {
        var record = transaction(
            "t-1", [try edit("198.51.100.1/32", nil, .default), try edit("2001:db8::1/128", .drain, nil)],
            request: "r\n\u{2028}\"", cause: ["shop/web: x"], startedAt: 951_782_399_999_999, confirmBy: -1)
        record.sequence = 42
        record.phaseMicroseconds = [.commit: 4100]
        record.capabilities = ManagementCapabilities(
            provider: "mgmtd", dialect: "native", schema: "C", releases: "10.5-10.7", canReadState: true)
        return record
    }

    @Test func aRecordIsOneLineThatComesBackWhole() throws {
        let record = try sample()
        let line = JournalExport.encode(record)
        #expect(!line.contains("\n"))
        #expect(line.contains(#""started_at":"2000-02-28T23:59:59.999999Z""#))
        #expect(line.contains(#""confirm_by":"1969-12-31T23:59:59.999999Z""#))
        #expect(try JournalExport.decode(line) == .record(record))
    }

    @Test func theLineIsTheDocumentedOne() throws {
        var record = transaction("t-9", [try edit("198.51.100.1/32", nil, .default)], outcome: .applied)
        record.sequence = 9
        #expect(
            JournalExport.encode(record)
                == #"{"cause":[],"client":"agent","duration_us":0,"edits":[{"after":"default","#
                + #""prefix":"198.51.100.1/32"}],"id":"t-9","kind":"commit","outcome":"applied","phases_us":{},"#
                + #""request_id":"","sequence":9,"started_at":"1970-01-01T00:00:00.000000Z","started_at_us":0,"#
                + #""type":"record"}"#)
        let base = JournalBase(sequence: 41, networks: [try network("198.51.100.1/32")])
        #expect(
            JournalExport.encode(base)
                == #"{"networks":[{"class":"default","prefix":"198.51.100.1/32"}],"sequence":41,"type":"base"}"#)
        #expect(try JournalExport.decode(JournalExport.encode(base)) == .base(base))
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{\"type\":\"other\"}", "{\"type\":\"record\"}",
        "{\"type\":\"base\",\"sequence\":\"1\",\"networks\":[]}",
        "{\"type\":\"base\",\"sequence\":1,\"networks\":[{\"class\":\"UPPER\",\"prefix\":\"192.0.2.1\"}]}",
        "{\"type\":\"base\",\"sequence\":1,\"networks\":[{\"class\":\"default\",\"prefix\":\"192.0.2.1/24\"}]}",
    ])
    func badLinesAreRefusedWithTheirNumber(line: String) {
        let error = #expect(throws: JournalExport.Failure.self) { try JournalExport.decode(line, number: 3) }
        #expect(error?.description.hasPrefix("line 3: ") == true)
    }

    @Test(arguments: [
        (#"{"type":"base","sequence":1,"networks":[{"class":"default"}]}"#, "line 2: networks[0].prefix: is missing"),
        (
            #"{"type":"base","sequence":1,"networks":[{"class":"default","prefix":"192.0.2.1/24"}]}"#,
            "line 2: networks[0].prefix: "
        ),
        (#"{"type":"base","networks":[]}"#, "line 2: sequence: is missing"),
        (#"{"type":"record","sequence":7}"#, "line 2: id: is missing"),
        ("not json", "line 2: line: "),
    ])
    func aBadFileIsRefusedByLineAndField(line: String, start: String) throws {
        let good = JournalExport.encode(JournalBase(sequence: 6))
        let error = #expect(throws: JournalExport.Failure.self) { try JournalModel(lines: [good, line]) }
        #expect(error?.description.hasPrefix(start) == true, "\(String(describing: error))")
    }

    @Test func aFileThatLacksARecordIsRefusedByLine() throws {
        let lines = [JournalExport.encode(JournalBase(sequence: 6)), "", JournalExport.encode(try sample())]
        let error = #expect(throws: JournalExport.Failure.self) { try JournalModel(lines: lines) }
        #expect(error?.description == "line 3: sequence: record 42 does not follow: record 7 is missing")
    }

    @Test func damagedLinesNeverCrash() throws {
        var random = SeededGenerator(seed: 11)
        let line = Array(JournalExport.encode(try sample()).utf8)
        for _ in 0..<2000 {
            var bytes = line
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            _ = try? JournalExport.decode(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func aModelCountsLateOutcomesAtTheirPlaceAndNoticesGaps() throws {
        var model = JournalModel(JournalBase(sequence: 7, networks: [try network("192.0.2.1")]))
        func record(_ sequence: Int64, _ edit: RecordedEdit, _ outcome: TransactionOutcome) -> TransactionRecord {
            var record = transaction("t-\(sequence)", [edit], outcome: outcome)
            record.sequence = sequence
            return record
        }
        let late = record(8, try edit("192.0.2.2", nil, .default), .unknown)
        try model.add(late)
        try model.add(record(9, try edit("192.0.2.2", nil, .drain), .applied))
        #expect(model.networks == [try network("192.0.2.1"), try network("192.0.2.2", .drain)])
        #expect(model.settledSequence == 7)
        try model.add(late.finished(.applied))
        #expect(model.networks == [try network("192.0.2.1"), try network("192.0.2.2", .drain)])
        #expect(model.settledSequence == 9)
        #expect(throws: JournalModel.Gap.self) {
            try model.add(record(11, try edit("192.0.2.9", nil, .default), .applied))
        }
        #expect(model.lastSequence == 9)
    }
}
