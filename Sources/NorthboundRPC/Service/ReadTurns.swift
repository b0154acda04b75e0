internal import Synchronization

/// Lets each peer read one thing at a time, in order of arrival: reads share the journal's connections and the
/// processor with everybody's commits, and a peer that floods shall wait for itself only.
///
/// May be used from any task. How many may wait is bounded by the transport's admission.
final class ReadTurns: Sendable {
    /// Those that wait, by peer; a peer without an entry reads nothing.
    private let waiting = Mutex<[[UInt8]: [CheckedContinuation<Void, Never>]]>([:])

    /// Waits for the turn of a peer, named by its routing id.
    func take(_ peer: [UInt8]) async {
        await withCheckedContinuation { continuation in
            let isFree = waiting.withLock { waiting in
                guard waiting[peer] != nil else {
                    waiting[peer] = []
                    return true
                }
                waiting[peer]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// Hands the turn to the next in line of the same peer.
    func end(_ peer: [UInt8]) {
        let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
            guard waiting[peer]?.isEmpty == false else {
                waiting[peer] = nil
                return nil
            }
            return waiting[peer]?.removeFirst()
        }
        next?.resume()
    }
}

extension NorthboundRequest {
    /// True for what only reads, and may cost as much as FRR or the journal hold.
    var isRead: Bool {
        switch self {
        case .get, .listTransactions, .getTransaction: true
        default: false
        }
    }
}
