internal import Announcements
internal import Foundation
internal import NetworkTypes
internal import Northbound

/// What the reconcile loop did last, kept for whoever asks why. A value: to hand it out costs a copy of references.
struct ReconcileLedger: Sendable {
    /// What a transaction did to one prefix.
    struct Entry: Sendable {
        var transactionID: String?
        var request: String
        var edit: NetworkEdit
        var outcome: CommitOutcome
        var time: Date
    }

    /// The plan of the last round; nil when nothing may be decided.
    private(set) var plan: AnnouncementPlan?
    /// What FRR ran when it was last known; nil before the first read.
    private(set) var running: Set<Network>?
    /// When that was.
    private(set) var runningSince: Duration?
    private(set) var isConnected = false
    /// What FRR has configured but not in effect, at two looks in a row.
    var uninstalled: Set<IPPrefix> = []
    /// Rules of a newer configuration wait for facts.
    var hasNextRules = false
    /// Why the last round failed; nil when it did not.
    private(set) var error: String?
    /// The last transaction of each prefix.
    private(set) var entries: [IPPrefix: Entry] = [:]

    /// So many more entries than VIPs may be kept before those of nobody go.
    private static let slack = 4096

    /// A plan was made, or there is none.
    mutating func planned(_ plan: AnnouncementPlan?) {
        self.plan = plan
        error = nil
    }

    /// The session is open.
    mutating func opened() { isConnected = true }

    /// A round failed.
    mutating func failed(_ reason: String, isConnected: Bool) {
        error = reason
        self.isConnected = isConnected
    }

    /// FRR was read.
    mutating func ran(_ networks: Set<Network>, at now: Duration) {
        running = networks
        runningSince = now
    }

    /// A transaction ended; `running` is what FRR has now, nil when that must be read first.
    mutating func committed(
        _ transaction: Transaction, _ result: CommitResult, running: Set<Network>?, at now: Duration, time: Date
    ) {
        for edit in transaction.edits {
            entries[edit.prefix] = Entry(
                transactionID: result.transactionID, request: transaction.id, edit: edit, outcome: result.outcome,
                time: time)
        }
        if let running { ran(running, at: now) }
        let inUse = Set((self.running ?? []).map(\.prefix)).union(transaction.edits.map(\.prefix))
        if entries.count > inUse.count + Self.slack { entries = entries.filter { inUse.contains($0.key) } }
    }
}

/// All that an explanation is made of, of one moment.
struct ExplainSnapshot: Sendable {
    var facts: FactStore
    var ledger: ReconcileLedger
    /// On the clock of the time rules.
    var now: Duration
}
