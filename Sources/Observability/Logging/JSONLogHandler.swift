public import Logging

/// Prints each log event as one line with a JSON object (RFC 8259):
///
///     {"time":"2026-11-22T15:03:06.042Z","level":"info","label":"agent","message":"committed","metadata":{"added":"2"}}
///
/// `metadata` is left out when there is none; its keys are sorted. Numbers and truth values that are passed as such
/// (`.stringConvertible`) stay numbers and truth values; everything else is a string, an array or an object.
public struct JSONLogHandler: LogHandler {
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
        var line = JSONText()
        line.appendMember("time", core.now().description)
        line.appendMember("level", event.level.rawValue)
        line.appendMember("label", core.label)
        line.appendMember("message", event.message.description)
        let merged = LogHandlerCore.merged(metadata, metadataProvider, event)
        if !merged.isEmpty {
            line.append(",\"metadata\":")
            line.append(object: merged)
        }
        core.sink.write("{" + line.output + "}")
    }
}

/// JSON as it grows. Control characters never appear raw, so a line stays a line whatever a message holds.
private struct JSONText {
    private(set) var output = ""

    mutating func append(_ raw: String) { output += raw }

    mutating func appendMember(_ key: String, _ value: String) {
        if !output.isEmpty { output += "," }
        append(string: key)
        output += ":"
        append(string: value)
    }

    mutating func append(object members: [(key: String, value: Logger.MetadataValue)]) {
        output += "{"
        for (index, member) in members.enumerated() {
            if index > 0 { output += "," }
            append(string: member.key)
            output += ":"
            append(value: member.value)
        }
        output += "}"
    }

    private mutating func append(value: Logger.MetadataValue) {
        switch value {
        case .string(let text): append(string: text)
        case .stringConvertible(let convertible): append(convertible: convertible)
        case .dictionary(let members): append(object: members.sorted { $0.key < $1.key })
        case .array(let elements):
            output += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { output += "," }
                append(value: element)
            }
            output += "]"
        }
    }

    private mutating func append(convertible: any CustomStringConvertible) {
        switch convertible {
        case let number as any BinaryInteger: output += number.description
        case let truth as Bool: output += truth ? "true" : "false"
        case let number as Double where number.isFinite: output += number.description
        default: append(string: convertible.description)
        }
    }

    private mutating func append(string: String) {
        output += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case _ where scalar.properties.generalCategory == .control:
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}
