internal import Logging
internal import Northbound
internal import Observability
internal import Synchronization

/// Counts what a session with FRR does, and says why it cannot be opened.
final class MeteredSession: ManagementSession {
    private let session: any ManagementSession
    private let telemetry: AgentTelemetry
    private let logger: Logger
    private let lastFailure = Mutex<String?>(nil)
    private let lastTransaction = Mutex<String?>(nil)

    init(_ session: any ManagementSession, telemetry: AgentTelemetry, logger: Logger) {
        self.session = session
        self.telemetry = telemetry
        self.logger = logger
    }

    /// The name of the transaction that was sent last: what else rides in it has other names.
    var currentTransaction: String? { lastTransaction.withLock(\.self) }

    func resume(_ transactions: [[NetworkEdit]]) async { await session.resume(transactions) }

    func open() async throws(ManagementError) -> ManagementCapabilities {
        do throws(ManagementError) {
            let capabilities = try await session.open()
            lastFailure.withLock { $0 = nil }
            return capabilities
        } catch {
            telemetry.sessionLost(error.message)
            let isNews = lastFailure.withLock { last in
                defer { last = error.description }
                return last != error.description
            }
            logger.log(
                level: isNews ? .warning : .debug, "FRR cannot be reached, trying again",
                metadata: [LogKeys.error: "\(error)"])
            throw error
        }
    }

    func networks() async throws(ManagementError) -> Set<Network> { try await session.networks() }

    func installedNetworks() async throws(ManagementError) -> Set<Network> {
        try await session.installedNetworks()
    }

    func commit(_ transaction: Transaction) async -> CommitResult {
        lastTransaction.withLock { $0 = transaction.id }
        let result = await session.commit(transaction)
        telemetry.committed(result)
        if case .unknown(let error) = result.outcome { telemetry.commitUnknown(error.message) }
        return result
    }

    func close() async { await session.close() }

    func events() async -> AsyncStream<SessionEvent> {
        let events = await session.events()
        let telemetry = telemetry
        return AsyncStream {
            var iterator = events.makeAsyncIterator()
            let event = await iterator.next()
            if case .healed(let count)? = event { telemetry.orphansHealed(count) }
            return event
        }
    }
}
