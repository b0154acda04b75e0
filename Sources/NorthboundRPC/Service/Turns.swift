internal import Synchronization

/// Lets so many at a time of each key go on, in order of arrival; the others wait for their turn.
///
/// May be used from any task. How many may wait is bounded by the transport's admission.
final class Turns<Key: Hashable & Sendable>: Sendable {
    private struct Line {
        var running = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let limit: Int
    /// A key without an entry has nobody running.
    private let lines = Mutex<[Key: Line]>([:])

    /// - Parameter limit: how many of one key may go on at once.
    init(atOnce limit: Int) { self.limit = limit }

    /// Waits for a turn.
    func take(_ key: Key) async {
        await withCheckedContinuation { continuation in
            let isFree = lines.withLock { lines in
                if lines[key, default: Line()].running < limit {
                    lines[key, default: Line()].running += 1
                    return true
                }
                lines[key]?.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// Hands a turn to the next in line of the same key.
    func end(_ key: Key) {
        let next = lines.withLock { lines -> CheckedContinuation<Void, Never>? in
            guard var line = lines[key] else { preconditionFailure("more turns ended than were taken") }
            // Whoever comes next runs in this one's place.
            let next = line.waiting.isEmpty ? nil : line.waiting.removeFirst()
            if next == nil { line.running -= 1 }
            lines[key] = line.running == 0 ? nil : line
            return next
        }
        next?.resume()
    }
}

extension NorthboundMethod {
    /// True for what only reads, and may cost as much as FRR or the journal hold.
    var isRead: Bool {
        switch self {
        case .get, .listTransactions, .getTransaction: true
        default: false
        }
    }

    /// True for what waits for its turn among the transactions.
    var isTransaction: Bool {
        switch self {
        case .commit, .rollbackTo: true
        default: false
        }
    }
}
