/// The first of several sessions that can be opened. For one command at a time: nothing is moved between them.
///
/// One that is there and refuses, or may be there and cannot be asked, is passed over for reading only: a northbound
/// would use the next one on. A commit gets the refusal.
public actor FirstReachableSession: ManagementSession {
    private let sessions: [any ManagementSession]
    private var current: (any ManagementSession)?
    /// The first refusal of those before the current one.
    private var refusal: ManagementError?

    /// Takes the sessions in order of preference, at least one.
    public init(_ sessions: [any ManagementSession]) {
        precondition(!sessions.isEmpty, "there is no session to choose")
        self.sessions = sessions
    }

    /// Opens the first one that can be used.
    ///
    /// - Throws: the first refusal when none can be, or else why the last one is not there.
    public func open() async throws(ManagementError) -> ManagementCapabilities {
        if let current { return try await current.open() }
        var last = ManagementError(.unreachable, "no provider is there")
        refusal = nil
        for session in sessions {
            do throws(ManagementError) {
                let capabilities = try await session.open()
                current = session
                return capabilities
            } catch {
                last = error
                guard error.code != .rejected, error.code != .unresponsive else {
                    refusal = refusal ?? error
                    continue
                }
                guard error.code == .unreachable else { throw error }
            }
        }
        throw refusal ?? last
    }

    /// As the session that was opened.
    public func networks() async throws(ManagementError) -> Set<Network> { try await opened().networks() }

    /// As the session that was opened.
    public func installedNetworks() async throws(ManagementError) -> Set<Network> {
        try await opened().installedNetworks()
    }

    /// As the session that was opened, unless one before it has refused.
    public func commit(_ transaction: Transaction) async -> CommitResult {
        guard let current, refusal == nil else {
            return CommitResult(outcome: .rejected(ManagementErrorSummary(refusal ?? Self.notOpen)))
        }
        return await current.commit(transaction)
    }

    /// Closes all. The next `open()` chooses anew.
    public func close() async {
        current = nil
        refusal = nil
        for session in sessions { await session.close() }
    }

    /// News of the session that was opened; none before.
    public func events() async -> AsyncStream<SessionEvent> {
        guard let current else { return AsyncStream { $0.finish() } }
        return await current.events()
    }

    private static let notOpen = ManagementError(.disconnected, "the session is not open")

    private func opened() throws(ManagementError) -> any ManagementSession {
        guard let current else { throw Self.notOpen }
        return current
    }
}
