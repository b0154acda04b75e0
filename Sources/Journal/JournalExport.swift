internal import Foundation
internal import NetworkTypes
public import Northbound

/// Records as JSON lines, and back: what `cosmolet commits export` prints and the JSON-lines log writes.
///
/// One object on each line, keys sorted, names in lower case with underscores. Times are there twice: `…_us` in
/// microseconds since the Unix epoch, which reading uses, and ISO 8601 in UTC for people. Reading ignores keys that it
/// does not know. `type` is `record`, or `base` for the networks before the first exported record:
///
/// ```
/// {"networks":[{"class":"default","prefix":"198.51.100.1/32"}],"sequence":41,"type":"base"}
/// {"cause":["shop/web: …"],"client":"agent","duration_us":4100,"edits":[{"after":"default","prefix":"…"}],…}
/// ```
public enum JournalExport {
    /// A line that cannot be read.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// Counted from 1; 0 when the line was given alone.
        public let lineNumber: Int
        /// What is wrong with it.
        public let reason: String

        /// One line.
        public var description: String { lineNumber == 0 ? reason : "line \(lineNumber): \(reason)" }
    }

    /// What a line holds.
    public enum Line: Sendable, Hashable {
        /// The state before the first record.
        case base(JournalBase)
        /// One record.
        case record(TransactionRecord)
    }

    /// One line, without its newline.
    public static func encode(_ record: TransactionRecord) -> String { json(ExportedRecord(record)) }

    /// The first line of an export.
    public static func encode(_ base: JournalBase) -> String { json(ExportedBase(base)) }

    /// Reads one line.
    public static func decode(_ line: some StringProtocol, number: Int = 0) throws(Failure) -> Line {
        let data = Data(line.utf8)
        let decoder = JSONDecoder()
        do {
            switch try decoder.decode(ExportedType.self, from: data).type {
            case .base: return .base(try decoder.decode(ExportedBase.self, from: data).base)
            case .record: return .record(try decoder.decode(ExportedRecord.self, from: data).record)
            }
        } catch {
            throw Failure(lineNumber: number, reason: reason(error))
        }
    }

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, integers and booleans always encode.
        guard let data = try? encoder.encode(value) else { preconditionFailure("\(type(of: value)) has no JSON") }
        return String(decoding: data, as: UTF8.self)
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, let context): "\(field(context.codingPath + [key])): is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "\(path(context)): \(context.debugDescription)"
        case DecodingError.dataCorrupted(let context): "\(path(context)): \(context.debugDescription)"
        default: "\(error)"
        }
    }

    /// `edits[3].prefix`
    private static func field(_ path: [any CodingKey]) -> String {
        path.reduce("") { text, key in
            if let index = key.intValue { return "\(text)[\(index)]" }
            return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
        }
    }

    private static func path(_ context: DecodingError.Context) -> String {
        context.codingPath.isEmpty ? "line" : field(context.codingPath)
    }
}

private struct ExportedType: Codable {
    enum Kind: String, Codable { case base, record }

    var type: Kind
}

private struct ExportedBase: Codable {
    struct Entry: Codable {
        var prefix: IPPrefix
        var `class`: AttributeClass
    }

    var type = ExportedType.Kind.base
    var sequence: Int64
    var networks: [Entry]

    init(_ base: JournalBase) {
        sequence = base.sequence
        networks = base.networks.sorted().map { Entry(prefix: $0.prefix, class: $0.attributeClass) }
    }

    var base: JournalBase {
        JournalBase(
            sequence: sequence,
            networks: Set(networks.map { Network(prefix: $0.prefix, attributeClass: $0.class) }))
    }
}

private struct ExportedRecord: Codable {
    var type = ExportedType.Kind.record
    var sequence: Int64
    var id: String
    var parent: String?
    var kind: TransactionKind
    var requestID: String
    var client: String
    var cause: [String]
    var edits: [RecordedEdit]
    var frr: ManagementCapabilities?
    var startedAt: String
    var startedAtMicroseconds: Int64
    var phaseMicroseconds: [CommitPhase: Int64]
    var durationMicroseconds: Int64
    var outcome: TransactionOutcome
    var error: String?
    var confirmBy: String?
    var confirmByMicroseconds: Int64?

    enum CodingKeys: String, CodingKey {
        case type, sequence, id, parent, kind, client, cause, edits, frr, outcome, error
        case requestID = "request_id"
        case startedAt = "started_at"
        case startedAtMicroseconds = "started_at_us"
        case phaseMicroseconds = "phases_us"
        case durationMicroseconds = "duration_us"
        case confirmBy = "confirm_by"
        case confirmByMicroseconds = "confirm_by_us"
    }

    init(_ record: TransactionRecord) {
        sequence = record.sequence
        id = record.id
        parent = record.parent
        kind = record.kind
        requestID = record.requestID
        client = record.client
        cause = record.cause
        edits = record.edits
        frr = record.capabilities
        startedAt = UTCTime.text(microseconds: record.startedAtMicroseconds)
        startedAtMicroseconds = record.startedAtMicroseconds
        phaseMicroseconds = record.phaseMicroseconds
        durationMicroseconds = record.durationMicroseconds
        outcome = record.outcome
        error = record.error
        confirmBy = record.confirmByMicroseconds.map { UTCTime.text(microseconds: $0) }
        confirmByMicroseconds = record.confirmByMicroseconds
    }

    var record: TransactionRecord {
        TransactionRecord(
            sequence: sequence, id: id, parent: parent, kind: kind, requestID: requestID, client: client, cause: cause,
            edits: edits, capabilities: frr, startedAtMicroseconds: startedAtMicroseconds,
            phaseMicroseconds: phaseMicroseconds, durationMicroseconds: durationMicroseconds, outcome: outcome,
            error: error, confirmByMicroseconds: confirmByMicroseconds)
    }
}
