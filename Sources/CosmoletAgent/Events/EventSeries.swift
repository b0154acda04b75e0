internal import Foundation

/// The Events that were written lately, to be counted up.
struct EventSeries {
    /// One Event.
    struct Entry {
        /// Its name; nil when another node has told it.
        var name: String?
        var count: Int
        var last: Duration
    }

    private struct Key: Hashable {
        var object: EventNotice.Object
        var reason: String
    }

    /// Entries beyond this number: those out of the window are forgotten, then all.
    private static let limit = 2000

    private var entries: [Key: Entry] = [:]

    /// The Event of the same object and reason, if it is not too long ago.
    func entry(of notice: EventNotice, at now: Duration, window: Duration) -> Entry? {
        entries[Key(object: notice.object, reason: notice.reason)].flatMap { now - $0.last < window ? $0 : nil }
    }

    mutating func note(_ notice: EventNotice, name: String?, count: Int, at now: Duration) {
        if entries.count >= Self.limit {
            entries = entries.filter { now - $0.value.last < EventRecorder.window }
            if entries.count >= Self.limit { entries = [:] }
        }
        entries[Key(object: notice.object, reason: notice.reason)] = Entry(name: name, count: count, last: now)
    }

    /// A name for a new Event: that of the object and 16 digits. What every node sees has the same name on every node, so
    /// that the first one tells it.
    static func name(for notice: EventNotice, node: String, number: Int, at time: Date) -> String {
        let own = notice.isClusterWide ? notice.message : "\(node) \(number) \(time.timeIntervalSince1970)"
        let digits = String(hash("\(notice.object.namespace) \(notice.reason) \(own)"), radix: 16)
        // A name of a Node may be as long as a name may be at all.
        var stem = notice.object.name.prefix(230)
        while let last = stem.last, last == "." || last == "-" { stem = stem.dropLast() }
        return "\(stem).\(String(repeating: "0", count: 16 - digits.count))\(digits)"
    }

    /// FNV-1a: unlike Swift's own, the same in every process.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
