/// How long news of the cluster is gathered before the next commit (design D8).
///
/// The first change after a quiet spell goes at once. A commit costs mgmtd time in proportion to everything it has
/// configured, half a second at 5,000 VIPs, and holds locks that operators need. So after a commit that took long, news
/// waits for as long as that commit took, but for a second at most: FRR is busy for half of the time at most while
/// commits take no longer than that, and a change is committed no later than two commits and one pause after it came.
/// After short commits there is no pause.
package struct BatchWindow: Sendable, Hashable {
    /// Commits that took less are followed by no pause.
    package static let shortest = Duration.milliseconds(100)
    /// No pause is longer.
    package static let longest = Duration.seconds(1)

    private var end: Duration = .zero

    /// No commit yet.
    package init() {}

    /// A commit has ended.
    ///
    /// - Parameters:
    ///   - duration: how long it took.
    ///   - now: time since any fixed moment, as in `pause(at:)`.
    package mutating func committed(in duration: Duration, at now: Duration) {
        end = duration < Self.shortest ? now : now + min(duration, Self.longest)
    }

    /// How long news that is there now shall wait; nil when it may go.
    package func pause(at now: Duration) -> Duration? {
        now < end ? end - now : nil
    }
}
