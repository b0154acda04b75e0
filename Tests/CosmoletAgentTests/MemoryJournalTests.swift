import CosmoletAgent
import NetworkTypes
import Northbound
import Testing

@Suite struct MemoryJournalTests {
    private func network(_ number: Int) -> Network {
        Network(prefix: IPPrefix(host: IPAddress("198.51.100.\(number)")!))
    }

    private func record(_ number: Int, _ outcome: TransactionOutcome = .applied) -> TransactionRecord {
        TransactionRecord(
            id: "t\(number)", parent: nil, kind: .commit, requestID: "r\(number)", client: "test",
            cause: ["shop/s\(number): announced"],
            edits: [RecordedEdit(prefix: network(number).prefix, before: nil, after: .default)], capabilities: nil,
            startedAtMicroseconds: Int64(number), outcome: outcome)
    }

    @Test func forgetsTheOldestButNotWhatTheyAnnounced() async throws {
        let journal = MemoryJournal(limit: 3)
        for number in 1...10 { _ = try await journal.begin(record(number)) }
        #expect(try await journal.records(TransactionFilter()).map(\.id) == ["t8", "t9", "t10"])
        #expect(try await journal.networks(after: nil) == Set((1...10).map(network)))
        #expect(try await journal.networks(after: "t9") == Set((1...9).map(network)))
        #expect(try await journal.head() == ("t10", 10))
        await #expect(throws: JournalError.self) { _ = try await journal.networks(after: "t7") }
    }

    @Test func keepsWhatIsInDoubtAndAllBehindIt() async throws {
        let journal = MemoryJournal(limit: 2)
        var doubtful = try await journal.begin(record(1, .pending))
        for number in 2...5 { _ = try await journal.begin(record(number)) }
        #expect(try await journal.inDoubt().map(\.id) == ["t1"])
        doubtful.outcome = .rejected
        try await journal.finish(doubtful)
        _ = try await journal.begin(record(6))
        #expect(try await journal.records(TransactionFilter()).map(\.id) == ["t5", "t6"])
        #expect(try await journal.networks(after: nil) == Set((2...6).map(network)))
    }

    @Test func filtersAndRefusesDuplicates() async throws {
        let journal = MemoryJournal()
        for number in 1...4 { _ = try await journal.begin(record(number, number == 2 ? .rejected : .applied)) }
        func ids(_ filter: TransactionFilter) async throws -> [String] { try await journal.records(filter).map(\.id) }
        #expect(try await ids(TransactionFilter(afterSequence: 2)) == ["t3", "t4"])
        #expect(try await ids(TransactionFilter(sinceMicroseconds: 2, untilMicroseconds: 4)) == ["t2", "t3"])
        #expect(try await ids(TransactionFilter(within: try IPPrefix("198.51.100.4/31"))) == ["t4"])
        #expect(try await ids(TransactionFilter(service: "shop/s3")) == ["t3"])
        #expect(try await ids(TransactionFilter(outcomes: [.rejected])) == ["t2"])
        #expect(try await ids(TransactionFilter(limit: 2, isNewestFirst: true)) == ["t4", "t3"])
        await #expect(throws: JournalError.self) { _ = try await journal.begin(record(1)) }
        // Only a request that was rejected may be there again; the newest counts.
        for (id, number) in [("again", 1), ("once more", 2)] {
            var repeated = record(number)
            repeated.id = id
            if number == 1 {
                await #expect(throws: JournalError.self) { _ = try await journal.begin(repeated) }
            } else {
                _ = try await journal.begin(repeated)
                #expect(try await journal.record(requestID: "r2", client: "test")?.id == id)
            }
        }
    }
}
