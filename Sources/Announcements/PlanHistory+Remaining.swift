public import NetworkTypes

extension PlanHistory {
    /// How long class `drain` is still held before a drain withdraws the VIP; nil when FRR does not run it with that
    /// class. Zero when the time is over and only the withdrawal is left.
    public func drainTimeLeft(
        of vip: IPAddress, configuration: PlannerConfiguration, at now: Duration
    ) -> Duration? {
        drainingSince[vip].map { max(.zero, $0 + configuration.drainHold - now) }
    }

    /// How long a VIP is still held down if it is quiet; nil when it is not held down.
    public func holdDownTimeLeft(of vip: IPAddress, at now: Duration) -> Duration? {
        guard let until = heldUntil[vip], now < until else { return nil }
        return until - now
    }

    /// How long the fuse still holds what it holds; nil when it has not tripped or the configuration has none.
    public func fuseTimeLeft(configuration: PlannerConfiguration, at now: Duration) -> Duration? {
        guard let since = fuseSince, let fuse = configuration.fuse else { return nil }
        return max(.zero, since + fuse.hold - now)
    }
}
