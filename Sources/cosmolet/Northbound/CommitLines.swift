internal import Foundation
internal import NetworkTypes
internal import Northbound

/// Transactions as people read them.
enum CommitLines {
    static let heading = pad("SEQ", 7) + pad("TIME (UTC)", 25) + pad("OUTCOME", 10) + pad("MS", 9) + "CHANGES"

    static func line(_ record: TransactionRecord) -> String {
        let edits = record.edits.prefix(4).map { "\($0.edit)" }.joined(separator: ", ")
        let more = record.edits.count > 4 ? " and \(record.edits.count - 4) more" : ""
        return pad("\(record.sequence)", 7) + pad(time(record.startedAtMicroseconds), 25)
            + pad(record.outcome.rawValue, 10) + pad(milliseconds(record.durationMicroseconds), 9) + edits + more
            + "  \(record.id)"
    }

    static func page(_ record: TransactionRecord) -> String {
        var lines = [
            "transaction  \(record.id)", "sequence     \(record.sequence)", "kind         \(record.kind.rawValue)",
            "parent       \(record.parent ?? "-")", "client       \(record.client)",
            "request      \(record.requestID)", "time         \(time(record.startedAtMicroseconds))",
            "outcome      \(record.outcome.rawValue)\(record.error.map { ": \($0)" } ?? "")",
        ]
        if let management = record.capabilities {
            lines.append("FRR          \(management.releases), \(management.dialect), schema \(management.schema)")
        }
        if let confirmBy = record.confirmByMicroseconds { lines.append("confirm by   \(time(confirmBy))") }
        let phases = CommitPhase.allCases.compactMap { phase in
            record.phaseMicroseconds[phase].map { "\(phase.rawValue) \(milliseconds($0))" }
        }
        lines.append("took         \(milliseconds(record.durationMicroseconds)) ms (\(phases.joined(separator: ", ")))")
        lines += record.cause.map { "cause        \($0)" }
        lines += record.edits.map { "change       \($0.prefix): \(name($0.before)) -> \(name($0.after))" }
        return lines.joined(separator: "\n")
    }

    /// One line for each prefix that is announced in another way.
    static func changes(_ changes: [RecordedEdit]) -> String {
        let width = max(changes.map { $0.prefix.description.count }.max() ?? 0, "PREFIX".count) + 2
        let lines = changes.map { pad("\($0.prefix)", width) + pad(name($0.before), 16) + name($0.after) }
        return ([pad("PREFIX", width) + pad("BEFORE", 16) + "AFTER"] + lines).joined(separator: "\n")
    }

    /// Networks, as `cosmolet list` prints them.
    static func table(_ networks: Set<Network>) -> String {
        let width = max(networks.map { $0.prefix.description.count }.max() ?? 0, "PREFIX".count) + 2
        let lines = networks.sorted().map { pad("\($0.prefix)", width) + "\($0.attributeClass)" }
        return ([pad("PREFIX", width) + "CLASS"] + lines).joined(separator: "\n")
    }

    /// Networks as JSON, with the keys of `cosmolet list --output json`.
    static func json(_ networks: Set<Network>) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let rows = networks.sorted().map { ["prefix": "\($0.prefix)", "class": $0.attributeClass.rawValue] }
        return String(decoding: try encoder.encode(rows), as: UTF8.self)
    }

    private static func name(_ attributeClass: AttributeClass?) -> String {
        attributeClass?.rawValue ?? "not announced"
    }

    private static func time(_ microseconds: Int64) -> String {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return formatter.string(from: Date(timeIntervalSince1970: Double(microseconds) / 1_000_000))
    }

    private static func milliseconds(_ microseconds: Int64) -> String {
        String(format: "%.2f", Double(microseconds) / 1000)
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text.padding(toLength: max(width, text.count + 1), withPad: " ", startingAt: 0)
    }
}
