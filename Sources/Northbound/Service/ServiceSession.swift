/// The northbound API as a management session, for a client that keeps a set of networks in place: the agent.
///
/// The same in both modes: over a `CommitService` in this process, or over the client of one in another.
public struct ServiceSession: ManagementSession {
    private let api: any NorthboundAPI
    private let client: String

    /// Makes a session of this client.
    public init(_ api: any NorthboundAPI, client: String) {
        self.api = api
        self.client = client
    }

    /// Asks what is there and takes the lease. Throws `unreachable` while the service has no session with FRR.
    public func open() async throws(ManagementError) -> ManagementCapabilities {
        do throws(NorthboundError) {
            try await api.renewLease(client: client)
            guard let management = try await api.capabilities().management else {
                throw NorthboundError(.unavailable, "the northbound has no session with FRR yet")
            }
            // Running must be readable too: the service may be recovering.
            _ = try await api.get(.config)
            return management
        } catch {
            throw Self.managementError(error, .unreachable)
        }
    }

    /// Our networks in running. Renews the lease.
    public func networks() async throws(ManagementError) -> Set<Network> {
        do throws(NorthboundError) {
            try await api.renewLease(client: client)
            return try await api.get(.config)
        } catch {
            throw Self.managementError(error, .disconnected)
        }
    }

    /// Our networks as the routing table has them.
    public func installedNetworks() async throws(ManagementError) -> Set<Network> {
        do throws(NorthboundError) { return try await api.get(.state) } catch {
            throw Self.managementError(error, .disconnected)
        }
    }

    /// Commits under the transaction's name as request id, so that a retry cannot apply it twice.
    public func commit(_ transaction: Transaction) async -> CommitResult {
        let start = ContinuousClock.now
        let request = CommitRequest(
            requestID: transaction.id, client: client, edits: transaction.edits, cause: transaction.cause)
        do throws(NorthboundError) {
            let record = try await api.commit(request)
            let elapsed = start.duration(to: .now)
            return CommitResult(
                outcome: .applied, transactionID: record.id,
                phases: record.phaseMicroseconds.mapValues { .microseconds($0) }, durationToReply: elapsed,
                duration: elapsed)
        } catch {
            let summary = ManagementErrorSummary(Self.managementError(error, .disconnected))
            let isKnown = error.code != .unknown && error.code != .deadlineExceeded && error.code != .unavailable
            return CommitResult(
                outcome: isKnown ? .rejected(summary) : .unknown(summary), duration: start.duration(to: .now))
        }
    }

    /// Nothing to release: the service keeps the session with FRR.
    public func close() async {}

    /// A service tells nothing unasked; failed calls tell enough.
    public func events() async -> AsyncStream<SessionEvent> { AsyncStream { _ in } }

    private static func managementError(
        _ error: NorthboundError, _ unavailable: ManagementError.Code
    ) -> ManagementError {
        let code: ManagementError.Code =
            switch error.code {
            case .unavailable, .unknown, .cancelled: unavailable
            case .deadlineExceeded: .deadlineExceeded
            case .aborted: .locked
            case .invalidArgument: .invalidEdit
            case .unimplemented: .unsupported
            default: .rejected
            }
        return ManagementError(code, error.message)
    }
}
