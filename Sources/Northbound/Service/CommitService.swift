/// What a commit service tells whoever logs, counts and publishes. Delivered in order, from the service's own tasks.
public enum ServiceEvent: Sendable {
    /// A session with FRR is open; true when it is not the first.
    case sessionOpened(ManagementCapabilities, isReconnect: Bool)
    /// The session is gone; nothing can be committed for now.
    case sessionLost(String)
    /// A record was finished: written, or kept in memory only while the journal cannot be written.
    case recorded(TransactionRecord)
    /// The networks that FRR runs, as read or committed.
    case running(Set<Network>)
    /// The journal cannot be written; announcing goes on, or is refused, as configured.
    case journalFailed(JournalError)
    /// The journal can be written again; this many transactions were not written.
    case journalHealed(missed: Int)
    /// A commit waits for a lock that somebody else holds, or was given up because of it.
    case lockRefused(String)
    /// A lease ran out.
    case leaseExpired(client: String)
}

/// What may be configured about a commit service.
public struct CommitServiceConfiguration: Sendable {
    /// What clients may do.
    public var policy: NorthboundPolicy
    /// With a journal that cannot be written: true commits all the same and marks the gap later, false refuses.
    public var announcesWithoutJournal: Bool
    /// Without a renewed lease for so long, announcements are drained and then withdrawn; nil: never.
    public var staleAfter: Duration?
    /// Between drain and withdrawal when a lease ran out.
    public var drainHold: Duration
    /// How many commits may wait at once.
    public var maximumQueuedCommits: Int
    /// The longest confirm timeout.
    public var maximumConfirmTimeout: Duration
    /// Version of the program, for GetCapabilities.
    public var programVersion: String

    /// Makes a configuration with the defaults.
    public init(
        policy: NorthboundPolicy = NorthboundPolicy(), announcesWithoutJournal: Bool = true,
        staleAfter: Duration? = nil, drainHold: Duration = .seconds(10), maximumQueuedCommits: Int = 4096,
        maximumConfirmTimeout: Duration = .seconds(24 * 3600), programVersion: String
    ) {
        self.policy = policy
        self.announcesWithoutJournal = announcesWithoutJournal
        self.staleAfter = staleAfter
        self.drainHold = drainHold
        self.maximumQueuedCommits = maximumQueuedCommits
        self.maximumConfirmTimeout = maximumConfirmTimeout
        self.programVersion = programVersion
    }
}

/// Owns the session with one FRR and the journal; executes the northbound API for all clients, one commit after the
/// other. Serves the process of its own and the embedded mode alike.
///
/// The intent of a transaction is durable before FRR hears of it, and its result before the client does. Outcomes that
/// a crash left open are resolved by reading FRR, never by assuming.
public actor CommitService {
    /// Version of the API that this service speaks.
    public static let apiVersion = "1.0"

    let session: any ManagementSession
    let journal: any TransactionJournal
    let configuration: CommitServiceConfiguration
    let clock: any Clock<Duration>
    /// Microseconds since the Unix epoch.
    let now: @Sendable () -> Int64
    let makeID: @Sendable () -> String
    private let emit: @Sendable (ServiceEvent) -> Void

    /// Nil while no session is open.
    var management: ManagementCapabilities?
    private var wasOpen = false
    /// What FRR runs; nil while that must be read.
    var running: Set<Network>?
    /// The last applied transaction.
    var parent: String?
    /// Records that could not be written while the journal failed.
    var unwritten = 0
    var journalFailure: JournalError?

    var turnstile = Turnstile()
    var queue: [QueuedCommit] = []
    var inFlight: [RequestKey: [CheckedContinuation<Result<TransactionRecord, NorthboundError>, Never>]] = [:]
    /// Commits whose outcome is not known, by transaction, until FRR was read.
    var unresolved: [String: (QueuedCommit, TransactionRecord)] = [:]
    var candidates: [UInt64: Candidate] = [:]
    var nextCandidate: UInt64 = 1
    var lockHolder: String?
    var leases: [String: Lease] = [:]
    let wakeUp = WakeUp()
    var isStopping = false

    /// Makes a service; nothing happens before `run()`.
    ///
    /// - Parameters:
    ///   - clock: for waits and time-outs.
    ///   - now: wall clock, in microseconds since the Unix epoch.
    ///   - makeID: unique names of transactions.
    ///   - emit: takes events; must not block.
    public init(
        session: any ManagementSession, journal: any TransactionJournal, configuration: CommitServiceConfiguration,
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Int64, makeID: @escaping @Sendable () -> String,
        emit: @escaping @Sendable (ServiceEvent) -> Void
    ) {
        self.session = session
        self.journal = journal
        self.configuration = configuration
        self.clock = clock
        self.now = now
        self.makeID = makeID
        self.emit = emit
    }

    /// Opens the session, recovers, and executes commits until the task is cancelled; then finishes the one in flight,
    /// refuses those that wait, and closes the session. What is announced stays announced.
    public func run() async {
        await withDiscardingTaskGroup { group in
            let events = await session.events()
            group.addTask { [self] in
                for await case .disconnected(let reason) in events { await loseSession(reason) }
            }
            group.addTask { [wakeUp, clock] in
                // Confirm time-outs and leases are looked at once a second at the latest.
                while (try? await clock.sleep(for: .seconds(1))) != nil { wakeUp.signal() }
            }
            var attempts = 0
            wakeUp.signal()
            for await _ in wakeUp.rounds {
                guard await work() else {
                    attempts += 1
                    let wait = min(Duration.milliseconds(100) * (1 << min(attempts, 5)), .seconds(2))
                    group.addTask { [wakeUp, clock] in
                        if (try? await clock.sleep(for: wait)) != nil { wakeUp.signal() }
                    }
                    continue
                }
                attempts = 0
            }
            isStopping = true
            refuseQueued(NorthboundError(.unavailable, "the northbound is stopping"))
            await session.close()
            group.cancelAll()
        }
    }

    /// One round: session, recovery, due time-outs, queued commits. False when FRR cannot be reached.
    private func work() async -> Bool {
        guard await openIfNeeded() else {
            refuseQueued(NorthboundError(.unavailable, "FRR cannot be reached; the northbound keeps trying"))
            for (commit, record) in unresolved.values { answer(commit, .success(record)) }
            unresolved = [:]
            return false
        }
        await undoUnconfirmed()
        await expireLeases()
        await commitQueued()
        return management != nil
    }

    // MARK: - Session

    private func openIfNeeded() async -> Bool {
        if management != nil, running != nil { return true }
        do {
            if management == nil {
                management = try await session.open()
                emit(.sessionOpened(management!, isReconnect: wasOpen))
                wasOpen = true
                running = nil
            }
            try await recover()
            return true
        } catch {
            loseSession(error.message)
            return false
        }
    }

    func loseSession(_ reason: String) {
        running = nil
        guard management != nil else { return }
        management = nil
        emit(.sessionLost(reason))
        wakeUp.signal()
    }

    func setRunning(_ networks: Set<Network>) {
        running = networks
        emit(.running(networks))
    }

    func tell(_ event: ServiceEvent) { emit(event) }

    // MARK: - Journal

    /// Writes an intent. While the journal fails, returns the record without a sequence number, if that is allowed.
    func begin(_ record: TransactionRecord) async throws(NorthboundError) -> TransactionRecord {
        do {
            let written = try await journal.begin(record)
            await healJournal()
            return written
        } catch {
            failJournal(error)
            guard configuration.announcesWithoutJournal else {
                throw NorthboundError(.unavailable, "the journal cannot be written and may not be missing: \(error)")
            }
            unwritten += 1
            return record
        }
    }

    /// Writes a result and tells of it.
    func finish(_ record: TransactionRecord) async {
        if record.outcome == .applied { parent = record.id }
        if record.sequence > 0 {
            do { try await journal.finish(record) } catch { failJournal(error) }
        }
        emit(.recorded(record))
    }

    private func failJournal(_ error: JournalError) {
        if journalFailure == nil { emit(.journalFailed(error)) }
        journalFailure = error
    }

    /// After the first write that succeeds again: the gap is marked by an observed record, so that the journal's model
    /// is FRR's again.
    private func healJournal() async {
        guard journalFailure != nil else { return }
        journalFailure = nil
        let missed = unwritten
        unwritten = 0
        emit(.journalHealed(missed: missed))
        guard missed > 0, let running else { return }
        await observe(
            running, cause: ["the journal could not be written; \(missed) transactions are missing before this"])
    }
}

/// One signal for the service's loop; signals while it is busy become one.
final class WakeUp: Sendable {
    let rounds: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (rounds, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func signal() { continuation.yield() }
}

/// Client and request id: what makes a Commit idempotent.
struct RequestKey: Hashable {
    let client: String
    let requestID: String
}

/// A commit that waits for its turn.
struct QueuedCommit {
    let key: RequestKey
    let kind: TransactionKind
    let edits: [NetworkEdit]
    let cause: [String]
    let confirmTimeout: Duration?
}

/// Edits that a client gathers before it commits them.
struct Candidate {
    let client: String
    var edits: [NetworkEdit]
}

/// When a client was last heard, and how far its absence has been acted upon.
struct Lease {
    var renewedAt: Int64
    var drainedAt: Int64?
}
