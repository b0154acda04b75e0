import CosmoletTesting
import Foundation
import Journal
import NetworkTypes
import Northbound
import Testing

/// Commit service, SQLite journal and a fake FRR together.
@Suite struct CommitServiceJournalTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func withService(
        _ session: FakeManagementSession, _ journal: SQLiteJournal, now: Int64 = 1,
        _ body: @Sendable (CommitService) async throws -> Void
    ) async throws {
        let readings = Observed(0)
        let service = CommitService(
            session: session, journal: journal, configuration: CommitServiceConfiguration(programVersion: "test"),
            clock: ContinuousClock(), now: { now }, makeID: { UUID().uuidString },
            emit: { if case .running = $0 { readings.update { $0 += 1 } } })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            _ = try await readings.wait(for: "the first reading") { $0 > 0 }
            // Takes its turn behind recovery.
            _ = try await service.get(.config)
            try await body(service)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func commit(
        _ service: CommitService, _ id: String, _ edits: [NetworkEdit], confirm: Duration? = nil
    ) async throws -> TransactionRecord {
        try await service.commit(
            CommitRequest(requestID: id, client: "agent", edits: edits, cause: ["test"], confirmTimeout: confirm))
    }

    /// Damages the database's first pages in place.
    private func damage() throws {
        let handle = try FileHandle(forUpdating: URL(filePath: scratch.path))
        try handle.write(contentsOf: Data(repeating: 0xA5, count: 8192))
        try handle.close()
    }

    private func expectAgreement(_ journal: SQLiteJournal, _ session: FakeManagementSession) async throws {
        let (told, running) = (try await journal.networks(after: nil), await session.running)
        #expect(told == running)
    }

    @Test func aDamagedFileIsFollowedByWhatFRRRuns() async throws {
        let session = FakeManagementSession()
        var journal = try await scratch.journal()
        try await withService(session, journal) { service in
            _ = try await commit(
                service, "r1",
                [.set(try network("198.51.100.1/32")), .set(try network("2001:db8::1/128", .drain))])
        }
        await journal.close()
        try damage()
        journal = try await scratch.journal()
        guard case .corrupt = journal.startedFresh else {
            Issue.record("the journal did not start fresh: \(String(describing: journal.startedFresh))")
            return
        }
        let fresh = journal
        try await withService(session, fresh) { service in
            let first = try #require(try await fresh.all().first)
            #expect(first.kind == .observed && first.outcome == .applied && first.edits.count == 2)
            _ = try await commit(service, "r2", [.remove(try IPPrefix("198.51.100.1/32"))])
            #expect(try await fresh.all().map(\.kind) == [.observed, .commit])
            #expect(fresh.startedFresh == nil)
            try await expectAgreement(fresh, session)
        }
        #expect(try scratch.setAside().count == 1)
        #expect(session.transactions.value.count == 2)
    }

    @Test func aFileThatVanishesInUseIsFollowedByWhatFRRRuns() async throws {
        let session = FakeManagementSession(running: [try network("198.51.100.9/32", .manual)])
        let journal = try await scratch.journal()
        try await withService(session, journal) { service in
            _ = try await commit(service, "r1", [.set(try network("198.51.100.1/32"))])
            for suffix in ["", "-wal", "-shm"] { try FileManager.default.removeItem(atPath: scratch.path + suffix) }
            _ = try await commit(service, "r2", [.remove(try IPPrefix("198.51.100.9/32"))])
            let all = try await journal.all()
            #expect(all.map(\.kind) == [.observed, .commit])
            #expect(all.first?.edits.count == 2)
            try await expectAgreement(journal, session)
        }
    }

    @Test func aThousandQueuedCommitsTakeFewTransactionsOfSQLite() async throws {
        let session = FakeManagementSession()
        let journal = try await scratch.journal()
        try await withService(session, journal) { service in
            await session.holdNextCommit()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<1000 {
                    group.addTask {
                        let prefix = try IPPrefix("10.1.\(index / 250).\(index % 250)/32")
                        _ = try await commit(service, "r\(index)", [.set(Network(prefix: prefix))])
                    }
                }
                _ = try await session.transactions.wait(for: "the first transaction") { $0.count == 1 }
                await session.release()
                try await group.waitForAll()
            }
            let all = try await journal.all()
            #expect(all.count == 1000 && all.allSatisfy { $0.outcome == .applied })
            try await expectAgreement(journal, session)
        }
    }

    @Test func confirmTimeoutAndRequestIdsOutliveTheProcess() async throws {
        let session = FakeManagementSession(running: [try network("198.51.100.1/32")])
        var journal = try await scratch.journal()
        let first = Observed<TransactionRecord?>(nil)
        try await withService(session, journal) { service in
            let record = try await commit(
                service, "r1", [.set(try network("198.51.100.1/32", .drain)), .set(try network("198.51.100.2/32"))],
                confirm: .seconds(60))
            first.update { $0 = record }
        }
        await journal.close()
        journal = try await scratch.journal()
        let (reopened, later) = (journal, Int64(61_000_000))
        try await withService(session, reopened, now: later) { service in
            // The same request is the same transaction, not done again, although its time is over.
            let again = try await commit(service, "r1", [.set(try network("203.0.113.1/32"))])
            #expect(again.id == first.value?.id)
            let deadline = ContinuousClock.now + .seconds(30)
            while try await !reopened.unconfirmed().isEmpty, ContinuousClock.now < deadline { await Task.yield() }
            #expect(await session.running == [try network("198.51.100.1/32")])
            #expect(try await reopened.all().last?.kind == .unconfirmed)
            try await expectAgreement(reopened, session)
        }
    }

    @Test func anExportThatBeginsInTheMiddleRebuildsTheTable() async throws {
        let session = FakeManagementSession(running: [try network("198.51.100.200/32", .manual)])
        let journal = try await scratch.journal()
        try await withService(session, journal) { service in
            for index in 1...30 {
                let prefix = try IPPrefix("198.51.100.\(index % 7)/32")
                _ = try await commit(
                    service, "r\(index)",
                    [index % 3 == 0 ? .remove(prefix) : .set(Network(prefix: prefix, attributeClass: .drain))])
            }
            for after in [0, 1, 15, 31] as [Int64] {
                let base = JournalBase(
                    sequence: after,
                    networks: try await service.get(GetRequest(moment: .afterSequence(after))))
                let records = try await service.listTransactions(TransactionFilter(afterSequence: after))
                let lines = [JournalExport.encode(base)] + records.map { JournalExport.encode($0) }
                let running = await session.running
                #expect(try JournalModel(lines: lines).networks == running)
            }
        }
    }
}
