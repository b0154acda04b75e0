import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

extension FaultMatrixTests {
    /// Somebody else works on FRR's configuration.
    @Suite(.timeLimit(.minutes(10))) struct Locks {
        @Test func aLockOfAnotherIsWaitedForWithinBoundsAndThenAborts() async throws {
            let networks = try MatrixNetworks()
            for provider in try MatrixEnvironment.providers() {
                guard let connect = provider.operatorSession else { continue }
                try await MatrixRig.with(provider) { rig in
                    try await rig.reset(to: networks.old)
                    let other = try await connect()
                    try await other.lock()
                    rig.relay.begin()
                    let start = ContinuousClock.now
                    let answer = try await rig.commit("locked", networks.edits)
                    let elapsed = start.duration(to: .now)
                    let requests = rig.relay.end().frames.count { $0.direction == .toServer }
                    guard case .failure(let error) = answer else {
                        Issue.record("FRR \(provider.frrVersion): committed under somebody else's lock")
                        return
                    }
                    #expect(error.code == .aborted, "\(error)")
                    // 2 s in pauses of 20 to 100 ms: retried, and not in a tight loop.
                    #expect((10...101).contains(requests), "\(requests) requests in \(elapsed)")
                    #expect(elapsed >= .seconds(2) && elapsed < .seconds(60))
                    #expect(rig.diary.value.lockRefusals > 0)
                    #expect(try await rig.networks() == networks.old)
                    let record = try await rig.journal.record(requestID: "locked", client: MatrixRig.client)
                    #expect(record?.outcome == .rejected)
                    try await other.unlock()
                    _ = try await rig.commit("free", networks.edits).get()
                    #expect(try await rig.networks() == networks.new)
                    await other.close()
                }
            }
        }

        @Test func aLockThatIsReleasedInTimeOnlyDelays() async throws {
            let networks = try MatrixNetworks()
            for provider in try MatrixEnvironment.providers() {
                guard let connect = provider.operatorSession else { continue }
                try await MatrixRig.with(provider) { rig in
                    try await rig.reset(to: networks.old)
                    let other = try await connect()
                    try await other.lock()
                    rig.relay.begin()
                    let pending = rig.beginCommit("delayed", networks.edits)
                    // Two refusals were answered.
                    _ = try await rig.relay.passed.wait(for: "refused tries") { $0 >= 4 }
                    try await other.unlock()
                    let answer = try await pending.wait(for: "answer of Commit") { $0 != nil }
                    #expect(try answer?.get().outcome == .applied)
                    #expect(try await rig.networks() == networks.new)
                    await other.close()
                }
            }
        }

        @Test func whatAnotherLeavesInTheCandidateIsNeverCommitted() async throws {
            let networks = try MatrixNetworks()
            let leftover = Network(prefix: try IPPrefix("203.0.113.66/32"))
            for provider in try MatrixEnvironment.providers() {
                guard let connect = provider.operatorSession else { continue }
                try await MatrixRig.with(provider) { rig in
                    try await rig.reset(to: networks.old)
                    let other = try await connect()
                    try await other.lock()
                    try await other.edit(leftover)
                    try await other.unlock()
                    // Where FRR keeps the operator's transaction open, ours is aborted; else applied, without theirs.
                    let first = try await rig.commit("beside leftovers", networks.edits)
                    switch first {
                    case .success: #expect(try await rig.networks() == networks.new)
                    case .failure(let error):
                        #expect(error.code == .aborted, "\(error)")
                        #expect(try await rig.networks() == networks.old)
                    }
                    await other.close()
                    try await rig.reset(to: networks.old)
                    _ = try await rig.commit("after leftovers", networks.edits).get()
                    let stock = try await provider.takeStock()
                    #expect(stock.running == networks.new && stock.runningAfterCommit == networks.new)
                }
            }
        }
    }
}
