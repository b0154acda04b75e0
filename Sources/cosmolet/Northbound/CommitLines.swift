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
        lines += record.edits.map { edit in
            "change       \(edit.prefix): \(edit.before?.rawValue ?? "not announced")"
                + " -> \(edit.after?.rawValue ?? "not announced")"
        }
        return lines.joined(separator: "\n")
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
