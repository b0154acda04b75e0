internal import Announcements
internal import Foundation
internal import NetworkTypes
internal import Northbound

/// Makes an explanation of a snapshot. Every reason and every endpoint's standing is the planner's own; here they are only
/// put beside what FRR runs.
struct ExplanationBuilder {
    let facts: FactStore
    let ledger: ReconcileLedger
    let now: Duration
    private let node: String
    private let watches: [Explanation.Watch]
    /// What FRR runs, by prefix; nil before it was read once.
    let running: [IPPrefix: AttributeClass]?
    let heldByFuse: Set<IPAddress>
    /// The plan's decisions of each Service, and the Services of each VIP.
    private let decisions: [ServiceID: ArraySlice<Decision>]
    private let owners: [IPAddress: Set<ServiceID>]

    /// How many endpoints of a VIP are shown, where one Service or VIP was asked for, and where all were.
    private static let endpointLimits = (one: 50, all: 8)

    init(_ snapshot: ExplainSnapshot, node: String, watches: [Explanation.Watch]) {
        facts = snapshot.facts
        ledger = snapshot.ledger
        now = snapshot.now
        self.node = node
        self.watches = watches
        running = ledger.running.map { networks in
            Dictionary(networks.map { ($0.prefix, $0.attributeClass) }, uniquingKeysWith: min)
        }
        heldByFuse = Set(ledger.plan?.heldByFuse ?? [])
        let all = ledger.plan?.decisions ?? []
        decisions = Self.byService(all)
        var owners: [IPAddress: Set<ServiceID>] = [:]
        for decision in all {
            if let vip = decision.vip { owners[vip, default: []].insert(decision.service) }
        }
        self.owners = owners
    }

    /// The plan has the decisions of one Service next to each other.
    private static func byService(_ decisions: [Decision]) -> [ServiceID: ArraySlice<Decision>] {
        var result: [ServiceID: ArraySlice<Decision>] = [:]
        var start = decisions.startIndex
        for index in decisions.indices where decisions[index].service != decisions[start].service {
            result[decisions[start].service] = decisions[start..<index]
            start = index
        }
        if start < decisions.endIndex { result[decisions[start].service] = decisions[start...] }
        return result
    }

    func build(_ query: ExplainQuery) -> Explanation {
        let isAll = query.subject == .all
        let ids = services(query.subject).sorted()
        let part = ids.dropFirst(query.offset).prefix(query.limit)
        let end = query.offset + part.count
        let limit = isAll ? Self.endpointLimits.all : Self.endpointLimits.one
        return Explanation(
            node: node, query: query.subjectText,
            freeze: facts.freeze.map { Explanation.Note(code: $0.code, explanation: $0.explanation) },
            signals: facts.node.map(signals), watches: watches,
            frr: Explanation.FRR(
                isConnected: ledger.isConnected,
                secondsSinceRead: ledger.runningSince.map { (now - $0).roundedSeconds }, error: ledger.error),
            fuse: fuse, hasWaitingRules: ledger.hasNextRules,
            services: part.map { service($0, subject: query.subject, endpointLimit: limit) },
            others: query.offset == 0 ? Array(others(query.subject).prefix(query.limit)) : [],
            page: Explanation.Page(
                offset: query.offset, limit: query.limit, total: ids.count, next: end < ids.count ? end : nil))
    }

    // MARK: - Which Services

    private func services(_ subject: ExplainQuery.Subject) -> [ServiceID] {
        switch subject {
        case .all: ledger.plan == nil ? undecided : Array(decisions.keys)
        case .service(let namespace?, let name):
            [ServiceID(namespace: namespace, name: name)].filter { facts.services[$0] != nil }
        case .service(nil, let name): facts.services.keys.filter { $0.name == name }
        case .vip(let vip):
            facts.services.values.filter { service in
                service.addresses.contains { $0.text.flatMap { IPAddress($0) } == vip }
            }.map(\.id)
        }
    }

    /// Services with a VIP, while no plan says which those are.
    private var undecided: [ServiceID] {
        facts.services.values.filter { service in
            service.addresses.contains { isOfInterest($0.kind, $0.text.flatMap { IPAddress($0) }, of: service) }
        }.map(\.id)
    }

    /// Whether a VIP entry is of a kind that is on, or FRR has its address all the same.
    private func isOfInterest(_ kind: VIPKind, _ address: IPAddress?, of service: ServiceFacts) -> Bool {
        (service.annotations.kinds ?? facts.configuration.kinds).contains(kind)
            || address.map { running?[IPPrefix(host: $0)] != nil } ?? false
    }

    // MARK: - The node

    private func signals(_ node: NodeFacts) -> Explanation.Signals {
        Explanation.Signals(
            ready: node.isReady, cordoned: node.isUnschedulable, networkUnavailable: node.isNetworkUnavailable,
            exclusionLabel: node.exclusionLabel, drain: node.annotations.drains,
            drainReason: node.annotations.drainReason,
            taints: node.taints.map { $0.key + ($0.value.isEmpty ? "" : "=\($0.value)") + ":\($0.effect)" },
            warnings: node.annotations.warnings.map(Self.note))
    }

    private var fuse: Explanation.Fuse? {
        guard !heldByFuse.isEmpty else { return nil }
        return Explanation.Fuse(
            heldVIPs: heldByFuse.count,
            secondsLeft: facts.history.fuseTimeLeft(configuration: facts.configuration, at: now)?.roundedSeconds ?? 0)
    }

    static func note(_ warning: PlanWarning) -> Explanation.Note {
        Explanation.Note(code: warning.code, explanation: warning.explanation)
    }

    // MARK: - One Service

    private func service(
        _ id: ServiceID, subject: ExplainQuery.Subject, endpointLimit: Int
    ) -> Explanation.Service {
        let service = facts.services[id]
        var entries = entries(of: id, service)
        switch subject {
        case .all:
            entries = entries.filter { entry in
                guard entry.decision == nil, let service, let kind = entry.kind else {
                    return entry.decision?.reason != .kindOff
                }
                return isOfInterest(kind, entry.address, of: service)
            }
        case .vip(let vip):
            entries = entries.filter { $0.address == vip }
        case .service: break
        }
        return Explanation.Service(
            service: "\(id)", vips: entries.map { vip($0, id, service, endpointLimit: endpointLimit) },
            annotations: service?.annotations.asWritten ?? [:], isBeingDeleted: service?.isBeingDeleted ?? false)
    }

    /// One VIP entry, and what the planner says about it.
    struct Entry {
        var text: String
        var kind: VIPKind?
        var address: IPAddress?
        /// Nil while nothing is decided.
        var decision: Decision?
        /// The facts are newer than the plan, which said something else.
        var isPlanDue = false
    }

    /// All entries of a Service: judged now, so that kinds that are off are there too, and then as the plan has them, with
    /// regard to time and to other Services.
    private func entries(of id: ServiceID, _ service: ServiceFacts?) -> [Entry] {
        guard let judged = facts.explain(id) else {
            return service?.addresses.map {
                Entry(text: $0.text ?? "", kind: $0.kind, address: $0.text.flatMap { IPAddress($0) })
            }
                ?? decisions[id, default: []].map {
                    Entry(text: $0.text, kind: $0.kind, address: $0.vip, decision: $0, isPlanDue: true)
                }
        }
        let planned = decisions[id, default: []]
        return judged.map { decision in
            let same = planned.first { $0.kind == decision.kind && $0.text == decision.text }
            var entry = Entry(
                text: decision.text, kind: decision.kind, address: decision.vip ?? IPAddress(decision.text),
                decision: decision)
            if let same, same.reason.follows(from: decision.reason) {
                entry.decision = same
            } else if decision.kind != nil, decision.reason != .kindOff {
                // What is off, and a Service that can have no VIP, are no part of the plan.
                entry.isPlanDue = true
            }
            return entry
        }
    }

    private func vip(
        _ entry: Entry, _ id: ServiceID, _ service: ServiceFacts?, endpointLimit: Int
    ) -> Explanation.VIP {
        let standing = RunningState(entry, self)
        let decision = entry.decision
        let policy = service.flatMap { service in entry.kind.map { service.policy(for: $0) } }
        let isEndpointsJudged = decision.map { [.endpoints, .drain, .change].contains($0.reason.stage) } ?? false
        let advice = standing.advice(of: id, decision, node: node)
        return Explanation.VIP(
            address: entry.text, kind: entry.kind?.rawValue, isAnnounced: standing.isAnnounced,
            state: standing.state, stateExplanation: standing.explanation, reason: decision?.reason.rawValue,
            explanation: decision?.reason.explanation, stage: decision?.reason.stage.rawValue,
            policy: policy?.rawValue, wantedClass: decision?.attributeClass?.rawValue,
            classExplanation: decision?.classCause?.explanation, runningClass: standing.runningClass?.rawValue,
            secondsLeft: standing.timeLeft?.roundedSeconds, error: standing.error,
            endpoints: policy.flatMap { policy in
                isEndpointsJudged
                    ? entry.address.map { endpoints(of: id, family: $0.family, policy: policy, limit: endpointLimit) }
                    : nil
            },
            sharedWith: entry.address.map { owners[$0, default: []].filter { $0 != id }.sorted().map { "\($0)" } }
                ?? [],
            transaction: entry.address.flatMap { transaction(of: IPPrefix(host: $0)) },
            warnings: decision?.warnings.map(Self.note) ?? [], advice: advice)
    }

    private func endpoints(
        of id: ServiceID, family: AddressFamily, policy: TrafficPolicy, limit: Int
    ) -> Explanation.Endpoints {
        var all: [(standing: EndpointStanding, fact: EndpointFact, slice: String)] = []
        for sliceID in facts.slicesByService[id, default: []] {
            for fact in facts.slices[sliceID]?.endpoints ?? [] {
                let standing = EndpointStanding(
                    fact, family: family, policy: policy, node: facts.node?.name ?? node)
                all.append((standing, fact, sliceID.name))
            }
        }
        all.sort { ($0.standing, $0.fact.address, $0.slice) < ($1.standing, $1.fact.address, $1.slice) }
        return Explanation.Endpoints(
            counts: all.reduce(into: [:]) { $0[$1.standing.rawValue, default: 0] += 1 },
            shown: all.prefix(limit).map { standing, fact, slice in
                Explanation.Endpoint(
                    address: "\(fact.address)", node: fact.nodeName, ready: fact.isReady, serving: fact.isServing,
                    terminating: fact.isTerminating, slice: slice, standing: standing.rawValue)
            })
    }

    func transaction(of prefix: IPPrefix) -> Explanation.TransactionNote? {
        guard let entry = ledger.entries[prefix] else { return nil }
        var error: String?
        switch entry.outcome {
        case .applied: break
        case .rejected(let why), .unknown(let why): error = why.message
        }
        return Explanation.TransactionNote(
            id: entry.transactionID, request: entry.request, outcome: entry.outcome.name,
            time: entry.time.formatted(.iso8601), edit: "\(entry.edit)", error: error)
    }

    // MARK: - What no Service has

    private func others(_ subject: ExplainQuery.Subject) -> [Explanation.Other] {
        if case .service = subject { return [] }
        let found = (running ?? [:]).filter { prefix, _ in
            if case .vip(let vip) = subject, prefix != IPPrefix(host: vip) { return false }
            return prefix.length != prefix.family.bitWidth || !isOwned(prefix.address)
        }
        return found.sorted { $0.key < $1.key }.map { other($0, $1) }
    }

    private static let has = "has this address with a kind that is on"

    private func isOwned(_ vip: IPAddress) -> Bool {
        if owners[vip] != nil { return true }
        guard ledger.plan == nil else { return false }
        return facts.services.values.contains { service in
            service.addresses.contains { $0.text.flatMap { IPAddress($0) } == vip }
        }
    }

    private func other(_ prefix: IPPrefix, _ attributeClass: AttributeClass) -> Explanation.Other {
        let transaction = transaction(of: prefix)
        let (state, explanation, advice): (Explanation.State, String, String)
        if !ledger.isConnected {
            (state, explanation, advice) = (
                .unknown, "FRR cannot be reached; it had this when it was last read, and no Service \(Self.has)",
                "look at the session with FRR: cosmolet list, and the agent's log"
            )
        } else if ledger.uninstalled.contains(prefix) {
            (state, explanation, advice) = (
                .notInstalled, "FRR has it configured, but not in effect, and no Service \(Self.has)",
                InstalledCheck.advice
            )
        } else if attributeClass == .manual {
            (state, explanation, advice) = (
                .byHand, "announced by hand; no agent touches it", "to withdraw it: cosmolet withdraw \(prefix)"
            )
        } else if let freeze = facts.freeze {
            (state, explanation, advice) = (
                .frozen, "no Service \(Self.has) so far, and nothing is withdrawn: \(freeze.explanation)",
                "wait until the agent is synced; look at the watches"
            )
        } else if heldByFuse.contains(prefix.address) {
            (state, explanation, advice) = (
                .heldByFuse, "no Service \(Self.has), but the fuse holds the withdrawal",
                "if it is meant: cosmolet release-fuse --node \(node)"
            )
        } else if let transaction, let error = transaction.error {
            (state, explanation, advice) = (
                transaction.outcome == "rejected" ? .refused : .pending,
                "no Service \(Self.has), but FRR did not withdraw it: \(error)",
                "look at FRR, and at cosmolet commits list"
            )
        } else {
            (state, explanation, advice) = (
                .pending, "no Service \(Self.has); it is withdrawn with the next transaction",
                "if it stays, look at the session with FRR"
            )
        }
        return Explanation.Other(
            prefix: "\(prefix)", runningClass: attributeClass.rawValue, state: state, explanation: explanation,
            transaction: transaction, advice: advice)
    }
}

extension ReasonCode {
    /// Whether the plan's outcome is what time made of the outcome of the rules.
    fileprivate func follows(from judged: ReasonCode) -> Bool {
        self == judged || judged.drained == self || (self == .heldDown && judged.announces)
    }
}

extension ServiceAnnotations {
    /// What the rules read, by key.
    fileprivate var asWritten: [String: String] {
        var result: [String: String] = [:]
        result[AnnotationKey.announce] = announce.map { "\($0)" }
        result[AnnotationKey.attributeClass] = className
        result[AnnotationKey.kinds] = kinds.map { $0.sorted().map(\.rawValue).joined(separator: ",") }
        result[AnnotationKey.zeroEndpoints] = zeroEndpoints?.rawValue
        if drains { result[AnnotationKey.drain] = "true" }
        result[AnnotationKey.drainReason] = drainReason
        return result
    }
}
