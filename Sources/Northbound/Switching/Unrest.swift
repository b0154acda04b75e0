/// How often the provider in use has changed lately: each move doubles the time for which the next one is stayed with before
/// it is looked for the preferred one again, so that one that comes and goes is not followed each time.
struct Unrest: Sendable {
    private let shortest: Duration
    private let longest: Duration
    /// How long to stay with the other provider.
    private(set) var pause: Duration
    private var last: Duration?

    init(_ times: SwitchingTimes) {
        (shortest, longest, pause) = (times.retry, times.longestStay, times.retry)
    }

    /// The provider in use has changed. After as long a time as the longest pause without a move all is forgotten.
    mutating func moved(at now: Duration) {
        if let last, now - last > longest { pause = shortest }
        pause = min(pause * 2, longest)
        last = now
    }
}
