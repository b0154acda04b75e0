internal import Foundation

/// A record of a journal, as `cosmolet commits … --output json` prints it; docs/journal.md has all keys.
struct CommitRecord: Decodable, Sendable {
    /// One prefix; a class that is absent stands for "not announced".
    struct Edit: Decodable, Sendable {
        var prefix: String
        var before: String?
        var after: String?

        /// `+PREFIX CLASS`, `-PREFIX`, `PREFIX CLASS -> CLASS`.
        var text: String {
            switch (before, after) {
            case (nil, let after?): "+\(prefix) \(after)"
            case (let before?, let after?): "\(prefix) \(before) -> \(after)"
            case (_, nil): "-\(prefix)"
            }
        }
    }

    var sequence: Int
    var id: String
    var kind: String
    var request: String
    var cause: [String]
    var edits: [Edit]
    var startedAt: String
    var phaseMicroseconds: [String: Int]
    var durationMicroseconds: Int
    var outcome: String
    var error: String?

    enum CodingKeys: String, CodingKey {
        case sequence, id, kind, cause, edits, outcome, error
        case request = "request_id"
        case startedAt = "started_at"
        case phaseMicroseconds = "phases_us"
        case durationMicroseconds = "duration_us"
    }

    /// Reads a line; nil when it is no record, a message for people for instance.
    init?(_ line: some StringProtocol) {
        guard line.first == "{", let record = try? JSONDecoder().decode(Self.self, from: Data(line.utf8)) else {
            return nil
        }
        self = record
    }

    /// Whether a Service is among the causes.
    func isCaused(by service: String) -> Bool { cause.contains { $0.hasPrefix("\(service):") } }
}
