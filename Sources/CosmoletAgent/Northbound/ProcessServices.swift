internal import Logging
internal import Observability
internal import ServiceLifecycle
internal import UnixSignals

/// Anything that runs until it is cancelled, as a service.
struct Running: ServiceLifecycle.Service {
    let body: @Sendable () async throws -> Void

    init(_ body: @escaping @Sendable () async throws -> Void) { self.body = body }

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await body() }
    }
}

/// Something that is open already and is closed when its turn comes at the end.
struct Closing: ServiceLifecycle.Service {
    let close: @Sendable () async -> Void

    init(_ close: @escaping @Sendable () async -> Void) { self.close = close }

    func run() async {
        try? await gracefulShutdown()
        await close()
    }
}

/// Answers SIGHUP: the commit log's file is opened anew, and the configuration is read again, where there are any.
struct HangUpHandler: ServiceLifecycle.Service {
    let commitLog: CommitLogFile?
    var reloader: ConfigurationReloader?
    let logger: Logger

    func run() async {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() {
            commitLog?.reopen()
            if commitLog != nil { logger.info("commit log opened anew") }
            await reloader?.hangUp()
            if commitLog == nil, reloader == nil {
                logger.info("SIGHUP ignored: there is no commit log to open anew and no configuration to read again")
            }
        }
    }
}

extension ServiceGroup {
    /// Runs services until SIGTERM or SIGINT, or until one of them fails; then ends them one by one, the last first.
    static func runToTheEnd(_ services: [any ServiceLifecycle.Service]) async throws {
        try await ServiceGroup(
            configuration: .init(
                services: services.map {
                    .init(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() })
        ).run()
    }
}
