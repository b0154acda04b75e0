import CosmoletTesting
import Foundation
import Journal
import NetworkTypes
import Northbound
import Testing

/// The subject under test: a commit service over a session over a relay over FRR's own socket, with a journal on disk.
struct MatrixRig: Sendable {
    /// How a client's Commit ended, as the client sees it.
    typealias Answer = Result<TransactionRecord, NorthboundError>

    static let client = "matrix"

    let provider: ProviderUnderTest
    let relay: FrameRelay
    let journal: any TransactionJournal
    let service: CommitService
    let diary: Observed<Diary>

    /// Runs a service for the length of a closure.
    static func with<Value: Sendable>(
        _ provider: ProviderUnderTest, _ body: @escaping @Sendable (MatrixRig) async throws -> Value
    ) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("matrix-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let relay = try FrameRelay(
            at: folder.appendingPathComponent("relay.sock").path, to: provider.socketPath,
            framing: provider.framing)
        defer { relay.stop() }
        let diary = Observed(Diary())
        let journal = try await SQLiteJournal.open(
            at: folder.appendingPathComponent("journal.db").path, logger: CaseLog.logger)
        let service = CommitService(
            session: provider.makeSession(relay.path), journal: journal,
            configuration: CommitServiceConfiguration(announcesWithoutJournal: false, programVersion: "matrix"),
            clock: ContinuousClock(), now: JournalConfiguration.systemClock, makeID: { UUID().uuidString },
            emit: { event in diary.update { $0.add(event) } })
        let rig = MatrixRig(provider: provider, relay: relay, journal: journal, service: service, diary: diary)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            defer { group.cancelAll() }
            do {
                // A test before may have ended with something dead.
                _ = try await provider.revive()
                _ = try await rig.networks(within: .seconds(30))
                let value = try await body(rig)
                try await rig.reset(to: [])
                return value
            } catch {
                throw MatrixFailure(description: "\(provider.label): \(error)")
            }
        }
    }

    /// Our networks as the service reads them, waiting for it to have a session.
    ///
    /// - Throws: `DeadlineExceeded` or `MatrixFailure` when it has none in time, or does not answer.
    func networks(within limit: Duration = .seconds(15)) async throws -> Set<Network> {
        let deadline = ContinuousClock.now + limit
        while true {
            let seen = diary.value.count
            let service = service
            let answer = Self.begin { () throws(NorthboundError) in try await service.get(.config) }
            switch try await answer.wait(for: "answer of Get", timeout: limit, until: { $0 != nil }) {
            case .success(let networks): return networks
            case .failure(let error) where error.code == .unavailable:
                let rest = ContinuousClock.now.duration(to: deadline)
                guard rest > .zero else { throw MatrixFailure(description: "no session within \(limit): \(error)") }
                _ = try await diary.wait(for: "news of the service", timeout: rest) { $0.count > seen }
            case .failure(let error): throw error
            case nil: continue
            }
        }
    }

    /// Our networks as the routing table has them, when they have become what is expected, else the last ones seen.
    func installed(_ wanted: Set<Network>, within limit: Duration = .seconds(15)) async -> Set<Network>? {
        let deadline = ContinuousClock.now + limit
        var last: Set<Network>?
        while last != wanted, ContinuousClock.now < deadline { last = try? await service.get(.state) }
        return last
    }

    /// Calls something that must not hold up the test, even if it never ends.
    static func begin<Value: Sendable>(
        _ call: @escaping @Sendable () async throws(NorthboundError) -> Value
    ) -> Observed<Result<Value, NorthboundError>?> {
        let answer = Observed<Result<Value, NorthboundError>?>(nil)
        Task {
            let result: Result<Value, NorthboundError>
            do throws(NorthboundError) { result = .success(try await call()) } catch { result = .failure(error) }
            answer.update { $0 = result }
        }
        return answer
    }

    /// Begins to commit; the answer is to be waited for.
    func beginCommit(_ requestID: String, _ edits: [NetworkEdit]) -> Observed<Answer?> {
        let request = CommitRequest(
            requestID: requestID, client: Self.client, edits: edits, cause: ["fault matrix"])
        let service = service
        return Self.begin { () throws(NorthboundError) in try await service.commit(request) }
    }

    /// Commits and waits for the answer.
    func commit(_ requestID: String, _ edits: [NetworkEdit]) async throws -> Answer {
        let answer = beginCommit(requestID, edits)
        return try await #require(answer.wait(for: "answer of Commit", timeout: .seconds(60)) { $0 != nil })
    }

    /// Starts what has crashed by itself, as FRR's own watchdog would, and notes it.
    func hasRevived(_ occasion: String) async throws -> Bool {
        let daemons = try await provider.revive()
        diary.update { $0.crashes += daemons.map { "\(occasion): \($0)" } }
        return !daemons.isEmpty
    }

    /// Brings FRR to a set of networks, without any fault.
    func reset(to wanted: Set<Network>) async throws {
        let present: Set<Network>
        do { present = try await networks() } catch {
            guard try await hasRevived("after a case") else { throw error }
            present = try await networks()
        }
        let edits = NetworkEdit.difference(from: present, to: wanted)
        guard !edits.isEmpty else { return }
        _ = try await commit("reset-\(UUID().uuidString)", edits).get()
    }
}
