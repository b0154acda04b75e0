package import Northbound
internal import Synchronization

/// The agent's session over the northbound API, kept alive: renews the lease on a timer and notices without any commit
/// when the northbound or its FRR has gone.
///
/// The same over a `CommitService` in this process and over the client of one in another.
package final class LeasedSession: ManagementSession {
    private struct State {
        var isOpen = false
        var events: AsyncStream<SessionEvent>.Continuation?
    }

    private let api: any NorthboundAPI
    private let session: ServiceSession
    private let client: String
    private let clock: any Clock<Duration>
    private let period: Duration
    private let patience: Duration
    private let losses: AsyncStream<String>?
    private let state = Mutex(State())

    /// Makes a session of this client.
    ///
    /// - Parameters:
    ///   - period: between two renewals; far below the shortest `staleAfter`.
    ///   - losses: tells at once when a service in this process loses FRR; asking on the timer may miss a short absence.
    ///   - patience: how long a renewal may take, and how long `open()` waits for the northbound to reach FRR.
    package init(
        _ api: any NorthboundAPI, client: String, losses: AsyncStream<String>? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        period: Duration = .milliseconds(500), patience: Duration = .seconds(3)
    ) {
        self.api = api
        session = ServiceSession(api, client: client)
        self.client = client
        self.losses = losses
        self.clock = clock
        self.period = period
        self.patience = patience
    }

    /// Renews the lease until the task is cancelled.
    package func keepAlive() async {
        await withDiscardingTaskGroup { group in
            if let losses {
                group.addTask { [self] in
                    for await reason in losses { lose(reason) }
                }
            }
            await renewOnTimer()
            group.cancelAll()
        }
    }

    private func renewOnTimer() async {
        while (try? await clock.sleep(for: period)) != nil {
            let answer = await renew()
            if Task.isCancelled { return }
            switch answer {
            case .success(let capabilities):
                if capabilities.management == nil { lose("the northbound has no session with FRR") }
            case .failure(let error): lose(error.message)
            }
        }
    }

    private func lose(_ reason: String) {
        state.withLock { state in
            guard state.isOpen else { return }
            state.isOpen = false
            state.events?.yield(.disconnected(reason))
        }
    }

    /// Renews and asks; gives up after `patience`, as a process that is stopped keeps its connection.
    private func renew() async -> Result<ServiceCapabilities, NorthboundError> {
        await withTaskGroup(of: Result<ServiceCapabilities, NorthboundError>.self) { group in
            group.addTask { [api, client] in
                do throws(NorthboundError) {
                    try await api.renewLease(client: client)
                    return .success(try await api.capabilities())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask { [clock, patience] in
                try? await clock.sleep(for: patience)
                return .failure(NorthboundError(.deadlineExceeded, "the northbound does not answer"))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(NorthboundError(.cancelled, "cancelled"))
        }
    }

    // MARK: - ManagementSession

    /// Waits a little for the northbound to have reached FRR, then opens.
    package func open() async throws(ManagementError) -> ManagementCapabilities {
        let deadline = ContinuousClock.now + patience
        while case .success(let capabilities) = await renew(), capabilities.management == nil,
            ContinuousClock.now < deadline
        {
            do { try await clock.sleep(for: .milliseconds(50)) } catch { break }
        }
        let capabilities = try await session.open()
        state.withLock { $0.isOpen = true }
        return capabilities
    }

    /// Our networks in running.
    package func networks() async throws(ManagementError) -> Set<Network> { try await session.networks() }

    /// Our networks as the routing table has them.
    package func installedNetworks() async throws(ManagementError) -> Set<Network> {
        try await session.installedNetworks()
    }

    /// Commits. Is waited for also when the calling task is cancelled, as a commit that is given up has no outcome.
    package func commit(_ transaction: Transaction) async -> CommitResult {
        await Task { [session] in await session.commit(transaction) }.value
    }

    /// Nothing to release.
    package func close() async { state.withLock { $0.isOpen = false } }

    /// Tells when the northbound, or its session with FRR, has gone.
    package func events() async -> AsyncStream<SessionEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: SessionEvent.self)
        state.withLock { state in
            state.events?.finish()
            state.events = continuation
        }
        return stream
    }
}
