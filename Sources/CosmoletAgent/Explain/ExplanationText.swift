internal import Announcements

extension Explanation {
    /// A watch that was not heard for longer than this is not only quiet (docs/operations.md).
    private static let quietSeconds = 300.0

    /// The explanation for people: first the answer, then what it rests on, then what to do next.
    public var text: String {
        var lines = answer + cautions
        for service in services {
            for vip in service.vips { lines += [""] + describe(vip, of: service) }
        }
        for other in others { lines += [""] + describe(other) }
        lines += [""] + nodeLines
        if let next = page.next {
            lines.append("more       Services \(page.offset + 1) to \(next) of \(page.total): --offset \(next)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: - The answer

    private var answer: [String] {
        guard isKnown else {
            let wait = freeze.map { ", but the agent is not synced: \($0.explanation)" } ?? ""
            return ["\(query ?? "") is not known on \(node)\(wait)."]
        }
        guard query != nil else {
            let vips = services.flatMap(\.vips)
            let frozen = freeze.map { "Nothing is decided, and what was announced stays: \($0.explanation). " } ?? ""
            let subject = "\(vips.count) VIPs of \(services.count) Services"
            if hasUnknown { return ["\(frozen)It is not known which of \(subject) are announced from \(node)."] }
            return ["\(frozen)\(vips.count { $0.isAnnounced == true }) of \(subject) are announced from \(node)."]
        }
        return services.map(answer)
            + others.map { "\(claim($0.prefix, isAnnounced: $0.isAnnounced)): \($0.explanation)." }
    }

    /// What is said of one VIP.
    private func claim(_ name: String, isAnnounced: Bool?) -> String {
        switch isAnnounced {
        case true?: "\(name) is announced from \(node)"
        case false?: "\(name) is NOT announced from \(node)"
        case nil: "It is not known whether \(name) is announced from \(node)"
        }
    }

    /// Why the answer may not be true any more.
    private var cautions: [String] {
        var lines: [String] = []
        if !frr.isConnected {
            let read = frr.secondsSinceRead.map { "was last read \(Self.age($0)) ago" } ?? "has not been read yet"
            lines.append("CAUTION: FRR cannot be reached and \(read)" + (frr.error.map { ": \($0)" } ?? "") + ".")
        }
        let old = watches.filter { $0.isSynced && (!$0.isConnected || ($0.secondsSinceHeard ?? 0) > Self.quietSeconds) }
        guard !old.isEmpty else { return lines }
        let names = old.map { "\($0.resource) (\(Self.age($0.secondsSinceHeard ?? 0)))" }
        return lines + [
            "CAUTION: the facts may be old, the API server was last heard on: \(names.joined(separator: ", "))."
        ]
    }

    private func answer(_ service: Service) -> String {
        let vips = service.vips.filter { $0.reason != ReasonCode.kindOff.rawValue }
        guard let first = vips.first else {
            let address =
                service.vips.first.map { " (\($0.address) is of kind \($0.kind ?? "none"), which is off)" } ?? ""
            return "\(service.service) has no VIP that could be announced\(address). A Service of type LoadBalancer "
                + "needs status.loadBalancer.ingress, which a load balancer controller writes."
        }
        guard vips.count == 1 else {
            if let unknown = vips.first(where: { $0.isAnnounced == nil }) {
                return "It is not known which of \(vips.count) VIPs of \(service.service) are announced from \(node): "
                    + "\(unknown.stateExplanation)."
            }
            let count = vips.count { $0.isAnnounced == true }
            let missing = vips.filter { $0.isAnnounced != true }.map { vip in
                let reason = vip.state == .notAnnounced ? vip.reason ?? vip.state.rawValue : vip.state.rawValue
                return "\(vip.address.isEmpty ? "an entry" : vip.address) [\(reason)]"
            }
            let rest = missing.isEmpty ? "" : "; NOT announced: \(missing.joined(separator: ", "))"
            return "\(service.service): \(count) of \(vips.count) VIPs are announced from \(node)\(rest)."
        }
        let name = first.address.isEmpty ? service.service : "\(first.address) (\(service.service))"
        return "\(claim(name, isAnnounced: first.isAnnounced)): \(first.why)."
    }

    private static func word(_ isAnnounced: Bool?) -> String {
        isAnnounced.map { $0 ? "announced" : "NOT announced" } ?? "not known whether announced"
    }

    // MARK: - One VIP

    private func describe(_ vip: VIP, of service: Service) -> [String] {
        var lines = [
            "\(vip.address.isEmpty ? "(no address)" : vip.address)  \(vip.kind ?? "Service") of \(service.service): "
                + Self.word(vip.isAnnounced)
        ]
        if let reason = vip.reason { lines.append("  why        \(reason): \(vip.explanation ?? "")") }
        // Of a kind that is off there is one of each Service.
        if vip.reason == ReasonCode.kindOff.rawValue {
            return lines + (service.vips.count == 1 ? ["  next       \(vip.advice)"] : [])
        }
        lines.append("  FRR        \(vip.state.rawValue): \(vip.stateExplanation)")
        if let name = vip.wantedClass { lines.append("  class      \(name): \(vip.classExplanation ?? "")") }
        if let policy = vip.policy { lines.append("  policy     \(policy)") }
        if let endpoints = vip.endpoints { lines += describe(endpoints) }
        if !service.annotations.isEmpty {
            let pairs = service.annotations.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }
            lines.append("  annotated  \(pairs.joined(separator: ", "))")
        }
        if service.isBeingDeleted { lines.append("  deletion   the Service has a deletionTimestamp") }
        if !vip.sharedWith.isEmpty { lines.append("  shared     also of \(vip.sharedWith.joined(separator: ", "))") }
        if let transaction = vip.transaction { lines += describe(transaction) }
        lines += vip.warnings.map { "  warning    \($0.explanation)" }
        if !vip.advice.isEmpty { lines.append("  next       \(vip.advice)") }
        return lines
    }

    private func describe(_ endpoints: Endpoints) -> [String] {
        let all = endpoints.counts.values.reduce(0, +)
        let counting = endpoints.shown.filter { EndpointStanding(rawValue: $0.standing)?.counts == true }
        let counts = EndpointStanding.allCases.compactMap { standing in
            endpoints.counts[standing.rawValue].map { "\($0) \(standing.rawValue)" }
        }
        var lines = ["  endpoints  " + (all == 0 ? "none" : "\(all): \(counts.joined(separator: ", "))")]
        if counting.isEmpty, all > 0 { lines[0] += "; none counts" }
        let width = endpoints.shown.map(\.address.count).max() ?? 0
        let nodeWidth = endpoints.shown.map { ($0.node ?? "-").count }.max() ?? 0
        for endpoint in endpoints.shown {
            lines.append(
                "             " + padded(endpoint.address, width) + padded(endpoint.node ?? "-", nodeWidth)
                    + "ready=\(endpoint.ready) serving=\(endpoint.serving) terminating=\(endpoint.terminating)  "
                    + "\(endpoint.slice)  \(endpoint.standing)")
        }
        if all > endpoints.shown.count { lines.append("             and \(all - endpoints.shown.count) more") }
        return lines
    }

    private func describe(_ transaction: TransactionNote) -> [String] {
        let name = transaction.id.map { "\($0) " } ?? ""
        let error = transaction.error.map { ": \($0)" } ?? ""
        return ["  last       \(name)\(transaction.outcome) at \(transaction.time): \(transaction.edit)\(error)"]
    }

    private func describe(_ other: Other) -> [String] {
        var lines = [
            "\(other.prefix)  of no Service: \(Self.word(other.isAnnounced))",
            "  FRR        \(other.state.rawValue): \(other.explanation)",
            "  class      \(other.runningClass)",
        ]
        if let transaction = other.transaction { lines += describe(transaction) }
        return lines + ["  next       \(other.advice)"]
    }

    // MARK: - The node

    private var nodeLines: [String] {
        var lines: [String] = []
        if let freeze { lines.append("decisions  none, nothing is changed: \(freeze.explanation) [\(freeze.code)]") }
        if let signals {
            lines.append("node       \(node): \(signals.words.joined(separator: ", "))")
            lines += signals.warnings.map { "warning    \($0.explanation)" }
        } else {
            lines.append("node       \(node): the Node object is not known")
        }
        if hasWaitingRules {
            lines.append(
                "rules      of a newer configuration wait until Namespaces have been listed; those before count")
        }
        if let fuse {
            lines.append(
                "fuse       holds \(fuse.heldVIPs) withdrawals, for \(Int(fuse.secondsLeft.rounded(.up))) s at most")
        }
        let read = frr.secondsSinceRead.map { "read \(Self.age($0)) ago" } ?? "never read"
        lines.append(
            "FRR        \(frr.isConnected ? "session open" : "NOT connected"), \(read)"
                + (frr.error.map { ": \($0)" } ?? ""))
        for watch in watches {
            let heard = watch.secondsSinceHeard.map { "heard \(Self.age($0)) ago" } ?? "never heard"
            let state = watch.isSynced ? (watch.isConnected ? "" : ", NOT connected") : ", NOT listed yet"
            lines.append("watch      \(watch.resource): \(heard)\(state)" + (watch.error.map { ": \($0)" } ?? ""))
        }
        return lines
    }

    /// A time for people.
    private static func age(_ seconds: Double) -> String {
        switch seconds {
        case ..<120: "\(Int(seconds.rounded())) s"
        case ..<7200: "\(Int((seconds / 60).rounded())) min"
        default: "\(Int((seconds / 3600).rounded())) h"
        }
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count) + 2)
    }
}

extension Explanation.VIP {
    /// The reason, and what FRR has to say where that is not simply the same.
    fileprivate var why: String {
        let decided = [explanation, reason.map { "[\($0)]" }].compactMap(\.self).joined(separator: " ")
        switch state {
        case .announced, .notAnnounced: return decided
        default: return decided.isEmpty ? stateExplanation : "\(stateExplanation); \(decided)"
        }
    }
}

extension Explanation.Signals {
    /// In words, what is out of the ordinary only where it is.
    fileprivate var words: [String] {
        var words = [ready ? "ready" : "NOT ready"]
        if cordoned { words.append("cordoned") }
        if networkUnavailable { words.append("network unavailable") }
        if let exclusionLabel { words.append("exclusion label \"\(exclusionLabel)\"") }
        if drain { words.append("drain annotation" + (drainReason.map { " (\($0))" } ?? "")) }
        if !taints.isEmpty { words.append("taints \(taints.joined(separator: " "))") }
        return words
    }
}
