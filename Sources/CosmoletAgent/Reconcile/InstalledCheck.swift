internal import Logging
internal import NetworkTypes
internal import Northbound
internal import Observability

/// Configured is not in effect: staticd or zebra may be away, or a route-map denies. What is missing at two looks in a
/// row counts, since a route that was just configured takes a moment.
struct InstalledCheck {
    /// What to do about it.
    static let advice =
        "look at staticd and zebra (vtysh -c 'show mgmt backend-adapter all'); with the module, at the route-maps of the "
        + "classes (vtysh -c 'show route-map') and at import-check"

    /// What was configured but not in effect at the last look.
    private var missing: Set<Network> = []
    /// What was so at the last two looks.
    private(set) var lasting: Set<Network> = []

    /// Compares the two, and says in the log what is missing still.
    mutating func look(running: Set<Network>, installed: Set<Network>, logger: Logger) {
        let missingNow = running.subtracting(installed)
        lasting = missingNow.intersection(missing)
        missing = missingNow
        guard let first = lasting.min() else { return }
        logger.error(
            "VIPs are configured in FRR but not in effect there",
            metadata: [
                LogKeys.count: "\(lasting.count)", LogKeys.prefix: "\(first.prefix)",
                LogKeys.hint: "\(Self.advice)",
            ])
    }

    /// Keeps nothing of what is not configured any more: it may come back, and then takes its time again.
    mutating func forget(allBut running: Set<Network>) {
        missing.formIntersection(running)
        lasting.formIntersection(running)
    }
}
