import CosmoletTesting
import NetworkTypes
import Northbound
import Synchronization
import Testing

/// A service over a fake FRR and a journal in memory, run for the length of a closure.
struct ServiceHarness: Sendable {
    let session: FakeManagementSession
    let journal: InMemoryJournal
    let service: CommitService
    let events = Observed<[String]>([])
    let recorded = Observed<[TransactionRecord]>([])
    let readings = Observed(0)
    let time: ManualTime

    init(
        running: Set<Network> = [], journal: InMemoryJournal = InMemoryJournal(), time: ManualTime = ManualTime(),
        faults: JournalFaults? = nil, clock: any Clock<Duration> = ContinuousClock(), idPrefix: String = "t",
        _ change: (inout CommitServiceConfiguration) -> Void = { _ in }
    ) {
        var configuration = CommitServiceConfiguration(programVersion: "test")
        change(&configuration)
        session = FakeManagementSession(running: running)
        self.journal = journal
        self.time = time
        let counter = Mutex(0)
        let (events, recorded, readings) = (events, recorded, readings)
        service = CommitService(
            session: session, journal: faults.map { FaultyJournal(journal, faults: $0) } ?? journal,
            configuration: configuration, clock: clock,
            now: { time.microseconds }, uptime: { time.uptime },
            makeID: {
                counter.withLock {
                    $0 += 1
                    return "\(idPrefix)\($0)"
                }
            },
            emit: { event in
                switch event {
                case .recorded(let record): recorded.update { $0.append(record) }
                case .journalFailed: events.update { $0.append("journalFailed") }
                case .journalHealed(let missed): events.update { $0.append("journalHealed \(missed)") }
                case .leaseExpired(let client): events.update { $0.append("leaseExpired \(client)") }
                case .sessionOpened: events.update { $0.append("opened") }
                case .sessionLost: events.update { $0.append("lost") }
                case .lockRefused: events.update { $0.append("lockRefused") }
                case .running: readings.update { $0 += 1 }
                }
            })
    }

    func run(_ body: @Sendable (ServiceHarness) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            _ = try await session.openCount.wait(for: "open") { $0 > 0 }
            try await body(self)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Returns when the service has recovered.
    func recover() async throws {
        _ = try await readings.wait(for: "the first reading") { $0 > 0 }
        // Takes its turn behind recovery.
        _ = try await service.get(.config)
    }

    /// Returns when so many commits wait for their turn.
    func waitForQueue(of count: Int) async throws {
        try await eventually("queue of \(count)") { await service.queuedCommitCount >= count }
    }

    func set(_ text: String, _ name: AttributeClass = .default) throws -> NetworkEdit {
        .set(Network(prefix: try IPPrefix(text), attributeClass: name))
    }

    @discardableResult
    func commit(
        _ id: String, _ edits: [NetworkEdit], client: String = "agent", confirm: Duration? = nil,
        within time: Duration? = nil
    ) async throws -> TransactionRecord {
        try await service.commit(
            CommitRequest(
                requestID: id, client: client, edits: edits, cause: ["test"], confirmTimeout: confirm,
                timeRemaining: time))
    }
}

/// Wall clock and monotonic time that tests turn by hand.
final class ManualTime: Sendable {
    private let value = Mutex<(wall: Int64, uptime: Duration)>((1_000_000_000, .zero))
    var microseconds: Int64 { value.withLock { $0.wall } }
    var uptime: Duration { value.withLock { $0.uptime } }

    /// Time passes.
    func advance(_ duration: Duration) {
        value.withLock {
            $0.wall += duration.microseconds
            $0.uptime += duration
        }
    }

    /// Somebody sets the wall clock; no time passes.
    func setWallClock(ahead duration: Duration) { value.withLock { $0.wall += duration.microseconds } }
}

/// Which writes of a journal fail, by their number from 1, and what was asked of it.
final class JournalFaults: Sendable {
    enum Write: Sendable { case begin, finish }

    private struct State {
        var failing: [Write: ClosedRange<Int>]
        var counts: [Write: Int] = [:]
        var sizes: [Write: [Int]] = [:]
    }

    private let state: Mutex<State>
    private let error: JournalError
    /// How often it was pruned; to wait on.
    let prunings = Observed(0)

    init(_ failing: [Write: ClosedRange<Int>] = [:], error: JournalError = JournalError(.full, "no space")) {
        state = Mutex(State(failing: failing))
        self.error = error
    }

    /// Sizes of the writes that succeeded, in order.
    func sizes(_ write: Write) -> [Int] { state.withLock { $0.sizes[write] ?? [] } }

    func check(_ write: Write, size: Int) throws(JournalError) {
        let fails = state.withLock { state in
            state.counts[write, default: 0] += 1
            let fails = state.failing[write]?.contains(state.counts[write] ?? 0) == true
            if !fails { state.sizes[write, default: []].append(size) }
            return fails
        }
        if fails { throw error }
    }
}

/// A journal in memory whose writes fail as told.
struct FaultyJournal: TransactionJournal {
    let base: InMemoryJournal
    let faults: JournalFaults

    init(_ base: InMemoryJournal, faults: JournalFaults) {
        self.base = base
        self.faults = faults
    }

    func begin(_ record: TransactionRecord) async throws(JournalError) -> TransactionRecord {
        try await begin([record])[0]
    }

    func begin(_ records: [TransactionRecord]) async throws(JournalError) -> [TransactionRecord] {
        try faults.check(.begin, size: records.count)
        var begun: [TransactionRecord] = []
        for record in records { begun.append(try await base.begin(record)) }
        return begun
    }

    func finish(_ record: TransactionRecord) async throws(JournalError) { try await finish([record]) }

    func finish(_ records: [TransactionRecord]) async throws(JournalError) {
        try faults.check(.finish, size: records.count)
        for record in records { try await base.finish(record) }
    }

    func prune() async throws(JournalError) -> Int {
        faults.prunings.update { $0 += 1 }
        return 0
    }

    func record(id: String) async throws(JournalError) -> TransactionRecord? { try await base.record(id: id) }
    func record(requestID: String, client: String) async throws(JournalError) -> TransactionRecord? {
        try await base.record(requestID: requestID, client: client)
    }
    func records(_ filter: TransactionFilter) async throws(JournalError) -> [TransactionRecord] {
        try await base.records(filter)
    }
    func inDoubt() async throws(JournalError) -> [TransactionRecord] { try await base.inDoubt() }
    func unconfirmed() async throws(JournalError) -> [TransactionRecord] { try await base.unconfirmed() }
    func networks(after id: String?) async throws(JournalError) -> Set<Network> { try await base.networks(after: id) }
    func head() async throws(JournalError) -> (id: String?, sequence: Int64) { try await base.head() }
}
