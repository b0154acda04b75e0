internal import CosmoletTesting
internal import FRRManagement
internal import NetworkTypes
internal import Northbound
internal import NorthboundRPC

/// One VIP at a time: what FRR takes, and what the northbound adds to it.
///
/// Both ways do the same with mgmtd, read-back included, in turns, so that both see the same machine.
struct CommitSuite: BenchSuite {
    let name = "commit"
    let purpose = "one VIP at a time, by a session alone and through the northbound (ZeroMQ, policy, durable journal)"

    /// What the northbound may add, p50, in milliseconds.
    private static let addedLimit = 5.0

    func run(_ bench: Bench) async throws -> [Measurement] {
        var result: [Measurement] = []
        for node in bench.nodes {
            for count in [100, 1000] { result += try await measure(bench, node, count: count) }
        }
        return result
    }

    private struct Samples {
        var bare: [Duration] = []
        var northbound: [Duration] = []
        /// Pairs of one round.
        var added: [Duration] { zip(northbound, bare).map { $0 - $1 } }
    }

    private func measure(_ bench: Bench, _ node: LabDescription.Node, count: Int) async throws -> [Measurement] {
        try await bench.withSession(node) { session in
            try await Bench.commit((0..<count).map { .set(Network(prefix: Bench.vip($0))) }, session)
            return try await bench.withNorthbound(node) { _, client in
                var samples: [String: Samples] = [:]
                for round in 0...bench.samples {
                    for (change, edit) in [
                        ("announce", NetworkEdit.set(Network(prefix: Bench.vip(count)))),
                        ("withdraw", NetworkEdit.remove(Bench.vip(count))),
                    ] {
                        let bare = try await Bench.time { try await Bench.commit([edit], session) }
                        // Another VIP of the same family: one of its own for each way.
                        let its = edit.moved(to: Bench.vip(count + 2))
                        let through = try await Bench.time {
                            _ = try await client.commit(
                                CommitRequest(requestID: "\(round)-\(change)", client: "bench", edits: [its]))
                        }
                        // The first round warms up.
                        guard round > 0 else { continue }
                        samples[change, default: Samples()].bare.append(bare)
                        samples[change, default: Samples()].northbound.append(through)
                    }
                }
                return samples.sorted { $0.key < $1.key }.flatMap { change, samples in
                    let what = "\(change) at \(count) VIPs"
                    return [
                        Measurement(node.frrVersion, "\(what), session alone", samples.bare),
                        Measurement(node.frrVersion, "\(what), northbound", samples.northbound),
                        Measurement(node.frrVersion, "\(what), added", samples.added).withTarget(Self.addedLimit),
                    ]
                }
            }
        }
    }
}

extension NetworkEdit {
    /// The same change of another prefix.
    fileprivate func moved(to prefix: IPPrefix) -> NetworkEdit {
        switch self {
        case .set(let network): .set(Network(prefix: prefix, attributeClass: network.attributeClass))
        case .remove: .remove(prefix)
        }
    }
}
