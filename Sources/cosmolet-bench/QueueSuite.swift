internal import CosmoletTesting
internal import NetworkTypes
internal import Northbound
internal import NorthboundRPC

/// A thousand clients' worth of requests at once: time until the last is answered, and the northbound's memory.
struct QueueSuite: BenchSuite {
    let name = "queue"
    let purpose = "1,000 requests of one VIP each, queued at once: time until all are answered, resident memory"

    /// Resident, at most, in MB.
    private static let memoryLimit = 64.0
    private static let count = 1000

    func run(_ bench: Bench) async throws -> [Measurement] {
        var result: [Measurement] = []
        for node in bench.nodes { result += try await measure(bench, node) }
        return result
    }

    private func measure(_ bench: Bench, _ node: LabDescription.Node) async throws -> [Measurement] {
        try await bench.withSession(node) { _ in
            try await bench.withNorthbound(node) { northbound, client in
                guard let idle = northbound.memory else { throw BenchError("the northbound has ended") }
                let announced = try await all(client, "announce") { .set(Network(prefix: Bench.vip($0))) }
                let withdrawn = try await all(client, "withdraw") { .remove(Bench.vip($0)) }
                guard let busy = northbound.memory else { throw BenchError("the northbound has ended") }
                let count = try await appliedCount(client)
                guard count == 2 * Self.count else {
                    throw BenchError("\(count) applied records instead of \(2 * Self.count)")
                }
                let megabytes = { (bytes: Int) in [Double(bytes) / 1_048_576] }
                return [
                    Measurement(node.frrVersion, "\(Self.count) announced at once", [announced]),
                    Measurement(node.frrVersion, "\(Self.count) withdrawn at once", [withdrawn]),
                    Measurement(node.frrVersion, "resident before", unit: "MB", megabytes(idle.resident)),
                    Measurement(node.frrVersion, "resident after", unit: "MB", megabytes(busy.resident)),
                    Measurement(node.frrVersion, "resident at most", unit: "MB", megabytes(busy.peak))
                        .withTarget(Self.memoryLimit),
                ]
            }
        }
    }

    private func appliedCount(_ client: NorthboundClient) async throws -> Int {
        var filter = TransactionFilter(outcomes: [.applied])
        var count = 0
        while true {
            let page = try await client.listTransactions(filter)
            guard let last = page.last else { return count }
            count += page.count
            filter.afterSequence = last.sequence
        }
    }

    private func all(
        _ client: NorthboundClient, _ name: String, _ edit: @escaping @Sendable (Int) -> NetworkEdit
    ) async throws -> Duration {
        try await Bench.time {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<Self.count {
                    group.addTask {
                        _ = try await client.commit(
                            CommitRequest(requestID: "\(name)-\(number)", client: "bench", edits: [edit(number)]))
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
