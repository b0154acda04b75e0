import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

/// The end of the service while commits are in flight and wait.
@Suite struct ShutdownTests {
    private typealias Answer = Result<TransactionRecord, NorthboundError>

    private func network(_ number: Int) -> Network { Network(prefix: try! IPPrefix("10.0.0.\(number)/32")) }

    private func commit(_ harness: ServiceHarness, _ number: Int) async -> Answer {
        let request = CommitRequest(requestID: "r\(number)", client: "agent", edits: [.set(network(number))])
        do throws(NorthboundError) { return .success(try await harness.service.commit(request)) } catch {
            return .failure(error)
        }
    }

    private func code(_ answer: Answer) -> StatusCode? {
        if case .failure(let error) = answer { error.code } else { nil }
    }

    /// One commit is held in FRR and two wait when the service is told to stop: in order, or by cancellation alone.
    @Test(arguments: [true, false])
    func theOneInFlightIsFinishedAndThoseThatWaitAreRefused(isInOrder: Bool) async throws {
        let harness = ServiceHarness()
        await harness.session.holdNextCommit()
        let run = Task { await harness.service.run() }
        async let first = commit(harness, 0)
        _ = try await harness.session.transactions.wait(for: "the first") { $0.count == 1 }
        async let second = commit(harness, 1)
        async let third = commit(harness, 2)
        try await harness.waitForQueue(of: 2)
        if isInOrder {
            await harness.service.stopAccepting()
            // Refused while the first is still in flight, as is what comes now.
            #expect(await [code(second), code(third)] == [.unavailable, .unavailable])
            #expect(await code(commit(harness, 3)) == .unavailable)
        }
        run.cancel()
        await harness.session.release()
        await run.value
        #expect(await (try? first.get())?.outcome == .applied)
        #expect(await [code(second), code(third)] == [.unavailable, .unavailable])
        #expect(await code(commit(harness, 4)) == .unavailable)
        #expect(await harness.session.running == [network(0)])
        #expect(harness.session.transactions.value.count == 1)
        #expect(await harness.journal.all.map(\.requestID) == ["r0"])
        #expect(await harness.journal.all.map(\.outcome) == [.applied])
    }

    @Test func aCommitThatIsLostDuringTheShutdownIsResolved() async throws {
        try await ServiceHarness().run { harness in
            await harness.session.fail(.loseReplyAfterApplying)
            await harness.session.holdNextCommit()
            async let first = commit(harness, 0)
            _ = try await harness.session.transactions.wait(for: "the first") { $0.count == 1 }
            await harness.service.stopAccepting()
            await harness.session.release()
            #expect(await (try? first.get())?.outcome == .applied)
            #expect(await harness.journal.all.map(\.outcome) == [.applied])
        }
    }

    /// Nobody waits for ever: FRR went away with the answer, and the service ends before it comes back.
    @Test func aCommitThatStaysInDoubtIsAnswered() async throws {
        let harness = ServiceHarness()
        await harness.session.holdNextCommit()
        let run = Task { await harness.service.run() }
        async let first = commit(harness, 0)
        _ = try await harness.session.transactions.wait(for: "the first") { $0.count == 1 }
        await harness.session.breakDown()
        run.cancel()
        await harness.session.release()
        #expect(await code(first) == .unknown)
        await run.value
        #expect(await harness.journal.all.map(\.outcome) == [.unknown])
    }
}
