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
        help: "VIPs that FRR has in its configuration but, at two looks in a row, not in effect.")

    /// How many VIPs the planner decided for each reason, announced or not.
    public static let planDecisions = MetricDefinition.gauge(
        "cosmolet_plan_decisions", labels: [.reason],
        help: "VIPs by the planner's reason for announcing them here or not.")

    /// From news to the edits.
    public static let planDuration = MetricDefinition.histogram(
        "cosmolet_plan_duration_seconds",
        buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
        help: "Time to plan after news: from judging the Services concerned to knowing the edits for FRR.")

    /// VIPs that are announced only because the fuse holds their withdrawal.
    public static let fuseHeldVIPs = MetricDefinition.gauge(
        "cosmolet_fuse_held_vips",
        help: "VIPs that nothing wants announced here any more and whose withdrawal the fuse holds back.")

    /// VIPs after the end of an ordered drain.
    public static let drainedVIPs = MetricDefinition.gauge(
        "cosmolet_drained_vips",
        help: "VIPs not announced here because an ordered drain has ended and its cause lasts.")

    /// VIPs that flap.
    public static let heldDownVIPs = MetricDefinition.gauge(
        "cosmolet_held_down_vips",
        help: "VIPs not announced here because they came and went too often.")

    // MARK: - Configuration

    /// How often the configuration file was read again.
    public static let configurationReloads = MetricDefinition.counter(
        "cosmolet_config_reloads_total", labels: [.outcome],
        help: "Times that the configuration file was read again, by outcome (applied, unchanged, refused or waiting).")

    /// 0 while the file is one that was refused.
    public static let configurationReloadSuccessful = MetricDefinition.gauge(
        "cosmolet_config_last_reload_successful",
        help: "Whether the configuration file as it was last read is in force (1) or was refused (0).")

    /// Keys that differ from those of the start and cannot change while the agent runs.
    public static let configurationKeysWaiting = MetricDefinition.gauge(
        "cosmolet_config_keys_waiting_for_restart",
        help: "Changed keys of the configuration file that count from the next start only.")

    // MARK: - Commits

    /// Commits by how they ended.
    public static let commits = MetricDefinition.counter(
        "cosmolet_commits_total", labels: [.outcome, .provider],
        help: "Transactions sent to FRR, by outcome (applied, rejected or unknown).")

    /// From the start of a transaction to its outcome.
    public static let commitDuration = MetricDefinition.histogram(
        "cosmolet_commit_duration_seconds", buckets: commitBuckets,
        help: "Time from the start of a transaction to its outcome.")

    /// Time spent in each step.
    public static let commitPhase = MetricDefinition.histogram(
        "cosmolet_commit_phase_seconds", labels: [.phase], buckets: commitBuckets,
        help: "Time that transactions spend in each step, from taking FRR's locks to reading back.")

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

    /// 2 or 1.1.
    public static let watchHTTPVersion = MetricDefinition.gauge(
        "cosmolet_watch_http_version", labels: [.resource],
        help: "HTTP version of the last connection on which the watch was opened (2 or 1.1).")

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

    /// Kubernetes Events by what became of them.
    public static let events = MetricDefinition.counter(
        "cosmolet_events_total", labels: [.outcome],
        help: "Kubernetes Events by what became of them (created, patched, shared, limited, dropped or failed).")

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

    /// Steps of moves between providers.
    public static let providerMoves = MetricDefinition.counter(
        "cosmolet_provider_moves_total", labels: [.provider, .step],
        help: "Steps of moving the announcements from the other provider to this one.")

    /// 1 while the other provider may announce something of ours.
    public static let providerLeftovers = MetricDefinition.gauge(
        "cosmolet_provider_leftovers",
        help: "Whether the provider not in use may still announce something of ours (1) or nothing is left there (0).")

    // MARK: - The northbound

    /// Records by kind and outcome.
    public static let northboundTransactions = MetricDefinition.counter(
        "cosmolet_northbound_transactions_total", labels: [.kind, .outcome],
        help: "Transactions of the commit service that ended, by kind and outcome.")

    /// Commits that shared a transaction of FRR.
    public static let coalescedCommits = MetricDefinition.counter(
        "cosmolet_northbound_coalesced_commits_total",
        help: "Commits that rode in a transaction that another commit had begun.")

    /// Commits under way.
    public static let waitingCommits = MetricDefinition.gauge(
        "cosmolet_northbound_waiting_commits",
        help: "Commits and rollbacks that wait for their turn or for FRR's answer.")

    /// Commits that gave up on FRR's locks.
    public static let locksRefused = MetricDefinition.counter(
        "cosmolet_northbound_locks_refused_total",
        help: "Transactions given up because somebody else held FRR's locks for too long.")

    /// Calls of the API.
    public static let northboundRequests = MetricDefinition.counter(
        "cosmolet_northbound_requests_total", labels: [.method, .code],
        help: "Calls of the northbound API by method and status code, those of the agent in the same process included.")

    /// Who asks.
    public static let northboundClients = MetricDefinition.gauge(
        "cosmolet_northbound_clients", help: "Clients whose commits or leases were heard within the last minute.")

    /// Who has a lease.
    public static let leases = MetricDefinition.gauge(
        "cosmolet_northbound_leases", help: "Clients that have taken a lease and renewed it within the last minute.")

    /// Leases that ran out.
    public static let leasesExpired = MetricDefinition.counter(
        "cosmolet_northbound_lease_expiries_total",
        help: "Leases that ran out, after which announcements are drained and withdrawn.")

    /// Records lost on their way to a reader.
    public static let commitLogDropped = MetricDefinition.counter(
        "cosmolet_commit_log_dropped_total", labels: [.sink],
        help: "Records that the commit log could not take; the journal has them.")

    /// 1 while the journal fails.
    public static let journalFailing = MetricDefinition.gauge(
        "cosmolet_journal_failing", help: "Whether the journal cannot be written (1) or all is well (0).")

    /// Times that the journal began to fail.
    public static let journalFailures = MetricDefinition.counter(
        "cosmolet_journal_failures_total", help: "Times that the journal began to fail.")

    /// The gap.
    public static let journalMissing = MetricDefinition.counter(
        "cosmolet_journal_missing_transactions_total",
        help: "Transactions that were executed but not written to the journal.")

    /// Bytes on disk.
    public static let journalSize = MetricDefinition.gauge(
        "cosmolet_journal_size_bytes", unit: .bytes, help: "Size of the journal's file and its write-ahead log.")

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
        announcedVIPs, desiredVIPs, uninstalledVIPs, planDecisions, planDuration, fuseHeldVIPs, drainedVIPs,
        heldDownVIPs, configurationReloads, configurationReloadSuccessful, configurationKeysWaiting,
        commits, commitDuration, commitPhase, changeToCommit,
        watchLag, watchConnected, watchHTTPVersion, watchReconnects, watchRelists, watchErrors, invalidObjects, events,
        frrConnected, frrReconnects, frrOrphansHealed, providerMoves, providerLeftovers,
        northboundTransactions, coalescedCommits, waitingCommits, locksRefused, northboundRequests, northboundClients,
        leases, leasesExpired, commitLogDropped, journalFailing, journalFailures, journalMissing, journalSize,
        buildInfo, processStartTime, processResidentMemory, processCPU, processOpenFDs,
    ]

    /// 2 ms to 10 minutes: one route on an idle mgmtd takes 4 ms, thousands at once on an old release take minutes.
    private static let commitBuckets: [Double] = [
        0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
    ]
}
