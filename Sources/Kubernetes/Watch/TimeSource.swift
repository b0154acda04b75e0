internal import Synchronization

/// A clock, reduced to what the watcher needs: the time since some moment, and waiting.
struct TimeSource: Sendable {
    /// Time since this value was made. Never runs backwards.
    let now: @Sendable () -> Duration
    /// Waits; throws `CancellationError` when the task is cancelled.
    let sleep: @Sendable (Duration) async throws -> Void

    init<Timer: Clock>(_ clock: Timer) where Timer.Duration == Duration {
        let start = clock.now
        now = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(until: clock.now.advanced(by: $0), tolerance: nil) }
    }
}

/// When a peer was last heard.
final class LastHeard: Sendable {
    private let time: TimeSource
    private let instant: Mutex<Duration>

    init(_ time: TimeSource) {
        self.time = time
        instant = Mutex(time.now())
    }

    /// The peer was heard now.
    func mark() {
        let now = time.now()
        instant.withLock { $0 = now }
    }

    /// How long ago that was.
    var age: Duration { time.now() - instant.withLock { $0 } }

    /// Returns once nothing was heard for `limit`, or throws when the task is cancelled.
    func waitForSilence(_ limit: Duration) async throws {
        var left = limit - age
        while left > .zero {
            try await time.sleep(left)
            left = limit - age
        }
    }
}
