internal import Logging
internal import Northbound
internal import NorthboundRPC
internal import Observability
internal import Synchronization

/// Turns the events of a commit service into log lines, metrics and commit logs.
final class ServiceLog: Sendable {
    fileprivate struct State {
        /// Transactions that were told of and are not settled: of unknown outcome, or waiting for a confirmation.
        var open: Set<String> = []
        var isJournalFailing = false
    }

    private let logger: Logger
    private let telemetry: AgentTelemetry
    private let northbound: NorthboundTelemetry
    private let session: MeteredSession
    private let requiresJournal: Bool
    private let quietClient: String?
    private let startedAtMicroseconds: Int64
    private let publisher: CommitLogPublisher?
    private let file: CommitLogFile?
    private let onSessionLost: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - quietClient: a client that logs its commits itself: the agent in the same process.
    ///   - onSessionLost: told at once when the session with FRR ends.
    init(
        logger: Logger, telemetry: AgentTelemetry, northbound: NorthboundTelemetry, session: MeteredSession,
        requiresJournal: Bool, quietClient: String?, startedAtMicroseconds: Int64, publisher: CommitLogPublisher?,
        file: CommitLogFile?, onSessionLost: @escaping @Sendable (String) -> Void
    ) {
        self.logger = logger
        self.telemetry = telemetry
        self.northbound = northbound
        self.session = session
        self.requiresJournal = requiresJournal
        self.quietClient = quietClient
        self.startedAtMicroseconds = startedAtMicroseconds
        self.publisher = publisher
        self.file = file
        self.onSessionLost = onSessionLost
    }

    func take(_ event: ServiceEvent) {
        switch event {
        case .sessionOpened(let capabilities, let isReconnect):
            telemetry.sessionOpened(capabilities, isReconnect: isReconnect)
            logger.info(
                "session with FRR open",
                metadata: [
                    LogKeys.provider: "\(capabilities.provider)", LogKeys.dialect: "\(capabilities.dialect)",
                    LogKeys.schema: "\(capabilities.schema)", LogKeys.releases: "\(capabilities.releases)",
                ])
        case .sessionLost(let reason):
            telemetry.sessionLost(reason)
            onSessionLost(reason)
            logger.warning("session with FRR lost", metadata: [LogKeys.reason: "\(reason)"])
        case .running(let networks):
            telemetry.running(networks)
            telemetry.runningRead()
        case .recorded(let record): recorded(record)
        case .journalFailed(let error): journalFailed("\(error)")
        case .journalHealed(let missed): journalHealed(missed)
        case .lockRefused(let reason):
            northbound.lockRefused()
            logger.warning(
                "a commit was given up, as somebody else holds FRR's locks",
                metadata: [
                    LogKeys.reason: "\(reason)",
                    LogKeys.hint: "end the vtysh session with configure terminal file-lock",
                ])
        case .leaseExpired(let client):
            northbound.leaseExpired()
            logger.critical("a lease has run out", metadata: [LogKeys.client: "\(client)"])
        }
    }

    // MARK: - Journal

    private func journalFailed(_ error: String) {
        guard !state.withLock({ $0.setJournalFailing(true) }) else { return }
        northbound.journalFails()
        if requiresJournal { telemetry.health.fail(.journal, because: error) }
        logger.critical(
            requiresJournal
                ? "the journal cannot be written, commits are refused"
                : "the journal cannot be written, announcing goes on without it",
            metadata: [LogKeys.error: "\(error)", LogKeys.hint: "make room, or make its folder writable"])
    }

    private func journalHealed(_ missed: Int) {
        guard state.withLock({ $0.setJournalFailing(false) }) else { return }
        northbound.journalHealed()
        telemetry.health.meet(.journal)
        logger.critical("the journal can be written again", metadata: [LogKeys.count: "\(missed)"])
    }

    // MARK: - Records

    private func recorded(_ record: TransactionRecord) {
        publisher?.publish(record)
        file?.take(record)
        let isNew = state.withLock { $0.takeIn(record) } && record.startedAtMicroseconds >= startedAtMicroseconds
        if isNew {
            if record.sequence == 0 { northbound.notWritten() }
            let isSent = record.kind != .observed
            northbound.recorded(record, isCoalesced: isSent && session.currentTransaction != record.id)
        }
        log(record, isNew: isNew)
    }

    /// One line with the message `commit` for each transaction, when it ends; later news of it have other words.
    private func log(_ record: TransactionRecord, isNew: Bool) {
        if let quietClient, record.client == quietClient, record.kind == .commit, isNew { return }
        var metadata: Logger.Metadata = [
            LogKeys.transaction: "\(record.id)", LogKeys.sequence: "\(record.sequence)",
            LogKeys.kind: "\(record.kind.rawValue)", LogKeys.client: "\(record.client)",
            LogKeys.outcome: "\(record.outcome.rawValue)",
            LogKeys.edits: .array(record.edits.prefix(100).map { "\($0.edit)" }),
            LogKeys.count: "\(record.edits.count)",
            LogKeys.cause: .array(record.cause.prefix(100).map { "\($0)" }),
            LogKeys.durationMilliseconds: "\(Double(record.durationMicroseconds) / 1000)",
        ]
        if let error = record.error { metadata[LogKeys.error] = "\(error)" }
        let level: Logger.Level = record.outcome == .applied ? .info : .error
        switch (record.kind, isNew) {
        case (.observed, _): logger.notice("FRR's announcements are not the journal's, noted", metadata: metadata)
        case (_, true): logger.log(level: level, "commit", metadata: metadata)
        case (_, false): logger.log(level: level, "transaction settled", metadata: metadata)
        }
    }
}

extension ServiceLog.State {
    /// Returns what it was before.
    fileprivate mutating func setJournalFailing(_ isFailing: Bool) -> Bool {
        defer { isJournalFailing = isFailing }
        return isJournalFailing
    }

    /// True when nothing was told of this transaction before.
    fileprivate mutating func takeIn(_ record: TransactionRecord) -> Bool {
        let wasOpen = open.remove(record.id) != nil
        if record.outcome == .unknown || record.confirmByMicroseconds != nil { open.insert(record.id) }
        return !wasOpen
    }
}
