internal import Announcements
internal import NetworkTypes
internal import Northbound

/// What FRR runs of one VIP, beside what is wanted.
struct RunningState {
    /// How the two compare.
    let state: Explanation.State
    /// What FRR runs, or ran when it was last read; nil when it has not the VIP.
    let runningClass: AttributeClass?
    /// Whether FRR announces the VIP; nil when that is not known.
    var isAnnounced: Bool? { state.isAnnounced(isConfigured: runningClass != nil) }
    /// The same in words.
    private(set) var explanation = ""
    /// What FRR refused, or why it cannot be asked.
    private(set) var error: String?
    /// Until the state changes by itself.
    private(set) var timeLeft: Duration?

    init(_ entry: ExplanationBuilder.Entry, _ builder: ExplanationBuilder) {
        let vip = entry.address
        let prefix = vip.map { IPPrefix(host: $0) }
        let facts = builder.facts
        let current = prefix.flatMap { builder.running?[$0] }
        // Of all Services with this VIP together.
        let wanted = vip.flatMap { builder.ledger.plan?.announcements[$0] }
        runningClass = current
        let failure = prefix.flatMap { builder.ledger.entries[$0]?.outcome }
        if builder.running == nil, vip != nil {
            state = .unknown
            explanation = "FRR has not been read yet" + Self.because(builder.ledger.error)
            error = builder.ledger.error
        } else if !builder.ledger.isConnected, vip != nil {
            state = .unknown
            let last = current.map { "had it with class \($0)" } ?? "had it not"
            explanation = "FRR cannot be reached; it \(last) when it was last read" + Self.because(builder.ledger.error)
            error = builder.ledger.error
        } else if let prefix, let current, builder.ledger.uninstalled.contains(prefix) {
            state = .notInstalled
            explanation = "FRR has it configured with class \(current), but it is not in effect there"
        } else if current == .manual {
            state = .byHand
            explanation = "an operator announces it by hand, so the agent leaves it alone"
        } else if let freeze = facts.freeze {
            state = .frozen
            explanation =
                "nothing is decided: \(freeze.explanation); "
                + (current == nil ? "FRR does not announce it" : "FRR goes on announcing it")
        } else if let vip, builder.heldByFuse.contains(vip) {
            state = .heldByFuse
            timeLeft = facts.history.fuseTimeLeft(configuration: facts.configuration, at: builder.now)
            explanation = "FRR still announces it: the fuse holds the withdrawal" + Self.within(timeLeft)
        } else if entry.isPlanDue || wanted != current {
            let difference = Self.difference(entry, current, wanted, failure, builder.ledger)
            state = difference.0
            explanation = difference.1
            error = Self.error(failure)
        } else if let current {
            let isDraining = entry.decision?.reason.drained != nil && current == .drain
            state = isDraining ? .draining : .announced
            timeLeft =
                isDraining
                ? vip.flatMap {
                    facts.history.drainTimeLeft(of: $0, configuration: facts.configuration, at: builder.now)
                } : nil
            explanation =
                isDraining
                ? "FRR announces it with class drain; it is withdrawn" + Self.within(timeLeft)
                : "FRR announces it with class \(current)"
        } else {
            state = .notAnnounced
            if entry.decision?.reason == .heldDown, let vip {
                timeLeft = facts.history.holdDownTimeLeft(of: vip, at: builder.now)
                explanation = "FRR does not announce it, as wanted; held down" + Self.within(timeLeft)
            } else {
                explanation = "FRR does not announce it, as wanted"
            }
        }
    }

    /// FRR does not run what is wanted.
    private static func difference(
        _ entry: ExplanationBuilder.Entry, _ current: AttributeClass?, _ wanted: AttributeClass?,
        _ outcome: CommitOutcome?, _ ledger: ReconcileLedger
    ) -> (Explanation.State, String) {
        let has = current.map { "FRR announces it with class \($0)" } ?? "FRR does not announce it"
        if entry.isPlanDue { return (.pending, "\(has); the facts have just changed, and a new plan is due") }
        let wish = wanted.map { "class \($0) is wanted" } ?? "it is to be withdrawn"
        switch outcome {
        case .rejected(let why) where !why.isRetryable || why.isAborted:
            return (.refused, "\(has), but \(wish): FRR refused it: \(why.message)")
        case .rejected(let why), .unknown(let why):
            return (.pending, "\(has), but \(wish): the last try failed: \(why.message)")
        case .applied, nil:
            return (.pending, "\(has), but \(wish): a transaction is due" + because(ledger.error))
        }
    }

    private static func error(_ outcome: CommitOutcome?) -> String? {
        switch outcome {
        case .rejected(let why), .unknown(let why): why.message
        case .applied, nil: nil
        }
    }

    private static func because(_ error: String?) -> String { error.map { ": \($0)" } ?? "" }

    private static func within(_ time: Duration?) -> String {
        time.map { " within \(Int($0.roundedSeconds.rounded(.up))) s" } ?? ""
    }

    /// What to do next.
    func advice(of service: ServiceID, _ decision: Decision?, node: String) -> String {
        switch state {
        case .unknown: "look at the session with FRR: cosmolet list, and the agent's log"
        case .notInstalled: InstalledCheck.advice
        case .frozen: "look at the watches and at the agent's log; --node must be the Node object's name"
        case .byHand: "to let the agent have it: cosmolet announce VIP --class default"
        case .heldByFuse: "if the withdrawal is meant: cosmolet release-fuse --node \(node)"
        case .refused: "put right what FRR refuses; it is tried again within 10 s"
        case .pending: "wait some seconds and ask again; if it stays, look at cosmolet commits list"
        case .announced, .notAnnounced, .draining:
            decision?.reason.advice(service: service, node: node) ?? ""
        }
    }
}
