internal import Bindings
internal import Foundation
internal import Glibc
internal import Journal
package import Logging
package import Northbound
package import NorthboundRPC
internal import Observability
package import ServiceLifecycle

/// The northbound of one FRR, put together: journal, commit service, API over ZeroMQ, commit logs. The same in `cosmolet
/// northbound` and in an agent that talks to mgmtd itself.
package final class NorthboundRuntime: Sendable {
    /// The service, for callers in this process.
    package let api: any NorthboundAPI
    /// Why the session with FRR ended, each time that it does; for one reader.
    package let sessionLosses: AsyncStream<String>
    /// The commit log's file, if there is one.
    let commitLog: CommitLogFile?

    private let service: CommitService
    private let closeJournal: @Sendable () async -> Void
    private let server: NorthboundServer?
    private let publisher: CommitLogPublisher?

    /// Opens the journal; listens only with `start()`.
    ///
    /// - Parameter agent: the client name of the agent in this process, which logs its commits itself; nil without one.
    /// - Throws: `StartFailure` when the journal is another process's; `JournalError` when it is another program's or a
    ///   newer release's. A journal that cannot be written is no error: it is waited for.
    package init(
        _ settings: NorthboundSettings, session: any ManagementSession, agent: String?, telemetry: AgentTelemetry,
        logger: Logger
    ) async throws {
        let security = try settings.serverSecurity()
        let (journal, close) = try await Self.openJournal(settings, logger: logger)
        closeJournal = close
        let northbound = NorthboundTelemetry(registry: telemetry.registry)
        let publisher = settings.publish.map {
            CommitLogPublisher(PublisherConfiguration(endpoint: $0, security: security, group: settings.group))
        }
        let commitLog = settings.commitLog.map {
            CommitLogFile($0, logger: logger) { northbound.droppedFromFile() }
        }
        self.publisher = publisher
        self.commitLog = commitLog
        let (losses, lossContinuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
        sessionLosses = losses
        let now: @Sendable () -> Int64 = JournalConfiguration.systemClock
        let metered = MeteredSession(session, telemetry: telemetry, logger: logger)
        let log = ServiceLog(
            logger: logger, telemetry: telemetry, northbound: northbound, session: metered,
            requiresJournal: settings.requiresJournal, quietClient: agent, startedAtMicroseconds: now(),
            publisher: publisher, file: commitLog, onSessionLost: { lossContinuation.yield($0) })
        var configuration = CommitServiceConfiguration(programVersion: CosmoletVersion.current)
        configuration.policy = settings.policy
        configuration.announcesWithoutJournal = !settings.requiresJournal
        configuration.staleAfter = settings.staleAfter
        configuration.drainHold = settings.drainHold
        service = CommitService(
            session: metered, journal: journal, configuration: configuration, clock: ContinuousClock(), now: now,
            makeID: { UUID().uuidString.lowercased() }, emit: { log.take($0) })
        let api = MeteredAPI(service, telemetry: northbound)
        self.api = api
        server = settings.listen.map {
            NorthboundServer(
                api, instance: UUID().uuidString,
                configuration: RequestServerConfiguration(endpoint: $0, security: security, group: settings.group))
        }
        let size = telemetry.registry.gauge(MetricCatalogue.journalSize)
        telemetry.registry.onScrape { _ in
            if let path = settings.journal { size.set(to: Self.byteCount(path) + Self.byteCount(path + "-wal")) }
            if let publisher { northbound.droppedFromPublication(total: publisher.droppedCount) }
        }
    }

    /// Commits that wait for their turn.
    package var queuedCommitCount: Int { get async { await service.queuedCommitCount } }

    /// Listens where it was told to, and returns where.
    ///
    /// - Throws: `TransportError`; the journal is closed then.
    package func start() async throws -> TransportEndpoint? {
        do {
            let bound = try await server?.start()
            try await publisher?.start()
            return bound
        } catch {
            await publisher?.close()
            await closeJournal()
            throw error
        }
    }

    /// What runs, in the order of starting. At the end the order is the other way round: the commits that wait are refused,
    /// then the one in flight is finished and answered and no request comes in any more, then the session is closed, then
    /// the records go out, then the journal is closed.
    package var services: [any ServiceLifecycle.Service] {
        var services: [any ServiceLifecycle.Service] = [Closing(closeJournal)]
        if let commitLog { services.append(Closing { await commitLog.flush() }) }
        if let publisher { services.append(Closing { await publisher.close() }) }
        services.append(Running { [service] in await service.run() })
        if let server { services.append(Running { try await server.run() }) }
        services.append(Closing { [service] in await service.stopAccepting() })
        return services
    }

    private static func openJournal(
        _ settings: NorthboundSettings, logger: Logger
    ) async throws -> (any TransactionJournal, @Sendable () async -> Void) {
        guard let path = settings.journal else { return (MemoryJournal(), {}) }
        let lock = try JournalLock.take(journal: path, logger: logger)
        var configuration = JournalConfiguration()
        configuration.retention = settings.retention
        configuration.opensWhenUnavailable = true
        let journal = try await SQLiteJournal.open(at: path, configuration: configuration, logger: logger)
        return (
            journal,
            {
                await journal.close()
                lock?.release()
            }
        )
    }

    private static func byteCount(_ path: String) -> Double {
        FileStatus(path: path).map { Double($0.size) } ?? 0
    }
}
