internal import Journal
internal import Logging
internal import Northbound
internal import NorthboundRPC
internal import Observability

/// Turns the events of a commit service into log lines, metrics and publications.
struct ServiceLog: Sendable {
    let logger: Logger
    let telemetry: AgentTelemetry
    let publisher: CommitLogPublisher?

    func take(_ event: ServiceEvent) {
        switch event {
        case .sessionOpened(let capabilities, let isReconnect):
            telemetry.sessionOpened(isReconnect: isReconnect)
            logger.info(
                "session with FRR open",
                metadata: [
                    LogKeys.dialect: "\(capabilities.dialect)", LogKeys.schema: "\(capabilities.schema)",
                    LogKeys.releases: "\(capabilities.releases)",
                ])
        case .sessionLost(let reason):
            telemetry.sessionLost(reason)
            logger.warning("session with FRR lost", metadata: [LogKeys.reason: "\(reason)"])
        case .running(let networks): telemetry.running(networks)
        case .recorded(let record): recorded(record)
        case .journalFailed(let error):
            logger.critical("the journal cannot be written", metadata: [LogKeys.error: "\(error)"])
        case .journalHealed(let missed):
            logger.critical("the journal can be written again", metadata: [LogKeys.count: "\(missed)"])
        case .lockRefused(let reason):
            logger.warning("a commit was given up", metadata: [LogKeys.reason: "\(reason)"])
        case .leaseExpired(let client):
            logger.critical("a lease has run out", metadata: ["client": "\(client)"])
        }
    }

    private func recorded(_ record: TransactionRecord) {
        let metadata: Logger.Metadata = [
            LogKeys.transaction: "\(record.id)", LogKeys.outcome: "\(record.outcome.rawValue)",
            LogKeys.edits: .array(record.edits.prefix(100).map { "\($0.edit)" }),
            LogKeys.count: "\(record.edits.count)",
            LogKeys.cause: .array(record.cause.prefix(100).map { "\($0)" }), "client": "\(record.client)",
            LogKeys.durationMilliseconds: "\(Double(record.durationMicroseconds) / 1000)",
        ]
        logger.log(level: record.outcome == .applied ? .info : .error, "commit", metadata: metadata)
        publisher?.publish(record)
    }
}
