import CosmoletTesting
import NetworkTypes
import Northbound
import Synchronization
import Testing

@testable import NorthboundRPC

/// A session whose module goes, comes back as another one, or answers nonsense.
@Suite struct ModuleSessionFaultTests {
    private typealias Base = ModuleSessionTests

    private func nextReason(_ events: AsyncStream<SessionEvent>) async throws -> String {
        var reason: String?
        for await case .disconnected(let why) in events {
            reason = why
            break
        }
        return try #require(reason)
    }

    private func doubt(_ result: CommitResult) throws -> ManagementErrorSummary {
        #expect(result.outcome.name == "unknown")
        return try #require(result.outcome.reason)
    }

    /// After a loss every call fails the same way.
    private func expectLost(_ session: ModuleSession) async {
        let error = await #expect(throws: ManagementError.self) { try await session.networks() }
        #expect(error?.code == .disconnected)
        #expect(await session.commit(Base.transaction(Base.set(7))).outcome.name == "rejected")
    }

    // MARK: - Restarts

    @Test(.timeLimit(.minutes(1))) func anEndOfBGPDIsToldAtOnce() async throws {
        // No heartbeat is due for an hour: the connection tells.
        try await Base.withSession(heartbeatInterval: .seconds(3600)) { module, session in
            let events = await session.events()
            _ = try await session.open()
            _ = await session.commit(Base.transaction(Base.set(1)))
            try await module.stop()
            _ = try await nextReason(events)
            await expectLost(session)
            let absent = await #expect(throws: ManagementError.self) { try await session.open() }
            #expect(absent?.code == .unreachable)
            module.state.withLock { $0.instance = "run-2" }
            try await module.start()
            _ = try await session.open()
            #expect(try await session.networks() == [Base.network(1)])
            #expect(await session.commit(Base.transaction(Base.set(2))).outcome == .applied)
        }
    }

    @Test(.timeLimit(.minutes(1))) func anotherRunOfBGPDIsNoticedByItsHeartbeat() async throws {
        try await Base.withSession(heartbeatInterval: .milliseconds(20)) { module, session in
            let events = await session.events()
            _ = try await session.open()
            module.state.withLock { $0.instance = "run-2" }
            #expect(try await nextReason(events) == "bgpd was restarted")
            await expectLost(session)
        }
    }

    @Test func aBGPDThatReadsItsConfigurationIsAway() async throws {
        try await Base.withSession(lockPatience: .zero) { module, session in
            module.state.withLock { $0.isStarting = true }
            let away = await #expect(throws: ManagementError.self) { try await session.open() }
            #expect(away?.code == .unreachable && away?.message.contains("has not read its configuration") == true)
            module.state.withLock { $0.isStarting = false }
            _ = try await session.open()
            module.state.withLock { $0.isStarting = true }
            let result = await session.commit(Base.transaction(Base.set(1)))
            #expect(result.outcome.name == "rejected" && result.outcome.reason?.isRetryable == true)
            module.state.withLock { $0.isStarting = false }
            #expect(await session.commit(Base.transaction(Base.set(1))).outcome == .applied)
        }
    }

    @Test func aBusyBGPDIsGivenLongerThanOneThatHasGone() {
        // Else a loop that stands still for some seconds would move all announcements to the other provider.
        let configuration = ModuleConfiguration(socketPath: "/run/frr/cosmolet.sock")
        #expect(configuration.requestDeadline > SwitchingTimes().patience)
    }

    @Test(.timeLimit(.minutes(1))) func aSilentBGPDIsGivenUp() async throws {
        try await Base.withSession(heartbeatInterval: .milliseconds(20), requestDeadline: .seconds(3)) {
            module, session in
            let events = await session.events()
            _ = try await session.open()
            module.state.withLock { $0.isSilent = true }
            #expect(try await nextReason(events).contains("no reply by the deadline"))
            await expectLost(session)
            let mute = await #expect(throws: ManagementError.self) { try await session.open() }
            #expect(mute?.code == .unreachable)
        }
    }

    // MARK: - Lost answers

    @Test func aLostReplyIsUnknownAndThenReadBack() async throws {
        try await Base.withSession(commitDeadline: .seconds(2)) { module, session in
            _ = try await session.open()
            module.state.withLock { $0.faults = [.loseReply] }
            let result = await session.commit(Base.transaction(Base.set(1)))
            let why = try doubt(result)
            #expect(why.code == "deadlineExceeded" && result.durationToReply == nil)
            await expectLost(session)
            _ = try await session.open()
            #expect(try await session.networks() == [Base.network(1)])
            // The second one settled the first: it has its request id, and no edits.
            #expect(module.commits.value.map(\.count) == [1, 0])
        }
    }

    @Test func aCommitThatWasGivenUpIsNotCarriedOutLater() async throws {
        try await Base.withSession(commitDeadline: .seconds(2)) { module, session in
            _ = try await session.open()
            module.state.withLock { $0.faults = [.hold] }
            #expect(await session.commit(Base.transaction(Base.set(1))).outcome.name == "unknown")
            _ = try await session.open()
            #expect(try await session.networks().isEmpty)
            module.executeHeld()
            #expect(try await session.networks().isEmpty)
            #expect(await session.commit(Base.transaction(Base.set(2))).outcome == .applied)
        }
    }

    @Test func withBGPDItsQueueHasGone() async throws {
        try await Base.withSession(commitDeadline: .seconds(2)) { module, session in
            _ = try await session.open()
            module.state.withLock { $0.faults = [.hold] }
            #expect(await session.commit(Base.transaction(Base.set(1))).outcome.name == "unknown")
            try await module.stop()
            module.state.withLock {
                $0.held = []
                $0.instance = "run-2"
            }
            try await module.start()
            _ = try await session.open()
            #expect(module.commits.value.count == 1)
            #expect(try await session.networks().isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1))) func anEndDuringACommitIsUnknown() async throws {
        try await Base.withSession { module, session in
            _ = try await session.open()
            module.state.withLock { $0.faults = [.hold] }
            async let result = session.commit(Base.transaction(Base.set(1)))
            _ = try await module.commits.wait(for: "the commit") { $0.count == 1 }
            try await module.stop()
            #expect(try await doubt(result).code == "disconnected")
            try await module.start()
        }
    }

    // MARK: - Nonsense

    @Test func aReplyOfTheWrongKindEndsTheSession() async throws {
        try await Base.withSession { module, session in
            let values = [PathValue(path: NetworkPath.entry(Base.network(1).prefix), value: "x")]
            for reply in [NorthboundReply.values(values, generation: 1), .capabilities(.strange)] {
                _ = try await session.open()
                module.state.withLock { $0.faults = [.answer(reply)] }
                let result = await session.commit(Base.transaction(Base.set(1)))
                #expect(try doubt(result).code == "protocolViolation")
                await expectLost(session)
            }
        }
    }

    @Test func networksThatCannotBeReadEndTheSession() async throws {
        try await Base.withSession { module, session in
            _ = try await session.open()
            module.state.withLock { $0.networks = [NetworkPath.instance + "/odd": .some("COSMOLET-default")] }
            let error = await #expect(throws: ManagementError.self) { try await session.networks() }
            #expect(error?.code == .protocolViolation)
            await expectLost(session)
        }
    }

    @Test(.timeLimit(.minutes(1))) func anOversizedReplyEndsTheSession() async throws {
        try await Base.withSession { module, session in
            _ = try await session.open()
            module.state.withLock { $0.oversize = Limits.messageByteCount + 1 }
            let error = await #expect(throws: ManagementError.self) { try await session.networks() }
            #expect(error?.code == .disconnected)
            await expectLost(session)
            module.state.withLock { $0.oversize = 0 }
            _ = try await session.open()
        }
    }

    @Test func whatIsReportedAsDoneAndNotThereIsRunAgain() async throws {
        try await Base.withSession { module, session in
            module.put([Base.network(9)])
            _ = try await session.open()
            module.state.withLock { $0.faults = [.pretend, .pretend] }
            #expect(await session.commit(Base.transaction(Base.set(1))).outcome == .applied)
            #expect(module.commits.value.count == 3)
            module.state.withLock { $0.faults = [.pretend, .pretend, .pretend] }
            let result = await session.commit(Base.transaction(Base.set(2)))
            #expect(try doubt(result).message.contains("198.51.100.3/32"))
        }
    }

    @Test func aStepThatCouldNotBeUndoneIsUnknown() async throws {
        try await Base.withSession { module, session in
            _ = try await session.open()
            module.state.withLock { $0.faults = [.refuse(NorthboundError(.unknown, "path /x: half of it is there"))] }
            #expect(await session.commit(Base.transaction(Base.set(1))).outcome.name == "unknown")
        }
    }
}

extension ServiceCapabilities {
    fileprivate static let strange = ServiceCapabilities(
        apiVersion: "1.0", programVersion: "?", management: nil, modules: [], policy: NorthboundPolicy(),
        limits: ServiceLimits())
}
