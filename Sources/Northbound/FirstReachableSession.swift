/// The first of several sessions that can be opened. For one command at a time: nothing is moved between them.
public actor FirstReachableSession: ManagementSession {
    private let sessions: [any ManagementSession]
    private var current: (any ManagementSession)?

    /// Takes the sessions in order of preference, at least one.
    public init(_ sessions: [any ManagementSession]) {
        precondition(!sessions.isEmpty, "there is no session to choose")
        self.sessions = sessions
    }

    /// Opens the first one that is there. One that is there and refuses is an error, not a reason to take another.
    public func open() async throws(ManagementError) -> ManagementCapabilities {
        if let current { return try await current.open() }
        var last = ManagementError(.unreachable, "no provider is there")
        for session in sessions {
            do throws(ManagementError) {
                let capabilities = try await session.open()
                current = session
                return capabilities
            } catch {
                last = error
                guard error.code == .unreachable else { throw error }
            }
        }
        throw last
    }

    /// As the session that was opened.
    public func networks() async throws(ManagementError) -> Set<Network> { try await opened().networks() }

    /// As the session that was opened.
    public func installedNetworks() async throws(ManagementError) -> Set<Network> {
        try await opened().installedNetworks()
    }

    /// As the session that was opened.
    public func commit(_ transaction: Transaction) async -> CommitResult {
        guard let current else { return CommitResult(outcome: .rejected(ManagementErrorSummary(Self.notOpen))) }
        return await current.commit(transaction)
    }

    /// Closes all.
    public func close() async {
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
