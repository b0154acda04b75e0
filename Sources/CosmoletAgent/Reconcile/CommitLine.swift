internal import Logging
internal import Northbound
internal import Observability

extension Logger {
    /// The line of a transaction: what it changed, why, and what came of it.
    func log(_ transaction: Transaction, _ result: CommitResult) {
        var metadata: Logger.Metadata = [
            LogKeys.transaction: "\(result.transactionID ?? "")", LogKeys.request: "\(transaction.id)",
            LogKeys.outcome: "\(result.outcome.name)",
            LogKeys.edits: .array(transaction.edits.prefix(100).map { "\($0)" }),
            LogKeys.count: "\(transaction.edits.count)",
            LogKeys.cause: .array(transaction.cause.prefix(100).map { "\($0)" }),
            LogKeys.durationMilliseconds: "\(result.duration.milliseconds)",
        ]
        if let reply = result.durationToReply { metadata[LogKeys.replyMilliseconds] = "\(reply.milliseconds)" }
        switch result.outcome {
        case .applied:
            info("commit", metadata: metadata)
        case .rejected(let error), .unknown(let error):
            metadata[LogKeys.error] = "\(error)"
            self.error("commit", metadata: metadata)
        }
    }
}

extension Duration {
    /// Milliseconds with microsecond resolution, for logs.
    var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000) / 1000
    }
}
