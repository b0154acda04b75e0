internal import Logging
internal import NetworkTypes
internal import Northbound
internal import Observability

/// Running is not the routing table: staticd or zebra may be away. What is missing at two looks in a row counts, since
/// a route that was just configured takes a moment.
struct InstalledCheck {
    /// What running had but the routing table had not, at the last look.
    private var missing: Set<Network> = []
    /// What was missing at the last two looks.
    private(set) var lasting: Set<Network> = []

    /// Compares the two, and says in the log what is missing still.
    mutating func look(running: Set<Network>, installed: Set<Network>, logger: Logger) {
        let missingNow = running.subtracting(installed)
        lasting = missingNow.intersection(missing)
        missing = missingNow
        guard let first = lasting.min() else { return }
        logger.error(
            "VIPs are configured in FRR but not in its routing table",
            metadata: [
                LogKeys.count: "\(lasting.count)", LogKeys.prefix: "\(first.prefix)",
                LogKeys.hint: "look at staticd and zebra",
            ])
    }
}
