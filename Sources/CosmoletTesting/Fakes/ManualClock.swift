internal import Synchronization

/// A clock that stands still until a test moves it.
public final class ManualClock: Clock {
    /// Time since the clock was made.
    public struct Instant: InstantProtocol {
        var offset: Duration

        /// See `InstantProtocol`.
        public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        /// See `InstantProtocol`.
        public func duration(to other: Instant) -> Duration { other.offset - offset }
        /// See `Comparable`.
        public static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    }

    private struct State {
        var now = Instant(offset: .zero)
        var nextID = 0
        var sleepers: [Int: (deadline: Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
    }

    private let state = Mutex(State())
    /// How often somebody went to sleep for each duration; to wait on before the clock is moved.
    public let sleeps = Observed<[Duration: Int]>([:])

    /// Makes a clock that stands at zero.
    public init() {}

    /// How far it was moved.
    public var now: Instant { state.withLock { $0.now } }
    /// As fine as can be.
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// Waits until the clock is moved there.
    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let length = now.duration(to: deadline)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { $0.sleepers[id] = (deadline, continuation) }
                sleeps.update { $0[length, default: 0] += 1 }
                if Task.isCancelled { wake(id, throwing: CancellationError()) }
            }
        } onCancel: {
            wake(id, throwing: CancellationError())
        }
    }

    /// Moves the clock and wakes who is due.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            return state.sleepers.filter { $0.value.deadline <= state.now }.map(\.key)
        }
        for id in due { wake(id, throwing: nil) }
    }

    private func wake(_ id: Int, throwing error: (any Error)?) {
        let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
        if let error { sleeper?.continuation.resume(throwing: error) } else { sleeper?.continuation.resume() }
    }
}
