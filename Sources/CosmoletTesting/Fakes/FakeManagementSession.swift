public import NetworkTypes
public import Northbound
internal import Synchronization

/// An FRR in memory that keeps the contract of `ManagementSession` and fails on command.
public actor FakeManagementSession: ManagementSession {
    /// What one commit shall do instead of succeeding.
    public enum Fault: Sendable {
        /// Refuse with this error; nothing changes.
        case reject(ManagementError)
        /// Apply, but lose the reply and the connection.
        case loseReplyAfterApplying
        /// Do not apply, and lose the connection.
        case loseRequest
    }

    /// What running holds, ours and others'.
    public private(set) var running: Set<Network>
    /// Transactions in the order in which they came, refused ones included; to wait on.
    public nonisolated let transactions = Observed<[Transaction]>([])
    /// How often the session was opened; to wait on.
    public nonisolated let openCount = Observed(0)
    /// How often the session was closed; to wait on.
    public nonisolated let closeCount = Observed(0)
    private var isOpen = false
    private var isReachable = true
    private let provider: String
    private let onChange: @Sendable (Set<Network>) -> Void
    private var openRefusal: ManagementError?
    private var installsNothing = false
    private var stateRefusal: ManagementError?
    private var commitDuration = Duration.milliseconds(2)
    private var faults: [Fault] = []
    private var poison: Set<IPPrefix> = []
    private var unknownClasses: Set<AttributeClass> = []
    private var hold: CheckedContinuation<Void, Never>?
    private var holdsNext = false
    private var holdsNextReading = false
    private var holdsNextOpening = false
    private var continuation: AsyncStream<SessionEvent>.Continuation?

    /// Makes a fake that runs these networks.
    ///
    /// - Parameter onChange: told what running holds whenever a commit has changed it.
    public init(
        running: Set<Network> = [], provider: String = "mgmtd",
        onChange: @escaping @Sendable (Set<Network>) -> Void = { _ in }
    ) {
        self.running = running
        self.provider = provider
        self.onChange = onChange
    }

    // MARK: - Commands of a test

    /// The next commits fail in this order.
    public func fail(_ faults: Fault...) { self.faults += faults }

    /// Every transaction that sets one of these prefixes is refused whole, as FRR does with a bad edit.
    public func refuse(_ prefixes: Set<IPPrefix>) { poison = prefixes }

    /// Every transaction that sets a network of one of these classes is refused whole, with all of them that it uses named.
    public func refuse(classes: Set<AttributeClass>) { unknownClasses = classes }

    /// Ends the session; `open()` fails until `restore()`.
    public func breakDown(_ reason: String = "FRR stopped") {
        isReachable = false
        disconnect(reason)
    }

    /// Lets `open()` succeed again.
    public func restore() { isReachable = true }

    /// `open()` fails with this error; nil: succeeds again.
    public func refuseOpening(_ error: ManagementError?) { openRefusal = error }

    /// What is committed does not get into the routing table.
    public func installNothing(_ isSo: Bool = true) { installsNothing = isSo }

    /// Asking for what is installed fails with this error; nil: succeeds again.
    public func refuseState(_ error: ManagementError?) { stateRefusal = error }

    /// Commits report that they took so long; they take no longer.
    public func reportCommitDuration(_ duration: Duration) { commitDuration = duration }

    /// Changes running behind the session's back, as an operator would.
    public func edit(_ change: @Sendable (inout Set<Network>) -> Void) { change(&running) }

    /// The next commit waits for `release()` before it is answered.
    public func holdNextCommit() { holdsNext = true }

    /// The next reading of running waits for `release()` before it is answered.
    public func holdNextReading() { holdsNextReading = true }

    /// The next `open()` waits for `release()` before it succeeds.
    public func holdNextOpening() { holdsNextOpening = true }

    /// True while a commit, a reading or an opening waits for `release()`.
    public var isHeld: Bool { hold != nil }

    /// Lets what is held go on.
    public func release() {
        hold?.resume()
        hold = nil
    }

    // MARK: - ManagementSession

    /// Succeeds unless `breakDown()` was called.
    public func open() async throws(ManagementError) -> ManagementCapabilities {
        guard isReachable else { throw ManagementError(.unreachable, "the fake FRR is not running") }
        if let openRefusal { throw openRefusal }
        if holdsNextOpening {
            holdsNextOpening = false
            await withCheckedContinuation { hold = $0 }
        }
        isOpen = true
        openCount.update { $0 += 1 }
        return ManagementCapabilities(
            provider: provider, dialect: "fake", schema: "fake", releases: "none", canReadState: true)
    }

    /// What `running` holds.
    public func networks() async throws(ManagementError) -> Set<Network> {
        if holdsNextReading {
            holdsNextReading = false
            await withCheckedContinuation { hold = $0 }
        }
        guard isOpen else { throw ManagementError(.disconnected, "the session is not open") }
        return running
    }

    /// The same: this fake installs at once, unless it is told not to.
    public func installedNetworks() async throws(ManagementError) -> Set<Network> {
        if let stateRefusal { throw stateRefusal }
        let networks = try await networks()
        return installsNothing ? [] : networks
    }

    /// Applies the edits, or fails as ordered.
    public func commit(_ transaction: Transaction) async -> CommitResult {
        transactions.update { $0.append(transaction) }
        if holdsNext {
            holdsNext = false
            // A test that fails before it calls `release()` has to end all the same.
            let deadline = Task {
                try await ContinuousClock().sleep(for: .seconds(120))
                release()
            }
            await withCheckedContinuation { hold = $0 }
            deadline.cancel()
        }
        guard isOpen else { return unknown() }
        if !faults.isEmpty {
            switch faults.removeFirst() {
            case .reject(let error):
                return CommitResult(outcome: .rejected(ManagementErrorSummary(error)))
            case .loseReplyAfterApplying:
                apply(transaction.edits)
                disconnect("cut")
                return unknown()
            case .loseRequest:
                disconnect("cut")
                return unknown()
            }
        }
        let bad = transaction.edits.first {
            if case .set(let network) = $0 { poison.contains(network.prefix) } else { false }
        }
        if let bad {
            return CommitResult(
                outcome: .rejected(ManagementErrorSummary(ManagementError(.rejected, "refused \(bad.prefix)"))))
        }
        let unknown = transaction.edits.reduce(into: Set<AttributeClass>()) { unknown, edit in
            if case .set(let network) = edit { unknown.insert(network.attributeClass) }
        }.intersection(unknownClasses)
        if !unknown.isEmpty {
            let message = "\(ClassRefusal.noRouteMap(unknown)) add it"
            return CommitResult(outcome: .rejected(ManagementErrorSummary(ManagementError(.rejected, message))))
        }
        apply(transaction.edits)
        return CommitResult(outcome: .applied, durationToReply: .milliseconds(1), duration: commitDuration)
    }

    /// Ends the session; `running` stays.
    public func close() async {
        isOpen = false
        closeCount.update { $0 += 1 }
    }

    /// Yields `disconnected` when a test breaks the session.
    public func events() async -> AsyncStream<SessionEvent> {
        continuation?.finish()
        let (stream, continuation) = AsyncStream.makeStream(of: SessionEvent.self)
        self.continuation = continuation
        return stream
    }

    private func apply(_ edits: [NetworkEdit]) {
        for edit in edits {
            running = running.filter { $0.prefix != edit.prefix }
            if case .set(let network) = edit { running.insert(network) }
        }
        onChange(running)
    }

    private func disconnect(_ reason: String) {
        guard isOpen else { return }
        isOpen = false
        continuation?.yield(.disconnected(reason))
    }

    private func unknown() -> CommitResult {
        CommitResult(outcome: .unknown(ManagementErrorSummary(ManagementError(.disconnected, "connection lost"))))
    }
}
