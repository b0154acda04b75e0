import CosmoletTesting
import Foundation
import Glibc
import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

extension LabTests {
    /// SIGTERM of the northbound while one commit is in flight at FRR and others wait behind it.
    @Suite(.timeLimit(.minutes(5))) struct TerminatedNorthboundTests {
        private static let waitingCount = 5
        private static let edits = (0..<20).map { Sample.set($0 % 2 == 0 ? Sample.ipv4($0) : Sample.ipv6($0)) }

        private static let removals = edits.compactMap(\.network).map { NetworkEdit.remove($0.prefix) }

        @Test func whatIsInFlightEndsAndWhatWaitsIsRefused() async throws {
            try await NorthboundNode.each { node in
                let relay = try FrameRelay(
                    at: node.folder + "/relay.sock", to: node.node.managementSocket, framing: .mgmtd)
                defer { relay.stop() }
                let count = try await countFrames(node, relay)
                // From the locks to the reading back. Behind the last frame nothing is in flight any more.
                for part in 0..<6 { try await play(node, relay, heldAt: 1 + part * (count - 2) / 5) }
            }
        }

        /// The frames of a commit that nobody disturbs.
        private func countFrames(_ node: NorthboundNode, _ relay: FrameRelay) async throws -> Int {
            let northbound = try await node.start(through: relay.path)
            let client = try await node.client(of: northbound, name: "first")
            try await client.waitUntilServing()
            relay.begin()
            _ = try await client.commit(CommitRequest("first", Self.edits))
            let count = relay.end().frames.count
            _ = try await client.commit(CommitRequest("back", Self.removals))
            await client.close()
            await northbound.process.stop()
            try #require(count > 6)
            return count
        }

        private func play(_ node: NorthboundNode, _ relay: FrameRelay, heldAt frame: Int) async throws {
            let northbound = try await node.start(through: relay.path, options: ["--http", "127.0.0.1:0"])
            let client = try await node.client(of: northbound, name: "client")
            try await client.waitUntilServing()
            let before = try await client.listTransactions(TransactionFilter(limit: 1, isNewestFirst: true)).first
            let (held, goOn) = (Observed(false), DispatchSemaphore(value: 0))
            relay.begin(
                .act(step: frame) {
                    held.update { $0 = true }
                    _ = goOn.wait(timeout: .now() + 10)
                })
            async let first = client.outcome(of: CommitRequest("first-\(frame)", Self.edits))
            _ = try await held.wait(for: "frame \(frame)") { $0 }
            let refusals = Observed<[StatusCode?]>([])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<Self.waitingCount {
                    // The same prefixes, so that none rides with another.
                    let request = CommitRequest("waiting-\(frame)-\(number)", Self.edits)
                    group.addTask {
                        let answer = await client.outcome(of: request)
                        refusals.update { $0.append(answer.code) }
                    }
                }
                try await northbound.waitForWaitingCommits(1 + Self.waitingCount)
                northbound.process.signal(SIGTERM)
                // Refused while the first is held.
                _ = try await refusals.wait(for: "refusals") { $0.count == Self.waitingCount }
                try await group.waitForAll()
            }
            goOn.signal()
            #expect(refusals.value.allSatisfy { $0 == .unavailable }, "held at \(frame): \(refusals.value)")
            let record = try await first.get()
            try await northbound.process.waitForEnd()
            #expect(northbound.process.phase.value == .ended("exited(0)"))
            relay.end()
            #expect(try await node.running() == Set(Self.edits.compactMap(\.network)), "held at \(frame)")
            try await expectOneRecord(node, relay, record, after: before?.sequence ?? 0)
        }

        /// As the next process finds it, which takes the networks back for the next round.
        private func expectOneRecord(
            _ node: NorthboundNode, _ relay: FrameRelay, _ record: TransactionRecord, after sequence: Int64
        ) async throws {
            let next = try await node.start(through: relay.path)
            let client = try await node.client(of: next, name: "reader")
            try await client.waitUntilServing()
            let records = try await client.listTransactions(TransactionFilter(afterSequence: sequence))
            #expect(records == [record] && record.outcome == .applied)
            _ = try await client.commit(CommitRequest("back-\(record.sequence)", Self.removals))
            await client.close()
            await next.process.stop()
        }
    }
}

extension NorthboundProcess {
    /// Waits until so many commits wait for their turn or for FRR; needs `--http`.
    fileprivate func waitForWaitingCommits(_ count: Int) async throws {
        let address = try await httpAddress()
        try await eventually("\(count) commits wait") {
            try await HTTPProbe.get(address, "/metrics").body
                .contains("cosmolet_northbound_waiting_commits \(count)\n")
        }
    }

    /// Where metrics and probes are served, when the process was told to.
    func httpAddress() async throws -> String {
        struct Entry: Decodable {
            struct Metadata: Decodable { var address: String }
            var metadata: Metadata
        }
        let line = try await process.line(containing: "serving metrics and probes")
        return try JSONDecoder().decode(Entry.self, from: Data(line.utf8)).metadata.address
    }
}

extension Result where Success == TransactionRecord, Failure == NorthboundError {
    fileprivate var code: StatusCode? {
        if case .failure(let error) = self { error.code } else { nil }
    }
}

extension NetworkEdit {
    fileprivate var network: Network? {
        if case .set(let network) = self { network } else { nil }
    }
}
