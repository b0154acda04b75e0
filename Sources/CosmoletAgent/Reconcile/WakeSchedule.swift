/// When the reconcile loop is to be woken because the plan changes by itself. A value; time is handed in.
struct WakeSchedule {
    /// When the plan changes by itself; nil when it does not.
    var nextChange: Duration?
    /// For when a wake-up is under way.
    private var scheduled: Duration?

    /// Begins without anything to wait for.
    init() {}

    /// How long to sleep until the plan changes; nil when there is nothing to wait for, or somebody sleeps already.
    mutating func pause(at now: Duration) -> Duration? {
        guard let nextChange else { return nil }
        if let scheduled, now < scheduled, scheduled <= nextChange { return nil }
        scheduled = nextChange
        return max(.zero, nextChange - now)
    }
}
