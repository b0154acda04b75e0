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
    /// A lock ends when its holder was not heard for so long.
    public var lockTimeout: Duration
    /// How many commits may wait at once.
    public var maximumQueuedCommits: Int
    /// The longest confirm timeout.
    public var maximumConfirmTimeout: Duration
    /// How many candidates may exist at once, over all clients.
    public var maximumCandidates: Int
    /// How many of them may be one client's.
    public var maximumCandidatesPerClient: Int
    /// A candidate that was not used for so long is forgotten.
    public var candidateTimeout: Duration
    /// How often the journal is pruned.
    public var pruningInterval: Duration
    /// Version of the program, for GetCapabilities.
    public var programVersion: String

    /// Makes a configuration with the defaults.
    public init(
        policy: NorthboundPolicy = NorthboundPolicy(), announcesWithoutJournal: Bool = true,
        staleAfter: Duration? = nil, drainHold: Duration = .seconds(10), lockTimeout: Duration = .seconds(60),
        maximumQueuedCommits: Int = 4096, maximumConfirmTimeout: Duration = .seconds(24 * 3600),
        maximumCandidates: Int = 64, maximumCandidatesPerClient: Int = 8, candidateTimeout: Duration = .seconds(600),
        pruningInterval: Duration = .seconds(3600), programVersion: String
    ) {
        self.policy = policy
        self.announcesWithoutJournal = announcesWithoutJournal
        self.staleAfter = staleAfter
        self.drainHold = drainHold
        self.lockTimeout = lockTimeout
        self.maximumQueuedCommits = maximumQueuedCommits
        self.maximumConfirmTimeout = maximumConfirmTimeout
        self.maximumCandidates = maximumCandidates
        self.maximumCandidatesPerClient = maximumCandidatesPerClient
        self.candidateTimeout = candidateTimeout
        self.pruningInterval = pruningInterval
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
    /// Monotonic time: for deadlines, leases and candidates, which a wall clock that is set must not end.
    let uptime: @Sendable () -> Duration
    let makeID: @Sendable () -> String
    private let emit: @Sendable (ServiceEvent) -> Void

    /// Nil while no session is open.
    var management: ManagementCapabilities?
    private var wasOpen = false
    /// Counts the sessions that were begun, so that what is heard of an earlier one is known as such.
    private var sessionNumber = 0
    private let watched = AsyncStream.makeStream(of: WatchedSession.self)
    /// What FRR runs; nil while that must be read.
    var running: Set<Network>?
    /// The last applied transaction.
    var parent: String?

    /// Set while the journal cannot be written.
    var journalFailure: JournalError?
    /// The last number that the journal gave out; nil until it was asked.
    var lastSequence: Int64?
    /// Records that were begun without the journal since it failed.
    var unwritten = 0
    /// Records that the journal has begun and whose results it does not have yet.
    var unfinished: [TransactionRecord] = []
    /// The journal lacks an observation of what FRR runs.
    var mustObserve = false
    /// Outcomes that the journal does not have, the oldest first in `rememberedOrder`.
    var remembered: [RequestKey: TransactionRecord] = [:]
    var rememberedOrder: [RequestKey] = []

    var turnstile = Turnstile()
    var queue: [QueuedCommit] = []
    /// Requests that were claimed, with those who wait for them.
    var inFlight: [RequestKey: [CheckedContinuation<Result<TransactionRecord, NorthboundError>, Never>]] = [:]
    /// Commits whose outcome is not known, until FRR was read.
    var unresolved: [(QueuedCommit, TransactionRecord)] = []
    /// What became of the last commit of the service's own.
    var ownResult: Result<TransactionRecord, NorthboundError>?
    var candidates: [UInt64: Candidate] = [:]
    var nextCandidate: UInt64 = 1
    /// Who refuses commits of all others.
    var lock: Lease?
    var leases: [String: Lease] = [:]
    /// When announcements were drained because no lease was renewed; nil while somebody stands by them.
    var drainedAt: Duration?
    let wakeUp = WakeUp()
    var isStopping = false

    /// Makes a service; nothing happens before `run()`.
    ///
    /// - Parameters:
    ///   - clock: for waits and time-outs.
    ///   - now: wall clock, in microseconds since the Unix epoch.
    ///   - uptime: monotonic time since any moment; default: what `clock` shows.
    ///   - makeID: unique names of transactions.
    ///   - emit: takes events; must not block.
    public init(
        session: any ManagementSession, journal: any TransactionJournal, configuration: CommitServiceConfiguration,
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Int64, uptime: (@Sendable () -> Duration)? = nil,
        makeID: @escaping @Sendable () -> String, emit: @escaping @Sendable (ServiceEvent) -> Void
    ) {
        self.session = session
        self.journal = journal
        self.configuration = configuration
        self.clock = clock
        self.now = now
        self.uptime = uptime ?? Self.elapsed(on: clock)
        self.makeID = makeID
        self.emit = emit
    }

    private static func elapsed(on clock: some Clock<Duration>) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }

    /// Opens the session, recovers, and executes commits until the task is cancelled; then finishes the one in flight,
    /// refuses those that wait, answers those in doubt, and closes the session. What is announced stays announced.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [self, watched] in
                // Each session ends the stream of the one before it, see `openIfNeeded`.
                for await session in watched.stream {
                    for await case .disconnected(let reason) in session.events {
                        await loseSession(reason, number: session.number)
                    }
                }
            }
            group.addTask { [journal, clock, interval = configuration.pruningInterval] in
                // A journal that fails is told of by the next write.
                while (try? await clock.sleep(for: interval)) != nil { _ = try? await journal.prune() }
            }
            group.addTask { [wakeUp, clock] in
                // Confirm time-outs and leases are looked at once a second at the latest.
                while (try? await clock.sleep(for: .seconds(1))) != nil { wakeUp.signal() }
            }
            leaseBegins()
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
            stopAccepting()
            answerUnresolved()
            await session.close()
            group.cancelAll()
        }
    }

    /// The first step of a shutdown: refuses the commits that wait and those that still come. The one in flight goes on
    /// to its end, as does `run()`, which resolves it if its answer was lost.
    public func stopAccepting() {
        isStopping = true
        refuseQueued(NorthboundError(.unavailable, "the northbound is stopping; nothing of this commit was begun"))
    }

    /// Commits that wait for their turn.
    public var queuedCommitCount: Int { queue.count }

    /// Callers that wait for the outcome of a commit, repetitions included.
    public var waiterCount: Int { inFlight.values.reduce(0) { $0 + $1.count } }

    /// One round: session, recovery, due time-outs, queued commits. False when FRR cannot be reached.
    private func work() async -> Bool {
        guard await openIfNeeded() else {
            refuseQueued(NorthboundError(.unavailable, "FRR cannot be reached; the northbound keeps trying"))
            answerUnresolved()
            return false
        }
        // What was lost in flight has been resolved; nothing new is begun.
        guard !isStopping else { return true }
        await mendJournalIfDue()
        await undoUnconfirmed()
        expireCandidates()
        expireLock()
        await expireLeases()
        await commitQueued()
        return management != nil
    }

    // MARK: - Session

    private func openIfNeeded() async -> Bool {
        if management != nil, running != nil { return true }
        do {
            if management == nil {
                // A stream of its own for each session: a late end of the one before is not taken for this one's.
                sessionNumber += 1
                watched.continuation.yield(WatchedSession(number: sessionNumber, events: await session.events()))
                if !wasOpen, let doubtful = try? await journal.inDoubt() {
                    await session.resume(doubtful.map { $0.edits.map(\.edit) })
                }
                let found = try await session.open()
                management = found
                emit(.sessionOpened(found, isReconnect: wasOpen))
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

    /// - Parameter number: the session that is gone; nil for the one that is open.
    func loseSession(_ reason: String, number: Int? = nil) {
        guard number == nil || number == sessionNumber else { return }
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
}

/// What a session tells, with its number.
struct WatchedSession: Sendable {
    let number: Int
    let events: AsyncStream<SessionEvent>
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

/// Edits that a client gathers before it commits them.
struct Candidate {
    let client: String
    var edits: [NetworkEdit]
    /// On the service's uptime.
    var usedAt: Duration
}
