public import Logging

/// Prints each log event as one line for people: time, level, label, message, then metadata as `key=value`:
///
///     2026-11-22T15:03:06.042Z INFO  agent: committed added=2 prefix=198.51.100.1/32
///
/// Values with spaces, quotes, `=` or control characters are quoted and escaped, control characters of a message are
/// escaped, so a line stays a line. Metadata is sorted by key.
public struct TextLogHandler: LogHandler {
    /// Events below this level are not logged.
    public var logLevel: Logger.Level
    /// Metadata of every event of this handler.
    public var metadata: Logger.Metadata = [:]
    /// Adds metadata of the current task.
    public var metadataProvider: Logger.MetadataProvider?
    private let core: LogHandlerCore

    /// Makes a handler for one label.
    public init(
        label: String, level: Logger.Level = .info, sink: LogSink = .standardError,
        metadataProvider: Logger.MetadataProvider? = nil,
        now: @escaping @Sendable () -> LogTimestamp = { .now() }
    ) {
        core = LogHandlerCore(label: label, sink: sink, now: now)
        logLevel = level
        self.metadataProvider = metadataProvider
    }

    /// One key of `metadata`.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Prints one event.
    public func log(event: LogEvent) {
        let level = event.level.rawValue.uppercased()
        let padding = String(repeating: " ", count: max(0, 5 - level.count))
        var line = "\(core.now()) \(level)\(padding) \(core.label): \(Self.escaped(event.message.description))"
        for (key, value) in LogHandlerCore.merged(metadata, metadataProvider, event) {
            line += " \(Self.quotedIfNeeded(key))=\(Self.quotedIfNeeded(value.description))"
        }
        core.sink.write(line)
    }

    private static func quotedIfNeeded(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar != " " && scalar != "\"" && scalar != "=" && scalar.properties.generalCategory != .control
        }
        return isPlain && !text.isEmpty ? text : "\"" + escaped(text, quote: true) + "\""
    }

    private static func escaped(_ text: String, quote: Bool = false) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\"" where quote: result += "\\\""
            case "\\" where quote: result += "\\\\"
            case _ where scalar.properties.generalCategory == .control:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
