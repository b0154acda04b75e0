public import Logging

/// How log lines look; the value of `log.format` in the configuration.
public enum LogFormat: String, Sendable, Hashable, CaseIterable, Codable {
    /// For people: `TextLogHandler`.
    case text
    /// For machines: `JSONLogHandler`.
    case json

    /// Makes a handler of this format.
    public func makeHandler(
        label: String, level: Logger.Level, sink: LogSink = .standardError,
        metadataProvider: Logger.MetadataProvider? = nil,
        now: @escaping @Sendable () -> LogTimestamp = { .now() }
    ) -> any LogHandler {
        switch self {
        case .text:
            TextLogHandler(label: label, level: level, sink: sink, metadataProvider: metadataProvider, now: now)
        case .json:
            JSONLogHandler(label: label, level: level, sink: sink, metadataProvider: metadataProvider, now: now)
        }
    }

    /// Makes every `Logger` that is created from now on print in this format.
    ///
    /// - Precondition: called at most once in a process, before any logger is made; swift-log traps otherwise.
    public func bootstrap(level: LogLevelControl, sink: LogSink = .standardError) {
        LoggingSystem.bootstrap(
            { label, provider in
                ControlledLogHandler(
                    makeHandler(label: label, level: .trace, sink: sink, metadataProvider: provider), level)
            }, metadataProvider: nil)
    }
}
