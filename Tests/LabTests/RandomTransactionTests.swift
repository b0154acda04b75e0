import CosmoletTesting
import Foundation
import Journal
import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

extension LabTests {
    /// 10,000 random transactions, half of them on each release, and what the journal makes of them.
    @Suite(.timeLimit(.minutes(20))) struct RandomTransactionTests {
        @Test func journalRebuildsTheTableAfterRandomTransactions() async throws { try await RandomRun.all(.mgmtd) }
    }
}

extension ModuleLabTests {
    /// The same through the module inside bgpd.
    @Suite(.timeLimit(.minutes(20))) struct ModuleRandomTransactionTests {
        @Test func journalRebuildsTheTableAfterRandomTransactions() async throws { try await RandomRun.all(.bgpd) }
    }
}

/// One northbound under random transactions, and what its records must come to.
private struct RandomRun {
    private let node: NorthboundNode
    private let northbound: NorthboundProcess
    private let clients: [NorthboundClient]
    private var transactions: RandomTransactions
    private var chain = RecordChain()
    private(set) var count = 0
    private var steps = 0
    private var samples = 0
    private var refused = 0
    private var recordsExpected: Int64 = 0
    private var rollbacks = 0
    private var repeats = 0
    /// The last items, by client, that were made.
    private var made: [(client: Int, item: RandomTransactions.Item)] = []
    /// What was there after a step, and the record that came last.
    private var marks: [(id: String, networks: Set<Network>)] = []

    /// `COSMOLET_RANDOM_SEED` repeats a run, `COSMOLET_RANDOM_TRANSACTIONS` says how many on each release.
    private static func number<Number: LosslessStringConvertible>(_ variable: String) -> Number? {
        ProcessInfo.processInfo.environment[variable].flatMap(Number.init)
    }

    /// A run on each release.
    static func all(_ provider: NorthboundNode.Provider) async throws {
        let seed: UInt64 = number("COSMOLET_RANDOM_SEED") ?? .random(in: 1...999_999)
        let count = number("COSMOLET_RANDOM_TRANSACTIONS") ?? 5000
        try #require(count > 0)
        print("random transactions: COSMOLET_RANDOM_SEED=\(seed), \(count) on each release")
        try await NorthboundNode.each(provider) { node in
            let start = ContinuousClock.now
            var run = try await RandomRun(node, seed: seed)
            while run.count < count { try await run.step(atMost: count - run.count) }
            try await run.compareExport()
            print("random transactions: \(node.release): \(run.summary), \(start.duration(to: .now))")
        }
    }

    init(_ node: NorthboundNode, seed: UInt64) async throws {
        self.node = node
        northbound = try await node.start(options: RandomTransactions.options)
        var clients: [NorthboundClient] = []
        for name in ["one", "two", "three"] { clients.append(try await node.client(of: northbound, name: name)) }
        self.clients = clients
        transactions = RandomTransactions(seed: seed)
        try await clients[0].waitUntilServing()
    }

    var summary: String {
        "\(count) transactions in \(steps) steps, \(refused) refused by policy, "
            + "\(rollbacks) rollbacks, \(repeats) repeated; \(chain.lastSequence) records; "
            + "journal and FRR agree at \(samples) sampled points"
    }

    /// One step, then the new records; each tenth time they are compared with FRR.
    mutating func step(atMost limit: Int) async throws {
        let step = transactions.next(atMost: limit)
        count += step.count
        steps += 1
        switch step {
        case .commits(let items): await commit(items)
        case .rollback(let requestID, let position): try await rollback(requestID, position)
        case .repeat(let back): await repeatCommit(back)
        }
        try await takeRecords()
        guard steps % 10 == 0 else { return }
        samples += 1
        let running = try await node.running()
        try #require(running == chain.networks, "after \(count) transactions, \(chain.lastSequence) records")
    }

    private mutating func commit(_ items: [RandomTransactions.Item]) async {
        await withTaskGroup(of: Void.self) { group in
            for (index, item) in items.enumerated() {
                let client = clients[index % clients.count]
                group.addTask { await Self.expect(item, await client.outcome(of: item.request)) }
                made.append((index % clients.count, item))
            }
        }
        made.removeFirst(max(0, made.count - 100))
        for item in items {
            switch item.expectation {
            case .refused: refused += 1
            case .applied: recordsExpected += 1
            }
        }
    }

    private static func expect(
        _ item: RandomTransactions.Item, _ result: Result<TransactionRecord, NorthboundError>
    ) async {
        switch (item.expectation, result) {
        case (.applied, .success(let record)):
            #expect(record.outcome == .applied && record.requestID == item.request.requestID)
        case (.refused(let code), .failure(let error)): #expect(error.code == code)
        default: Issue.record("request \(item.request.requestID) of \(item.request.edits): \(result)")
        }
    }

    private mutating func rollback(_ requestID: String, _ position: Double) async throws {
        guard !marks.isEmpty else { return }
        let mark = marks[Int(position * Double(marks.count))]
        let record = try await clients[0].rollback(to: mark.id, requestID: requestID, client: "")
        #expect(record.kind == .rollback && record.outcome == .applied)
        rollbacks += 1
        recordsExpected += 1
        try await takeRecords()
        #expect(chain.networks == mark.networks)
    }

    /// The first outcome again, and no second record.
    private mutating func repeatCommit(_ back: Int) async {
        guard !made.isEmpty else { return }
        let (client, item) = made[made.count - 1 - back % made.count]
        let result = await clients[client].outcome(of: item.request)
        repeats += 1
        await Self.expect(item, result)
    }

    private mutating func takeRecords() async throws {
        let records = try await clients[0].listTransactions(TransactionFilter(afterSequence: chain.lastSequence))
        chain.add(records)
        #expect(records.allSatisfy { $0.kind == .commit || $0.kind == .rollback })
        #expect(chain.lastSequence == recordsExpected)
        if let last = records.last(where: { $0.outcome == .applied }) { marks.append((last.id, chain.networks)) }
    }

    /// The export alone rebuilds what FRR has.
    func compareExport() async throws {
        let text = try await node.cosmolet("commits", "export", "--northbound", northbound.endpoint)
        let file = node.folder + "/commits.jsonl"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let model = try JournalModel(lines: text.split(separator: "\n"))
        let running = try await node.running()
        #expect(model.networks == running)
        #expect(try await node.networks("commits", "replay", file) == running)
        #expect(model.lastSequence == recordsExpected)
    }
}
