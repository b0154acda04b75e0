import Journal
import NetworkTypes
import Northbound
import Testing

/// Each condition of a filter alone, and all of them against a slow obvious version.
@Suite struct TransactionFilterTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func withinIsExactAtTheEdgesOfAPrefix() async throws {
        let journal = try await scratch.journal()
        let prefixes = [
            "198.51.99.255/32", "198.51.100.0/32", "198.51.100.0/24", "198.51.100.0/23", "198.51.100.255/32",
            "198.51.101.0/32", "255.255.255.255/32", "2001:db8::/32", "2001:db8::1/128", "2001:db9::/128",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "::c633:6400/128",
        ]
        for prefix in prefixes { try await journal.commit(transaction(prefix, [try edit(prefix, nil, .default)])) }
        for within in ["198.51.100.0/24", "0.0.0.0/0", "::/0", "2001:db8::/32", "255.255.255.255/32"] {
            let filter = TransactionFilter(within: try IPPrefix(within))
            let expected = try prefixes.filter { try IPPrefix(within).contains(try IPPrefix($0)) }
            #expect(try await journal.records(filter).map(\.id) == expected, "\(within)")
        }
    }

    @Test(arguments: [
        ("shop/web: 198.51.100.1 EndpointOnNode", true), ("shop/web:", true), ("shop/web 198.51.100.1", false),
        ("shop/web2: x", false), ("a/shop/web: x", false), (" shop/web: x", false), ("for shop/web: x", false),
        ("shop/web", false), ("SHOP/web: x", false),
    ])
    func serviceIsExactOnNamespaceAndName(cause: String, isNamed: Bool) async throws {
        let journal = try await scratch.journal()
        try await journal.commit(transaction("t-1", cause: ["other/one: x", cause]))
        #expect(try await journal.records(TransactionFilter(service: "shop/web")).count == (isNamed ? 1 : 0))
        #expect(try await journal.records(TransactionFilter(service: "other/one")).count == 1)
    }

    @Test func limitAndOrderPageThroughAllRecords() async throws {
        let journal = try await scratch.journal()
        for index in 1...25 { try await journal.commit(transaction("t-\(index)")) }
        var cursor: Int64 = 0
        var pages: [[Int64]] = []
        while true {
            let page = try await journal.records(TransactionFilter(afterSequence: cursor, limit: 10)).map(\.sequence)
            guard let last = page.last else { break }
            pages.append(page)
            cursor = last
        }
        #expect(pages == [Array(1...10), Array(11...20), Array(21...25)])
        let newest = try await journal.records(TransactionFilter(afterSequence: 20, limit: 3, isNewestFirst: true))
        #expect(newest.map(\.sequence) == [25, 24, 23])
        #expect(try await journal.records(TransactionFilter(limit: 0)).isEmpty)
        #expect(try await journal.records(TransactionFilter(limit: -1)).isEmpty)
    }

    @Test func allConditionsTogetherAgreeWithASlowVersion() async throws {
        var random = SeededGenerator(seed: 7)
        let journal = try await scratch.journal()
        var records: [TransactionRecord] = []
        for index in 0..<300 {
            var edits: [RecordedEdit] = []
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let address = "198.51.\(Int.random(in: 0...3, using: &random)).\(Int.random(in: 0...9, using: &random))"
                edits.append(try edit(address, nil, .default))
            }
            let record = transaction(
                "t-\(index)", edits, cause: ["ns/\(Int.random(in: 0...4, using: &random)): x"],
                startedAt: Int64.random(in: 0...100, using: &random))
            let outcome = TransactionOutcome.allCases.randomElement(using: &random) ?? .applied
            records.append(try await journal.commit(record, outcome))
        }
        for _ in 0..<200 {
            var filter = TransactionFilter(
                afterSequence: .random(in: 0...150, using: &random), limit: .random(in: 1...80, using: &random),
                isNewestFirst: .random(using: &random))
            if Bool.random(using: &random) { filter.sinceMicroseconds = .random(in: 0...60, using: &random) }
            if Bool.random(using: &random) { filter.untilMicroseconds = .random(in: 40...101, using: &random) }
            if Bool.random(using: &random) { filter.within = try IPPrefix("198.51.2.0/23") }
            if Bool.random(using: &random) { filter.service = "ns/\(Int.random(in: 0...5, using: &random))" }
            if Bool.random(using: &random) { filter.outcomes = [.applied, .unknown] }
            var expected = records.filter { filter.slowlyMatches($0) }
            if filter.isNewestFirst { expected.reverse() }
            #expect(try await journal.records(filter) == Array(expected.prefix(filter.limit)), "\(filter)")
        }
    }
}

extension TransactionFilter {
    fileprivate func slowlyMatches(_ record: TransactionRecord) -> Bool {
        let isInTime =
            record.startedAtMicroseconds >= sinceMicroseconds ?? .min
            && record.startedAtMicroseconds < untilMicroseconds ?? .max
        let isInside = within.map { within in record.edits.contains { within.contains($0.prefix) } } ?? true
        let isNamed = service.map { service in record.cause.contains { $0.hasPrefix("\(service): ") } } ?? true
        return record.sequence > afterSequence && isInTime && isInside && isNamed
            && (outcomes.isEmpty || outcomes.contains(record.outcome))
    }
}
