internal import Bindings
public import Logging
internal import NetworkTypes
public import Northbound
internal import Synchronization

/// A session with stock FRR through mgmtd's front-end socket (design D1, D2; docs/frr-management.md).
///
/// The dialect, the schema and the release are found out on the one connection, which is kept: on releases up to 10.3
/// the mere end of a connection throws away other people's pending edits. All socket I/O is done on a thread of the
/// session's own, blocking and with deadlines, so that the steps of a transaction follow each other with nothing in
/// between. The thread watches the socket while it is idle.
///
/// A commit that was sent is waited for, whatever becomes of the calling task. Waiting for somebody else's lock ends
/// when the calling task is cancelled or `close()` is called.
public actor MgmtdSession: ManagementSession {
    private let configuration: MgmtdConfiguration
    private let logger: Logger
    private let waiter: DescriptorWaiter
    private let thread: PinnedThread
    private let isClosing = Atomic<Bool>(false)

    private var channel: Channel?
    private var hasBeenOpen = false
    /// Orphans were found and are not healed yet, or could not be looked for; tried again at the next read.
    private var isHealingDue = false
    /// Until then every read looks for orphans: zebra may connect to a new mgmtd later than this session, and an empty
    /// answer of nobody is not "no orphans".
    private var lookForOrphansUntil = ContinuousClock.now
    /// Edits of a commit whose answer was lost where FRR may have carried them out without having them in running: they
    /// are repeated by the next `open()`, so that running, staticd and zebra agree again. Empty while a session is open.
    private var unfinished: [NetworkEdit] = []
    /// Transactions of a process before this one whose end nobody knows, until `open()` has looked at them.
    private var interrupted: [[NetworkEdit]] = []
    private var eventContinuation: AsyncStream<SessionEvent>.Continuation?

    /// Makes a session that is not connected yet.
    public init(configuration: MgmtdConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        waiter = DescriptorWaiter()
        thread = PinnedThread(name: "frr-mgmtd", waiter: waiter)
    }

    /// The session's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

    // MARK: - ManagementSession

    /// Takes transactions that a killed process had begun: up to 10.3 the next `open()` repeats those that FRR carried
    /// out without having them in running (hazard 13).
    public func resume(_ transactions: [[NetworkEdit]]) { interrupted = transactions }

    /// Connects, finds out whom it talks to and puts orphans back into running.
    ///
    /// After a reconnect, and when running has lost what the RIB still has, it first waits until the boot configuration
    /// is loaded: until both locks can be had twice, one settle interval apart.
    ///
    /// - Throws: `unreachable` when the socket cannot be opened, `locked` when FRR does not settle, `unsupported` for an
    ///   unknown schema, and what a lost connection throws.
    public func open() async throws(ManagementError) -> ManagementCapabilities {
        isClosing.store(false, ordering: .relaxed)
        if let channel { return channel.capabilities }
        let name = ClientName.next(prefix: configuration.clientNamePrefix)
        let connection = try Connection(
            socketPath: configuration.socketPath, dialect: .protobuf(hasNativeReads: true), logger: logger)
        let finding = try Prober(
            connection: connection, clientName: name, deadline: configuration.requestDeadline
        ).run()
        let channel = Channel(
            connection: connection, clientName: name, finding: finding, configuration: configuration, logger: logger,
            pauseFor: pause(on: connection))
        self.channel = channel
        watch(connection)
        let isReconnect = hasBeenOpen
        do {
            if !configuration.isReadOnly { try tidy(channel, isReconnect: isReconnect) }
        } catch {
            leave(channel)
            throw error
        }
        hasBeenOpen = true
        let capabilities = channel.capabilities
        logger.info(
            "connected to mgmtd",
            metadata: [
                "dialect": "\(capabilities.dialect)", "schema": "\(capabilities.schema)",
                "releases": "\(capabilities.releases)", "client": "\(name)",
            ])
        if channel.release.lacksTableDirect {
            logger.warning(
                "this FRR cannot take routes of a private table into BGP, or IPv4 only: use 10.1 or later",
                metadata: ["releases": "\(capabilities.releases)"])
        }
        return capabilities
    }

    /// Our networks in running: blackhole routes of our table with a tag of ours. A tag without a class is reported as
    /// class `tag-<number>`.
    ///
    /// - Throws: `disconnected` when the session is not open or the connection ends.
    public func networks() async throws(ManagementError) -> Set<Network> {
        try use { (channel: Channel) throws(ManagementError) in
            if isHealingDue || ContinuousClock.now < lookForOrphansUntil { try heal(channel) }
            return Self.networks(in: try channel.readRoutes(of: nil).routes, configuration.ownership)
        }
    }

    /// Our networks as zebra has selected them in our table, where bgpd takes them from.
    ///
    /// - Throws: `unsupported` on FRR 9.x, `deadlineExceeded` when zebra does not answer; the session stays open then.
    public func installedNetworks() async throws(ManagementError) -> Set<Network> {
        try use { (channel: Channel) throws(ManagementError) in
            installedNetworks(try channel.readInstalled())
        }
    }

    /// Applies a transaction: lock both, clean candidate, edit, commit, unlock, read back.
    ///
    /// The order of the steps and every way back is `CommitMachine`'s. Edits that running shows already are applied
    /// without a commit.
    public func commit(_ transaction: Transaction) async -> CommitResult {
        var timer = PhaseTimer()
        guard let channel else { return timer.result(.rejected(ManagementErrorSummary(Self.notOpen))) }
        guard !configuration.isReadOnly else {
            let refusal = ManagementError(.unsupported, "this session with mgmtd is for reading only")
            return timer.result(.rejected(ManagementErrorSummary(refusal)))
        }
        switch channel.execute(transaction.edits, timer: &timer) {
        case .applied:
            return timer.result(.applied)
        case .rejected(let why):
            return timer.result(.rejected(why))
        case .lost(let why):
            disconnect(why.message)
            return timer.result(.rejected(why))
        case .unknown(let why):
            dropIfUnfit(channel, why)
            if self.channel == nil, channel.release.mayLoseCommitInFlight { unfinished = transaction.edits }
            return timer.result(.unknown(why))
        }
    }

    /// After an outcome that is not known the connection goes, unless it is in order and nothing is locked.
    private func dropIfUnfit(_ channel: Channel, _ why: ManagementErrorSummary) {
        if !channel.connection.isUsable || !channel.heldLocks.isEmpty { disconnect(why.message) }
    }

    /// Closes in the way that does no harm: up to 10.3 only while it holds the candidate's lock, so that nobody else
    /// has pending edits that would vanish (hazard 10).
    public nonisolated func close() async {
        isClosing.store(true, ordering: .relaxed)
        waiter.wake()
        await closeOnThread()
    }

    /// News of this session; a second call ends the first stream.
    public func events() async -> AsyncStream<SessionEvent> {
        eventContinuation?.finish()
        let (stream, continuation) = AsyncStream.makeStream(
            of: SessionEvent.self, bufferingPolicy: .bufferingNewest(4))
        eventContinuation = continuation
        return stream
    }

    // MARK: - More of mgmtd

    /// Names of the daemons that are connected to mgmtd, for instance `staticd` and `zebra` (hazard 23).
    ///
    /// - Throws: `rejected` before FRR 10.3, which cannot tell; `deadlineExceeded` when a daemon hangs.
    public func connectedDaemons() async throws(ManagementError) -> Set<String> {
        try use { (channel: Channel) throws(ManagementError) in try channel.connectedDaemons() }
    }

    /// For benchmarks only: lock, clean, one edit without looking, commit, unlock. No plan, no read-back, no retry.
    ///
    /// - Returns: time from the first byte to the last reply.
    /// - Throws: what FRR refuses, with nothing left behind.
    public func bareCommit(_ network: Network) async throws(ManagementError) -> Duration {
        try use { (channel: Channel) throws(ManagementError) in try channel.bareCommit(network) }
    }

    // MARK: - Private steps

    private func installedNetworks(_ entries: [IPPrefix: RoutingTable.StaticEntry]) -> Set<Network> {
        Set(
            entries.values.filter(\.isSelected).compactMap { entry in
                entry.tag.flatMap(configuration.ownership.attributeClass).map {
                    Network(prefix: entry.prefix, attributeClass: $0)
                }
            })
    }

    /// Waits until FRR is settled, and puts right what a restart or a killed process left behind.
    private func tidy(_ channel: Channel, isReconnect: Bool) throws(ManagementError) {
        if isReconnect { try channel.settle() }
        try channel.dropLeftovers(waitsForLocks: isReconnect)
        try channel.waitForZebra()
        lookForOrphansUntil = .now + configuration.settleDeadline
        try findUnfinished(channel)
        try heal(channel)
    }

    private static let notOpen = ManagementError(.disconnected, "the session with mgmtd is not open")

    /// Runs a step on the open channel; drops the connection when it cannot be trusted any more.
    private func use<Value>(
        _ body: (Channel) throws(ManagementError) -> Value
    ) throws(ManagementError) -> Value {
        guard let channel else { throw Self.notOpen }
        do {
            return try body(channel)
        } catch {
            if !channel.isUsable(after: error) { disconnect(error.message) }
            throw error
        }
    }

    /// Of the transactions of a killed process those are unfinished of which zebra shows something that running does
    /// not. Where zebra cannot be asked, all are: repeated they are whole, whatever became of them before.
    private func findUnfinished(_ channel: Channel) throws(ManagementError) {
        guard !interrupted.isEmpty, channel.release.mayLoseCommitInFlight else {
            interrupted = []
            return
        }
        // mgmtd may still be at it, and zebra takes some 10 ms to follow.
        try channel.settle()
        let classes = { (networks: Set<Network>) in
            Dictionary(networks.map { ($0.prefix, $0.attributeClass) }, uniquingKeysWith: { $1 })
        }
        let running = classes(Self.networks(in: try channel.readRoutes(of: nil).routes, configuration.ownership))
        do throws(ManagementError) {
            guard channel.release.dialect.hasNativeReads else { throw ManagementError(.unsupported, "no state reads") }
            let installed = classes(installedNetworks(try channel.readInstalled()))
            interrupted.removeAll { edits in
                !edits.contains {
                    installed[$0.prefix] == $0.wantedClass && running[$0.prefix] != $0.wantedClass
                }
            }
        } catch {
            guard channel.isUsable(after: error) else { throw error }
        }
        unfinished += interrupted.joined()
        interrupted = []
    }

    /// Announcements of ours that zebra still carries but running does not have are put into running again. The route
    /// is the same, so BGP sees nothing of it (hazard 21). A commit that FRR may have carried out without having it in
    /// running is repeated in the same transaction, so that nobody ever sees a half of it (hazard 13).
    ///
    /// - Throws: when a commit stays unfinished: nobody may read running before it is known what became of it.
    private func heal(_ channel: Channel) throws(ManagementError) {
        let orphans = try confirmedOrphans(channel)
        guard !orphans.isEmpty || !unfinished.isEmpty else { return }
        logger.notice(
            "putting announcements back into running",
            metadata: ["orphans": "\(orphans.count)", "unfinished edits": "\(unfinished.count)"])
        let putBack = orphans.sorted().map { NetworkEdit.set($0) }
        let gone = Set(
            RoutePlan.effective(unfinished).compactMap { if case .remove(let prefix) = $0 { prefix } else { nil } })
        if orphans.contains(where: { gone.contains($0.prefix) }) {
            // FRR has not begun with the commit, and removes only what running has: that must be there first.
            guard try execute(putBack, channel), try execute(unfinished, channel) else { return }
        } else {
            guard try execute(putBack + unfinished, channel) else { return }
        }
        unfinished = []
        guard !orphans.isEmpty else { return }
        isHealingDue = false
        eventContinuation?.yield(.healed(orphans.count))
    }

    /// Commits a part of what heals. A refusal is met at once with further tries: a staticd that is being restarted makes
    /// FRR refuse, and takes its routes out of zebra's table, so that what is not put back now could not be found again.
    ///
    /// - Returns: false when FRR refuses and nothing depends on it.
    /// - Throws: as `heal`.
    private func execute(_ edits: [NetworkEdit], _ channel: Channel) throws(ManagementError) -> Bool {
        var attempt = 1
        while true {
            var timer = PhaseTimer()
            switch channel.execute(edits, timer: &timer) {
            case .applied: return true
            case .rejected(let why) where why.isAborted && attempt < Self.maximumHealingAttempts:
                logger.warning("orphans could not be put back, trying again", metadata: ["error": "\(why)"])
                attempt += 1
            case .lost(let why): throw ManagementError(.disconnected, why.message)
            case .unknown(let why) where !channel.connection.isUsable || !channel.heldLocks.isEmpty:
                if channel.release.mayLoseCommitInFlight { unfinished = edits }
                throw ManagementError(.disconnected, why.message)
            case .rejected(let why), .unknown(let why):
                logger.error("orphans stay for now", metadata: ["error": "\(why)"])
                if !why.isRetryable { unfinished = [] }
                guard unfinished.isEmpty else { throw ManagementError(.locked, why.message) }
                return false
            }
        }
    }

    /// How often a refused attempt to put orphans back is repeated at once.
    private static let maximumHealingAttempts = 5

    /// Orphans that are seen twice, a settle interval apart: zebra takes some 10 ms to follow a withdrawal, and what
    /// somebody has just withdrawn must not come back. Empty, with a warning, while zebra does not answer.
    private func confirmedOrphans(_ channel: Channel) throws(ManagementError) -> Set<Network> {
        guard channel.release.dialect.hasNativeReads else { return [] }
        isHealingDue = true
        do {
            let suspects = try findOrphans(channel)
            if suspects.isEmpty {
                isHealingDue = false
                return []
            }
            try channel.settle()
            return try findOrphans(channel).intersection(suspects)
        } catch {
            guard channel.isUsable(after: error) else { throw error }
            logger.warning("zebra's routes cannot be compared with running", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func findOrphans(_ channel: Channel) throws(ManagementError) -> Set<Network> {
        let ownership = configuration.ownership
        // Whatever running has in our table explains what zebra has there, ours or not.
        let known = Set(
            try channel.readRoutes(of: nil).routes.filter { $1.contains { $0.table == ownership.table } }.keys)
        let orphans: [Network] = try channel.readInstalled().values.compactMap { entry in
            guard !known.contains(entry.prefix) else { return nil }
            return entry.tag.flatMap(ownership.attributeClass).map {
                Network(prefix: entry.prefix, attributeClass: $0)
            }
        }
        return Set(orphans)
    }

    private static func networks(in routes: StaticRoutes, _ ownership: Ownership) -> Set<Network> {
        Set(
            routes.compactMap { prefix, paths in
                let ours = paths.filter(ownership.owns)
                guard let path = ours.first(where: ownership.isOurPlace) ?? ours.first else { return nil }
                return ownership.attributeClass(of: path.tag).map { Network(prefix: prefix, attributeClass: $0) }
            })
    }

    // MARK: - Connection

    /// Waits in a pause of the transaction, awake for the end of the connection, of the task and of the session.
    private func pause(on connection: Connection) -> (Duration) throws(ManagementError) -> Void {
        let waiter = waiter
        return { [isClosing = ClosingFlag(session: self)] duration throws(ManagementError) in
            let deadline = ContinuousClock.now + duration
            while true {
                guard !isClosing.isSet, !Task.isCancelled else {
                    throw ManagementError(.locked, "gave up waiting for FRR's locks: the session is being closed")
                }
                switch waiter.pause(watching: connection.descriptor, until: deadline) {
                case .elapsed: return
                case .woken: continue
                case .readable: try connection.drainIdle()
                }
            }
        }
    }

    /// Lets a pause see the flag without keeping the session alive.
    private struct ClosingFlag {
        weak var session: MgmtdSession?
        var isSet: Bool { session?.isClosing.load(ordering: .relaxed) ?? true }
    }

    private func watch(_ connection: Connection) {
        waiter.watch(connection.descriptor) { [weak self] in
            self?.assumeIsolated { $0.idleInput() }
        }
    }

    /// Something arrived, or the peer went, while nothing was asked.
    private func idleInput() {
        guard let channel else {
            waiter.unwatch()
            return
        }
        do {
            try channel.connection.drainIdle()
        } catch {
            disconnect(error.message)
        }
    }

    private func disconnect(_ reason: String) {
        guard channel != nil else { return }
        waiter.unwatch()
        channel = nil
        logger.warning("connection to mgmtd lost", metadata: ["error": "\(reason)"])
        eventContinuation?.yield(.disconnected(reason))
    }

    private func closeOnThread() {
        if let channel { leave(channel) }
        eventContinuation?.finish()
        eventContinuation = nil
    }

    /// Drops an open channel, holding the candidate's lock where that protects others.
    private func leave(_ channel: Channel) {
        waiter.unwatch()
        self.channel = nil
        guard channel.release.disconnectWipesCandidate, channel.heldLocks.isEmpty else { return }
        for attempt in 1...20 {
            do {
                guard let refusal = try channel.tryLock(.candidate) else { return }
                logger.debug("waiting to close", metadata: ["attempt": "\(attempt)", "reason": "\(refusal)"])
                _ = waiter.pause(
                    watching: channel.connection.descriptor, until: ContinuousClock.now + .milliseconds(50))
            } catch {
                return
            }
        }
    }
}

extension NetworkEdit {
    /// The class that the prefix shall have; nil for none.
    fileprivate var wantedClass: AttributeClass? {
        if case .set(let network) = self { network.attributeClass } else { nil }
    }
}
