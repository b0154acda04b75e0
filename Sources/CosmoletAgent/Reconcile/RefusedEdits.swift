internal import NetworkTypes
internal import Northbound

/// Edits that FRR refused for good, and when each is tried again: after one comparison with FRR, after two more, after four
/// more, up to once in ten minutes. Each try that fails is a record in the journal.
struct RefusedEdits {
    static let longestPause = Duration.seconds(600)

    private struct Entry {
        var edit: NetworkEdit
        /// In comparisons.
        var pause: Int
        var rest: Int
    }

    private let limit: Int
    private var entries: [IPPrefix: Entry] = [:]

    /// - Parameter period: time between two comparisons.
    init(comparedEvery period: Duration) {
        limit = max(1, Int(min(Self.longestPause / period, 1e6)))
    }

    /// FRR refused an edit once more.
    mutating func refuse(_ edit: NetworkEdit) {
        let last = entries[edit.prefix].flatMap { $0.edit == edit ? $0.pause : nil }
        let pause = min((last ?? 0) * 2, limit)
        entries[edit.prefix] = Entry(edit: edit, pause: max(1, pause), rest: max(1, pause))
    }

    /// It is time to compare with FRR.
    mutating func tick() {
        for prefix in entries.keys { entries[prefix]?.rest -= 1 }
    }

    /// What was refused may be tried at once.
    mutating func forgive() { entries = [:] }

    /// Of the edits that are wanted now, those that FRR has not refused, and those to be tried again. Others are forgotten: an
    /// edit that is another one, or was not wanted meanwhile, is tried at once.
    mutating func due(of edits: [NetworkEdit]) -> (fresh: [NetworkEdit], again: [NetworkEdit]) {
        guard !entries.isEmpty else { return (edits, []) }
        var kept: [IPPrefix: Entry] = [:]
        var (fresh, again): ([NetworkEdit], [NetworkEdit]) = ([], [])
        for edit in edits {
            guard let entry = entries[edit.prefix], entry.edit == edit else {
                fresh.append(edit)
                continue
            }
            kept[edit.prefix] = entry
            if entry.rest <= 0 { again.append(edit) }
        }
        entries = kept
        return (fresh, again)
    }
}
