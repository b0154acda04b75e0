import Logging

/// What the log handlers of this target have in common: where lines go, the time, and how metadata comes together.
struct LogHandlerCore: Sendable {
    let label: String
    let sink: LogSink
    let now: @Sendable () -> LogTimestamp

    /// Metadata of one event: the handler's own, over it what the provider knows of the task, over that what the message
    /// says. An attached error appears as `error`, unless the message has a value of that name. Sorted by key.
    static func merged(
        _ own: Logger.Metadata, _ provider: Logger.MetadataProvider?, _ event: LogEvent
    ) -> [(key: String, value: Logger.MetadataValue)] {
        var all = own
        if let provided = provider?.get() { all.merge(provided) { $1 } }
        if let error = event.error { all[LogKeys.error] = .string("\(error)") }
        if let explicit = event.metadata { all.merge(explicit) { $1 } }
        return all.sorted { $0.key < $1.key }
    }
}
