internal import Foundation

/// The part of a JSON log line of `cosmolet` that the demo uses.
struct LogLine: Decodable, Sendable {
    /// Metadata by the keys of `LogKeys`.
    struct Metadata: Decodable, Sendable {
        var durationMilliseconds: String?
        var replyMilliseconds: String?
        var request: String?
        var client: String?
        var outcome: String?
        var error: String?
        var edits: [String]?
        var cause: [String]?
        var address: String?
        var version: String?
        var provider: String?
        var dialect: String?
        var schema: String?
        var releases: String?

        enum CodingKeys: String, CodingKey {
            case durationMilliseconds = "duration_ms"
            case replyMilliseconds = "reply_ms"
            case request, client, outcome, error, edits, cause, address, version, provider, dialect, schema, releases
        }
    }

    var time: String
    var message: String
    var metadata: Metadata?

    /// Reads a line; nil when it is no JSON of this form, a crash report for instance.
    init?(_ text: String) {
        guard text.first == "{", let line = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else {
            return nil
        }
        self = line
    }
}

/// What a process said of itself and its FRR when it started.
struct Greeting: Sendable {
    var version = ""
    var provider = ""
    var dialect = ""
    var schema = ""
    var releases = ""
    /// Where it serves metrics and probes, `host:port`.
    var address = ""

    /// Takes a line in, by message, as other lines have the same keys for other things: a VIP is an address too.
    mutating func read(_ line: LogLine) {
        guard let metadata = line.metadata else { return }
        switch line.message {
        case "cosmolet agent starts": version = metadata.version ?? ""
        case "serving metrics and probes": address = metadata.address ?? ""
        case "session with FRR open":
            provider = metadata.provider ?? ""
            dialect = metadata.dialect ?? ""
            schema = metadata.schema ?? ""
            releases = metadata.releases ?? ""
        default: break
        }
    }
}
