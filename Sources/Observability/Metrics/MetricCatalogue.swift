/// Every metric of Cosmolet, declared once. `docs/metrics.md` shows the same list, and a test compares the two.
public enum MetricCatalogue {
    // MARK: - What is announced

    /// VIPs that FRR's running datastore holds with our mark.
    public static let announcedVIPs = MetricDefinition.gauge(
        "cosmolet_announced_vips", labels: [.family, .class],
        help: "VIPs this node announces, as last read or committed.")

    /// VIPs that the plan wants here.
    public static let desiredVIPs = MetricDefinition.gauge(
        "cosmolet_desired_vips", labels: [.family, .class],
        help: "VIPs this node should announce according to the plan.")

    /// VIPs in running that the routing table lacks.
    public static let uninstalledVIPs = MetricDefinition.gauge(
        "cosmolet_uninstalled_vips",
        help: "VIPs that FRR has in its configuration but, at two looks in a row, not in its routing table.")

    /// How many VIPs the planner decided for each reason, announced or not.
    public static let planDecisions = MetricDefinition.gauge(
        "cosmolet_plan_decisions", labels: [.reason],
        help: "VIPs by the planner's reason for announcing them here or not.")

    // MARK: - Commits

    /// Commits by how they ended.
    public static let commits = MetricDefinition.counter(
        "cosmolet_commits_total", labels: [.outcome, .provider],
        help: "Transactions sent to FRR, by outcome (applied, rejected or unknown).")

    /// From the start of a transaction to its outcome.
    public static let commitDuration = MetricDefinition.histogram(
        "cosmolet_commit_duration_seconds", buckets: commitBuckets,
        help: "Time from the start of a transaction to its outcome.")

    /// From the receipt of an API event to the reply of the commit that carried it.
    public static let changeToCommit = MetricDefinition.histogram(
        "cosmolet_change_to_commit_seconds", buckets: commitBuckets,
        help: "Time from receiving a Kubernetes event to the reply of the commit that carried its change.")

    // MARK: - Kubernetes

    /// Age of the last news of a watch; a bookmark is news.
    public static let watchLag = MetricDefinition.gauge(
        "cosmolet_watch_lag_seconds", unit: .seconds, labels: [.resource],
        help: "Time since the API server last sent anything on the watch, bookmarks included.")

    /// 1 while the watch is open.
    public static let watchConnected = MetricDefinition.gauge(
        "cosmolet_watch_connected", labels: [.resource],
        help: "Whether the watch is open (1) or not (0).")

    /// Watches opened again.
    public static let watchReconnects = MetricDefinition.counter(
        "cosmolet_watch_reconnects_total", labels: [.resource],
        help: "Watches opened again after one ended, for whatever reason.")

    /// Complete lists after the first.
    public static let watchRelists = MetricDefinition.counter(
        "cosmolet_watch_relists_total", labels: [.resource],
        help: "Complete lists made after the first one, for instance because the resource version expired.")

    /// Failed lists and watches.
    public static let watchErrors = MetricDefinition.counter(
        "cosmolet_watch_errors_total", labels: [.resource, .code],
        help: "Failed list and watch requests, by HTTP status or kind of failure.")

    /// Objects that could not be read.
    public static let invalidObjects = MetricDefinition.counter(
        "cosmolet_invalid_objects_total", labels: [.resource],
        help: "Objects from the API server that could not be decoded and were left out.")

    // MARK: - FRR

    /// 1 while the management session is open.
    public static let frrConnected = MetricDefinition.gauge(
        "cosmolet_frr_connected", help: "Whether the management session with FRR is open (1) or not (0).")

    /// Sessions opened again.
    public static let frrReconnects = MetricDefinition.counter(
        "cosmolet_frr_reconnects_total", help: "Management sessions opened again after one was lost.")

    /// Routes that were in the RIB but not in running, or the other way round, and were put right.
    public static let frrOrphansHealed = MetricDefinition.counter(
        "cosmolet_frr_orphans_healed_total",
        help: "Routes of ours on which FRR's configuration and RIB disagreed and which were put right.")

    // MARK: - The process

    /// Always 1; its labels say what is running.
    public static let buildInfo = MetricDefinition.gauge(
        "cosmolet_build_info", labels: [.version, .swift, .provider],
        help: "Always 1; the labels name the version, the Swift compiler and the provider.")

    /// When the process started.
    public static let processStartTime = MetricDefinition.gauge(
        "process_start_time_seconds", unit: .seconds, help: "Start time of the process since the Unix epoch.")

    /// Resident set size.
    public static let processResidentMemory = MetricDefinition.gauge(
        "process_resident_memory_bytes", unit: .bytes, help: "Resident memory of the process.")

    /// User and system time.
    public static let processCPU = MetricDefinition.counter(
        "process_cpu_seconds_total", unit: .seconds, help: "User and system CPU time that the process has used.")

    /// Open file descriptors.
    public static let processOpenFDs = MetricDefinition.gauge(
        "process_open_fds", help: "File descriptors that the process has open.")

    /// All of the above, in the order of the documentation.
    public static let all: [MetricDefinition] = [
        announcedVIPs, desiredVIPs, uninstalledVIPs, planDecisions,
        commits, commitDuration, changeToCommit,
        watchLag, watchConnected, watchReconnects, watchRelists, watchErrors, invalidObjects,
        frrConnected, frrReconnects, frrOrphansHealed,
        buildInfo, processStartTime, processResidentMemory, processCPU, processOpenFDs,
    ]

    /// 2 ms to 10 minutes: one route on an idle mgmtd takes 4 ms, thousands at once on an old release take minutes.
    private static let commitBuckets: [Double] = [
        0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
    ]
}
