import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

/// Until when clients wait, and what becomes of a commit when they do not any more.
@Suite struct DeadlineTests {
    /// A harness whose first commit is held in FRR until the closure releases it.
    private func withCommitInFlight(
        _ body: @escaping @Sendable (ServiceHarness) async throws -> Void
    ) async throws {
        try await ServiceHarness().run { harness in
            await harness.session.holdNextCommit()
            async let first = harness.commit("r0", [harness.set("10.0.0.100/32")], within: .seconds(5))
            _ = try await harness.session.transactions.wait(for: "the first") { $0.count == 1 }
            try await body(harness)
            // It was begun in time: its deadline has passed since and changes nothing.
            #expect(try await first.outcome == .applied)
        }
    }

    /// The code of a call that fails, nil of one that does not.
    private func refusal(_ body: @Sendable () async throws -> TransactionRecord) async -> StatusCode? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? NorthboundError)?.code
        }
    }

    @Test func aCommitInTheQueueIsRefusedAndOneInFlightIsNot() async throws {
        try await withCommitInFlight { harness in
            async let late = refusal {
                try await harness.commit("late", [harness.set("10.0.0.1/32")], within: .seconds(30))
            }
            async let patient = harness.commit("patient", [harness.set("10.0.0.2/32")], within: .seconds(32))
            async let endless = harness.commit("endless", [harness.set("10.0.0.3/32")])
            try await harness.waitForQueue(of: 3)
            harness.time.advance(.seconds(31))
            await harness.session.release()
            _ = try await (patient, endless)
            #expect(await late == .deadlineExceeded)
            #expect(harness.session.transactions.value.map(\.edits.count) == [1, 2])
            #expect(await !harness.session.running.contains { $0.prefix == (try! IPPrefix("10.0.0.1/32")) })
            #expect(await harness.journal.all.allSatisfy { $0.requestID != "late" })
            // Nothing of it was begun, so the same request may run.
            let again = try await harness.commit("late", [harness.set("10.0.0.1/32")], within: .seconds(30))
            #expect(again.outcome == .applied)
        }
    }

    @Test func aRollbackHasADeadlineToo() async throws {
        try await ServiceHarness().run { harness in
            let target = try await harness.commit("r0", [harness.set("10.0.0.1/32")])
            await harness.session.holdNextCommit()
            async let first = harness.commit("r1", [harness.set("10.0.0.2/32")])
            _ = try await harness.session.transactions.wait(for: "the commit in flight") { $0.count == 2 }
            async let back = refusal {
                try await harness.service.rollback(
                    to: target.id, requestID: "b1", client: "operator", timeRemaining: .seconds(1))
            }
            try await harness.waitForQueue(of: 1)
            harness.time.advance(.seconds(1))
            await harness.session.release()
            _ = try await first
            #expect(await back == .deadlineExceeded)
            #expect(await harness.session.running.count == 2)
        }
    }

    @Test func whoRepeatsARequestThatWaitsExtendsItsDeadline() async throws {
        try await withCommitInFlight { harness in
            async let first = harness.commit("r1", [harness.set("10.0.0.1/32")], within: .seconds(30))
            try await harness.waitForQueue(of: 1)
            harness.time.advance(.seconds(29))
            async let second = harness.commit("r1", [harness.set("10.0.0.1/32")], within: .seconds(30))
            try await eventually("both wait for the one in the queue") {
                await harness.service.waiterCount == 3
            }
            harness.time.advance(.seconds(2))
            await harness.session.release()
            let records = try await [first, second]
            #expect(records[0] == records[1] && records[0].outcome == .applied)
            #expect(harness.session.transactions.value.count == 2)
        }
    }

    @Test func aWallClockThatIsSetEndsNoDeadline() async throws {
        try await withCommitInFlight { harness in
            async let waiting = harness.commit("r1", [harness.set("10.0.0.1/32")], within: .seconds(30))
            try await harness.waitForQueue(of: 1)
            harness.time.setWallClock(ahead: .seconds(86_400))
            await harness.session.release()
            #expect(try await waiting.outcome == .applied)
        }
    }
}
