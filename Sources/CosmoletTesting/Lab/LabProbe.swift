internal import Foundation
internal import Synchronization

/// Traffic from the host behind each router to VIPs, and on each node a program that answers it. `hack/lib/lab-probe` is
/// both; it sends one datagram each 10 ms on every flow, over more flows than there are paths.
public final class LabProbe: Sendable {
    /// What a sender has reported last.
    public struct Report: Sendable, Decodable {
        /// Datagrams so far.
        public var sent = 0
        /// Those that nobody has answered within a second.
        public var unanswered = 0
        /// Answers by node, in the 100 ms before.
        public var recent: [String: Int] = [:]
        /// The longest time between two rounds of sending, in milliseconds.
        public var gap = 0.0
        /// True for the last one.
        public var final = false
    }

    /// Reports of the sender behind each router, by the router's name; to wait on.
    public let reports = Observed<[String: Report]>([:])
    private let lab: Lab
    private let nodes: [LabDescription.Node]
    private let vips: [String]
    private let program: String
    private let senders = Mutex<[ManagedProcess]>([])
    private let answerers = Mutex<[String: ManagedProcess]>([:])

    private init(_ lab: Lab, _ nodes: [LabDescription.Node], _ vips: [String], program: String) {
        self.lab = lab
        self.nodes = nodes
        self.vips = vips
        self.program = program
    }

    /// Runs a closure while these nodes answer; then stops what was started and takes back what was changed.
    ///
    /// - Parameter vips: addresses that the routers have, or will have, routes for.
    public static func with(
        _ lab: Lab, nodes: [LabDescription.Node], vips: [String], _ body: @Sendable (LabProbe) async throws -> Void
    ) async throws {
        let program = URL(fileURLWithPath: lab.script).deletingLastPathComponent().path + "/lib/lab-probe"
        let probe = LabProbe(lab, nodes, vips, program: program)
        let result: Result<Void, any Error>
        do {
            for node in nodes {
                try await probe.route(node, "replace")
                try await probe.answer(on: node)
            }
            result = .success(try await body(probe))
        } catch {
            result = .failure(error)
        }
        for process in probe.senders.withLock({ $0 }) { await process.stop() }
        for node in nodes {
            await probe.stopAnswering(on: node)
            try await probe.route(node, "del")
        }
        try result.get()
    }

    /// Lets the node take the VIPs as its own, as kube-proxy would.
    private func route(_ node: LabDescription.Node, _ action: String) async throws {
        for vip in vips {
            try await Command.run("ip", ["-n", node.namespace, "route", action, "local", vip, "dev", "lo"])
        }
    }

    // MARK: - Nodes

    /// Lets a node answer.
    public func answer(on node: LabDescription.Node) async throws {
        let process = run(in: node.namespace, ["answer", "--name", node.name] + vips) { _ in }
        answerers.withLock { $0[node.name] = process }
        _ = try await process.line(containing: "ready")
    }

    /// Lets it answer no more, at once.
    public func stopAnswering(on node: LabDescription.Node) async {
        let process = answerers.withLock { $0.removeValue(forKey: node.name) }
        await process?.stop()
    }

    // MARK: - Senders

    /// Begins to send behind each router.
    public func begin() {
        reports.update { $0 = [:] }
        let reports = reports
        let started = lab.description.routers.map { router in
            run(in: router.hostNamespace, ["send"] + vips) { line in
                guard let report = try? JSONDecoder().decode(Report.self, from: Data(line.utf8)) else { return }
                reports.update { $0[router.name] = report }
            }
        }
        senders.withLock { $0 = started }
    }

    /// Ends sending, and returns the last report of each sender.
    ///
    /// - Throws: `DeadlineExceeded`, with what is missing.
    public func end() async throws -> [String: Report] {
        for sender in senders.withLock({ $0 }) { sender.signal(SIGTERM) }
        let count = lab.description.routers.count
        return try await reports.wait(for: "last reports of the senders", timeout: .seconds(10)) { reports in
            reports.values.count(where: \.final) == count
        }
    }

    /// Waits until the datagrams behind each router are answered by these nodes, by all of them and by no others.
    ///
    /// - Throws: `DeadlineExceeded`, with the last reports.
    public func expectAnswers(from nodes: [LabDescription.Node]) async throws {
        let names = Set(nodes.map(\.name))
        let count = lab.description.routers.count
        _ = try await reports.wait(for: "answers from \(names.sorted())", timeout: .seconds(10)) { reports in
            reports.count == count && reports.values.allSatisfy { Set($0.recent.keys) == names }
        }
    }

    private func run(
        in namespace: String, _ arguments: [String], onLine: @escaping @Sendable (String) -> Void
    ) -> ManagedProcess {
        ManagedProcess(
            name: "lab-probe \(arguments[0]) in \(namespace)", "ip", ["netns", "exec", namespace, program] + arguments,
            onLine: onLine)
    }
}
