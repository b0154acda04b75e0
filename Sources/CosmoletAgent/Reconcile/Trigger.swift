internal import Synchronization

/// Why the reconcile loop should look again.
enum TriggerReason: Sendable, Hashable {
    /// Facts changed.
    case facts
    /// Time to compare with what FRR really runs.
    case tick
    /// A retry is due.
    case retry
    /// A rule that depends on time is due.
    case timer
    /// A transaction was applied: rules that count from there can be looked at.
    case committed
    /// The session ended.
    case sessionLost
}

/// Wakes the reconcile loop. Reasons that arrive while it is busy are kept as a set, so a burst becomes one round and
/// nothing is lost. Any thread may signal; one task waits.
final class Trigger: Sendable {
    private let reasons = Mutex<Set<TriggerReason>>([])
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func signal(_ reason: TriggerReason) {
        reasons.withLock { _ = $0.insert(reason) }
        continuation.yield()
    }

    /// One element for each round that is due; ends with `finish()` or when the waiting task is cancelled.
    var rounds: AsyncStream<Void> { stream }

    /// The reasons since the last call.
    func take() -> Set<TriggerReason> {
        reasons.withLock { reasons in
            defer { reasons = [] }
            return reasons
        }
    }

    /// True when facts changed and nothing else is due that must not wait.
    var hasNewsOnly: Bool { reasons.withLock { $0.contains(.facts) && $0.isSubset(of: [.facts, .committed]) } }

    /// True when nobody has signalled since the last `take()`.
    var isEmpty: Bool { reasons.withLock(\.isEmpty) }

    func finish() { continuation.finish() }
}
