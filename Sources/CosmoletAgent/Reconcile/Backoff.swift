/// Jittered exponential waiting time: half to all of 100 ms, 200 ms, 400 ms … up to the cap.
struct Backoff {
    private let base: Duration
    private let cap: Duration
    private var attempts = 0

    init(base: Duration = .milliseconds(100), cap: Duration = .seconds(2)) {
        self.base = base
        self.cap = cap
    }

    /// The next waiting time.
    mutating func next() -> Duration {
        let full = min(base * (1 << min(attempts, 16)), cap)
        attempts += 1
        return full * Double.random(in: 0.5...1)
    }

    mutating func reset() { attempts = 0 }
}
