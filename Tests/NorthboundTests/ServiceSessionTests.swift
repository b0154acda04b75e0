import CosmoletTesting
import NetworkTypes
import Northbound
import Synchronization
import Testing

/// A session whose news come when a test says so, also late.
private final class LateSession: ManagementSession {
    let base = FakeManagementSession()
    private let streams = Mutex<[AsyncStream<SessionEvent>.Continuation]>([])
    let openCount = Observed(0)

    func open() async throws(ManagementError) -> ManagementCapabilities {
        let found = try await base.open()
        openCount.update { $0 += 1 }
        return found
    }

    func networks() async throws(ManagementError) -> Set<Network> { try await base.networks() }
    func installedNetworks() async throws(ManagementError) -> Set<Network> { try await base.networks() }
    func commit(_ transaction: Transaction) async -> CommitResult { await base.commit(transaction) }
    func close() async { await base.close() }

    func events() async -> AsyncStream<SessionEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: SessionEvent.self)
        streams.withLock { $0.append(continuation) }
        return stream
    }

    /// Tells of the end of a session, counted from 1, and nothing more after it.
    func end(_ number: Int) {
        let continuation = streams.withLock { $0[number - 1] }
        continuation.yield(.disconnected("session \(number) ended"))
        continuation.finish()
    }
}

@Suite struct ServiceSessionTests {
    @Test func newsOfAnEarlierSessionDoNotEndThisOne() async throws {
        let session = LateSession()
        let events = Observed<[String]>([])
        let service = CommitService(
            session: session, journal: InMemoryJournal(),
            configuration: CommitServiceConfiguration(programVersion: "test"), clock: ContinuousClock(), now: { 1 },
            makeID: { "t" },
            emit: { event in
                switch event {
                case .sessionOpened: events.update { $0.append("opened") }
                case .sessionLost(let reason): events.update { $0.append(reason) }
                default: break
                }
            })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            _ = try await session.openCount.wait(for: "the first session") { $0 == 1 }
            // The commit notices the loss itself; the news of it come late.
            await session.base.fail(.loseReplyAfterApplying)
            let prefix = try IPPrefix("10.0.0.1/32")
            _ = try await service.commit(
                CommitRequest(requestID: "r1", client: "agent", edits: [.set(Network(prefix: prefix))]))
            #expect(session.openCount.value == 2)
            #expect(events.value == ["opened", "connection lost", "opened"])
            session.end(1)
            session.end(2)
            // The news are read in order: when the second is there, the first has been passed over.
            let seen = try await events.wait(for: "the third session") { $0.count == 5 }
            #expect(seen == ["opened", "connection lost", "opened", "session 2 ended", "opened"])
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
