/// How long to wait between tries: jittered, capped, and back at the start after a quiet spell.
public struct Backoff: Sendable, Hashable {
    /// The longest first wait.
    public var initial: Duration
    /// By how much the longest wait grows with each failure.
    public var factor: Double
    /// No wait is longer, save for a longer one that the server asks for.
    public var cap: Duration
    /// Which part of each wait is random, 0 to 1. So many nodes that fail together do not come back together.
    public var jitter: Double
    /// A failure this long after the last one counts as the first.
    public var resetAfter: Duration

    /// Makes a policy.
    public init(
        initial: Duration = .milliseconds(250), factor: Double = 2, cap: Duration = .seconds(30),
        jitter: Double = 0.5, resetAfter: Duration = .seconds(120)
    ) {
        self.initial = initial
        self.factor = factor
        self.cap = cap
        self.jitter = jitter
        self.resetAfter = resetAfter
    }

    /// How often it failed in a row and when it last did. A value; time is handed in.
    struct Progress: Sendable {
        private(set) var failureCount = 0
        private var lastFailure: Duration?

        /// Counts a failure and says how long to wait.
        ///
        /// - Parameters:
        ///   - now: any time scale that does not run backwards.
        ///   - chance: 0 up to 1, uniform.
        ///   - retryAfter: what the server asked for; the wait is at least that, within ten minutes.
        mutating func fail(
            _ policy: Backoff, at now: Duration, chance: Double, retryAfter: Duration? = nil
        ) -> Duration {
            if let lastFailure, now - lastFailure >= policy.resetAfter { failureCount = 0 }
            var longest = policy.initial
            for _ in 0..<failureCount where longest < policy.cap { longest = longest * policy.factor }
            longest = min(longest, policy.cap)
            failureCount += 1
            var wait = longest * (1 - policy.jitter * chance)
            if let retryAfter {
                // The jitter is on top: all clients that were told the same must not come back at once.
                wait = max(wait, min(retryAfter, .seconds(600)) + policy.initial * chance)
            }
            lastFailure = now + wait
            return wait
        }
    }
}

/// A small seeded generator (SplitMix64), so that a run can be repeated exactly.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
