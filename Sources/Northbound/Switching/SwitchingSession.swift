internal import NetworkTypes

/// A session over one of two ways to the same FRR, which moves what the other one announces without a withdrawal.
///
/// Whenever it is opened it looks at both: what the other provider announces is announced by the chosen one first, read
/// back, and only then removed from the other. So a move that was cut off anywhere, also by a kill, goes on with the next
/// `open()`, and while both announce a prefix BGP has two local paths for it and loses none. Each step is told as
/// `SessionEvent.moved`.
///
/// The first provider is preferred. It is the only one, unless `isAutomatic`; but where it refuses what the other one
/// announces, the other one is used on. One whose announcements BGP takes out of a routing table is used only while BGP
/// takes that table, as far as the other one can tell; while that is away, its last answer counts.
///
/// Calls may come from any task and are executed one after the other. It has no thread of its own.
public actor SwitchingSession: ManagementSession {
    let providers: [SwitchableProvider]
    let isAutomatic: Bool
    let times: SwitchingTimes
    let clock: any Clock<Duration>

    /// The provider in use; nil while no session is open.
    var active: Int?
    /// What it announced when that was last known.
    var known: Set<Network> = []
    /// The provider that was used last.
    var lastActive: Int?
    /// The other provider may announce something of ours.
    var mayHaveLeftovers = true
    /// Prefixes that were withdrawn while the other provider may announce them still; what it has of them is not wanted.
    var withdrawn: Set<IPPrefix> = []
    /// By provider: what takes back what moves to it have changed there, while it is not known how they end.
    var undoing: [Int: [IPPrefix: NetworkEdit]] = [:]
    /// The last trouble with the other provider that was told.
    var lastTrouble: ProviderMove?
    /// When a provider has refused what the other one announces: it is left alone for a while.
    var refusals: [Int: Duration] = [:]
    /// What BGP was found to lack when that was last asked.
    var lastGap: RedistributionGap?
    /// Families of all prefixes that BGP was asked for.
    var families: Set<AddressFamily> = []
    /// Since when a witness whose last answer was a gap has been away.
    var silentSince: Duration?
    /// The provider that everything is being moved to while the other one is in use.
    var trial: Int?
    /// How often the provider in use has changed lately.
    var unrest: Unrest
    /// Since when the preferred provider is waited for, by `elapsed`.
    private var awaySince: Duration?
    /// Time since this object was made, by `clock`.
    let elapsed: @Sendable () -> Duration

    /// Calls of `close()` under way: nothing is opened meanwhile.
    private var closings = 0
    private var turnstile = Turnstile()
    private var forwarders: [Task<Void, Never>?] = [nil, nil]
    /// How often each was opened: a late end of a session before is not taken for that of the present one.
    private var openings = [0, 0]
    var watch: Task<Void, Never>?
    private var eventContinuation: AsyncStream<SessionEvent>.Continuation?

    /// Makes a session over two providers; nothing happens before `open()`.
    ///
    /// - Parameter isAutomatic: use the second provider while the first one cannot be used.
    public init(
        preferred: SwitchableProvider, other: SwitchableProvider, isAutomatic: Bool,
        times: SwitchingTimes = SwitchingTimes(), clock: any Clock<Duration> = ContinuousClock()
    ) {
        providers = [preferred, other]
        self.isAutomatic = isAutomatic
        self.times = times
        self.clock = clock
        elapsed = Self.stopwatch(clock)
        unrest = Unrest(times)
    }

    private static func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }

    // MARK: - ManagementSession

    /// Tells both: which of them a transaction went to is not known.
    public func resume(_ transactions: [[NetworkEdit]]) async {
        for provider in providers { await provider.session.resume(transactions) }
    }

    /// Opens the provider that is to be used, and moves to it what the other one announces.
    ///
    /// - Throws: what the provider throws that cannot be opened; `disconnected` when a move was cut off.
    public func open() async throws(ManagementError) -> ManagementCapabilities {
        await enter()
        defer { leave() }
        guard !isClosing else { throw Self.notOpen }
        if let active { return try await providers[active].session.open() }
        let chosen = try await choose()
        let used = try await moveAll(to: chosen)
        let networks = try await providers[used].session.networks()
        undoing = [:]
        use(used)
        known = networks
        if used == 0 { refusals[0] = nil }
        watchOver()
        let capabilities = try await providers[used].session.open()
        guard active == used, !isClosing else { throw Self.notOpen }
        return capabilities
    }

    /// From now on a provider is the one that knows what is wanted.
    func use(_ used: Int) {
        if lastActive != used {
            withdrawn = []
            if lastActive != nil { unrest.moved(at: elapsed()) }
        }
        active = used
        lastActive = used
    }

    /// Our networks as the provider in use has them.
    public func networks() async throws(ManagementError) -> Set<Network> {
        await enter()
        defer { leave() }
        guard let active else { throw Self.notOpen }
        let networks = try await read(active)
        known = networks
        return networks
    }

    /// Our networks as the provider in use has installed them, without those that BGP does not have from there, as far as the
    /// other one can tell.
    public func installedNetworks() async throws(ManagementError) -> Set<Network> {
        await enter()
        defer { leave() }
        guard let active else { throw Self.notOpen }
        let installed = try await noticing(active) { (session) async throws(ManagementError) in
            try await session.installedNetworks()
        }
        let missing = await missing(Set(installed.map(\.prefix)), from: active)
        return installed.filter { !missing.contains($0.prefix) }
    }

    /// Commits through the provider in use.
    public func commit(_ transaction: Transaction) async -> CommitResult {
        await enter()
        defer { leave() }
        guard let active else { return CommitResult(outcome: .rejected(ManagementErrorSummary(Self.notOpen))) }
        let result = await providers[active].session.commit(transaction)
        switch result.outcome {
        case .applied:
            noteWithdrawals(transaction.edits)
            known.apply(transaction.edits)
            await withdrawFromTrial(transaction.edits)
        case .rejected(let why): notice(why, of: active)
        case .unknown(let why):
            noteWithdrawals(transaction.edits)
            notice(why, of: active)
        }
        return result
    }

    /// Closes both: at once, so that a provider ends what can be ended, and again when what was under way here is over,
    /// which may have opened one.
    public func close() async {
        closings += 1
        watch?.cancel()
        for provider in providers { await provider.session.close() }
        await enter()
        defer { leave() }
        watch?.cancel()
        for (index, provider) in providers.enumerated() {
            await provider.session.close()
            forwarders[index]?.cancel()
        }
        active = nil
        awaySince = nil
        closings -= 1
    }

    /// News of the provider in use, and of moves; a second call ends the first stream.
    public func events() async -> AsyncStream<SessionEvent> {
        eventContinuation?.finish()
        let (stream, continuation) = AsyncStream.makeStream(
            of: SessionEvent.self, bufferingPolicy: .bufferingNewest(64))
        eventContinuation = continuation
        return stream
    }

    // MARK: - Choosing

    static let notOpen = ManagementError(.disconnected, "the session is not open")

    /// The provider to be used; it is open then.
    private func choose() async throws(ManagementError) -> Int {
        do throws(ManagementError) {
            try await open(0)
            awaySince = nil
            return 0
        } catch {
            let isRefusal = ![.unreachable, .unresponsive, .disconnected, .deadlineExceeded].contains(error.code)
            guard isAutomatic || isRefusal else { throw error }
            if isAutomatic, isToBeWaitedFor(error) { throw error }
            do throws(ManagementError) {
                try await open(1)
                // Without being told to, only to go on with what is there.
                if !isAutomatic, try await read(1).isEmpty { throw error }
            } catch let other {
                throw isRefusal ? error : other
            }
            if isRefusal { refused(error.message, by: 0, count: 0) }
            return 1
        }
    }

    /// A bgpd that is restarted comes back, and may refuse before it has read its configuration. One that is there and does
    /// not answer is busy, and what the other one announces would have to go through it as well.
    private func isToBeWaitedFor(_ error: ManagementError) -> Bool {
        let isBusy = [.unresponsive, .disconnected, .deadlineExceeded].contains(error.code)
        guard lastActive != 1, isBusy || awaySince != nil else { return false }
        let since = awaySince ?? elapsed()
        awaySince = since
        return elapsed() - since < (isBusy ? times.busyPatience : times.patience)
    }

    /// Opens a provider and listens to it.
    func open(_ index: Int) async throws(ManagementError) {
        let session = providers[index].session
        forwarders[index]?.cancel()
        let events = await session.events()
        guard !isClosing else { throw Self.notOpen }
        openings[index] += 1
        forwarders[index] = Task { [weak self, opening = openings[index]] in
            for await event in events { await self?.heard(event, from: index, opening) }
        }
        _ = try await session.open()
        guard !isClosing else { throw Self.notOpen }
    }

    // MARK: - Losing

    private func heard(_ event: SessionEvent, from index: Int, _ opening: Int) {
        guard case .disconnected(let reason) = event else { return tell(event) }
        if opening == openings[index] { lose(index, reason) }
    }

    /// A provider has gone; told once if it is the one in use.
    private func lose(_ index: Int, _ reason: String) {
        guard index == active else { return }
        active = nil
        tell(.disconnected(reason))
        watch?.cancel()
        if index == 0 { awaySince = elapsed() }
    }

    /// A failed commit may say that the provider has gone.
    private func notice(_ why: ManagementErrorSummary, of index: Int) {
        if why.code == ManagementError.Code.disconnected.description { lose(index, why.message) }
    }

    func tell(_ event: SessionEvent) { eventContinuation?.yield(event) }

    // MARK: - Withdrawals

    /// So many are kept; with more, nothing of what the other provider has is wanted.
    private static let withdrawalLimit = 65_536

    private func noteWithdrawals(_ edits: [NetworkEdit]) {
        guard mayHaveLeftovers else { return }
        for edit in edits {
            switch edit {
            case .set(let network): withdrawn.remove(network.prefix)
            case .remove(let prefix): if withdrawn.count < Self.withdrawalLimit { withdrawn.insert(prefix) }
            }
        }
    }

    /// True when what the other provider has of a prefix is not wanted any more.
    func isWithdrawn(_ prefix: IPPrefix) -> Bool {
        withdrawn.count >= Self.withdrawalLimit || withdrawn.contains(prefix)
    }

    // MARK: - Turns

    var isClosing: Bool { closings > 0 }

    func enter() async {
        if turnstile.tryEnter() { return }
        await withCheckedContinuation { turnstile.wait($0) }
    }

    func leave() { turnstile.leave() }

    func read(_ index: Int) async throws(ManagementError) -> Set<Network> {
        try await noticing(index) { (session) async throws(ManagementError) in try await session.networks() }
    }

    /// Asks a provider, and notices when it has gone.
    private func noticing(
        _ index: Int, _ body: (any ManagementSession) async throws(ManagementError) -> Set<Network>
    ) async throws(ManagementError) -> Set<Network> {
        do throws(ManagementError) { return try await body(providers[index].session) } catch {
            if error.code == .disconnected { lose(index, error.message) }
            throw error
        }
    }
}
