import FoundationEssentials
import KubeSim
import Kubernetes
import Synchronization

/// Brings a load into an API server and then changes it.
struct Loader: Sendable {
    let plan: LoadPlan
    let client: KubernetesClient
    /// Called with each line for people.
    let report: @Sendable (String) -> Void

    /// Requests under way at a time.
    private static let lanes = 16
    private static let reportPeriod = Duration.seconds(5)

    // MARK: - Creating

    /// Creates everything. Fails at the first request that is refused.
    func create() async throws {
        do {
            try await send("POST", "/api/v1/namespaces", plan.namespaceObject)
        } catch let error as KubernetesError where error.code == .conflict {
            throw LoadError(
                "the namespace \(plan.namespace) exists already; delete it, or name another with --namespace")
        }
        try await createNode()
        let services = "/api/v1/namespaces/\(plan.namespace)/services"
        let slices = "/apis/discovery.k8s.io/v1/namespaces/\(plan.namespace)/endpointslices"
        try await all("services", plan.services) { try await send("POST", services, plan.service($0)) }
        try await all("addresses", plan.services) {
            try await send(
                "PATCH", "\(services)/\(LoadPlan.name($0))/status", plan.status(ofService: $0),
                type: "application/merge-patch+json")
        }
        try await all("slices", plan.slices) { try await send("POST", slices, plan.slice($0)) }
        report("loaded \(plan.services) services, \(plan.slices) slices, \(plan.endpoints) endpoints")
    }

    /// A node that is there already stays as it is.
    private func createNode() async throws {
        guard let node = plan.node, let object = plan.nodeObject else { return }
        do {
            try await send("POST", "/api/v1/nodes", object)
        } catch let error as KubernetesError where error.code == .conflict {
            return
        }
        // Over HTTP a status is not taken with a new object.
        try await send(
            "PATCH", "/api/v1/nodes/\(node)/status", ["status": object["status"] ?? [:]],
            type: "application/merge-patch+json")
    }

    private func all(_ what: String, _ count: Int, _ one: @escaping @Sendable (Int) async throws -> Void) async throws {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<Self.lanes {
                group.addTask {
                    for index in stride(from: lane, to: count, by: Self.lanes) { try await one(index) }
                }
            }
            try await group.waitForAll()
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        report("\(what): \(count) in \(Self.text(seconds)) s, \(Self.text(Double(count) / max(seconds, 0.001)))/s")
    }

    // MARK: - Churn

    private struct Counts: Sendable {
        var done = 0
        var failed = 0
        var lastFailure = ""
        /// In milliseconds, since the last report.
        var latencies: [Double] = []
    }

    private final class Tally: Sendable {
        let counts = Mutex(Counts())
    }

    /// Makes so many changes a second until the task is cancelled or the time is over. A change that fails is counted
    /// and not made up for.
    func churn(rate: Double, duration: Duration?) async {
        let tally = Tally()
        let start = ContinuousClock.now
        let lanes = max(1, min(Self.lanes, Int(rate), plan.slices))
        await withTaskGroup(of: Void.self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    await churn(lane, of: lanes, rate: rate, from: start, duration: duration, tally)
                }
            }
            group.addTask {
                while (try? await ContinuousClock().sleep(for: Self.reportPeriod)) != nil {
                    let (seen, total) = tally.counts.withLock { counts in
                        defer { counts.latencies = [] }
                        return (counts.latencies.sorted(), counts)
                    }
                    report(Self.line(seen, total, period: Self.reportPeriod))
                }
            }
            for _ in 0..<lanes { _ = await group.next() }
            group.cancelAll()
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        let end = tally.counts.withLock(\.self)
        report(
            "made \(end.done) changes in \(Self.text(seconds)) s, \(Self.text(Double(end.done) / max(seconds, 0.001)))/s, "
                + "\(end.failed) failed" + (end.failed > 0 ? ": \(end.lastFailure)" : ""))
    }

    private func churn(
        _ lane: Int, of lanes: Int, rate: Double, from start: ContinuousClock.Instant, duration: Duration?,
        _ tally: Tally
    ) async {
        let path = "/apis/discovery.k8s.io/v1/namespaces/\(plan.namespace)/endpointslices/"
        var changes = LoadChurn(plan, lane: lane, of: lanes)
        var number = lane
        while !Task.isCancelled {
            let due = Duration.seconds(Double(number) / rate)
            if let duration, due >= duration { return }
            guard (try? await ContinuousClock().sleep(until: start + due)) != nil, let change = changes.next() else {
                return
            }
            let begin = ContinuousClock.now
            do {
                try await send("PATCH", path + change.slice, change.patch, type: "application/json-patch+json")
                let milliseconds = begin.duration(to: .now) / .milliseconds(1)
                tally.counts.withLock { counts in
                    counts.done += 1
                    counts.latencies.append(milliseconds)
                }
            } catch {
                guard !Task.isCancelled else { return }
                tally.counts.withLock { counts in
                    counts.failed += 1
                    counts.lastFailure = "\(error)"
                }
            }
            number += lanes
        }
    }

    private static func line(_ latencies: [Double], _ total: Counts, period: Duration) -> String {
        func percentile(_ percent: Int) -> String {
            latencies.isEmpty ? "-" : text(latencies[max(0, (latencies.count * percent + 99) / 100 - 1)])
        }
        return "churn: \(text(Double(latencies.count) / (period / .seconds(1))))/s, p50 \(percentile(50)) ms, "
            + "p99 \(percentile(99)) ms; \(total.done) changes, \(total.failed) failed"
    }

    // MARK: - Requests

    private func send(_ method: String, _ path: String, _ body: JSONValue, type: String = "application/json")
        async throws
    {
        _ = try await client.request(
            APIRequest(method: method, path: path, body: Array(body.text.utf8), contentType: type))
    }

    /// With one digit behind the point.
    private static func text(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}

/// Why a load could not be made.
struct LoadError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
