import Announcements
import NetworkTypes

/// The rules once more, slow and obvious: every VIP entry is looked at against all facts, every condition is evaluated,
/// and the first that holds in the order of docs/announcement-rules.md is the outcome. Shares no code with the planner
/// but the types of facts.
struct ReferenceRules {
    let facts: AnnouncementFacts
    /// What each selector means, by its text: the planner's own reading of selectors is not used.
    let meaning: [String: @Sendable ([String: String]) -> Bool]

    struct Outcome: Hashable, Comparable {
        var service: ServiceID
        var text: String
        var kind: VIPKind?
        var reason: String
        var attributeClass: String

        static func < (a: Outcome, b: Outcome) -> Bool {
            (a.service, a.text, a.kind?.rawValue ?? "", a.reason, a.attributeClass)
                < (b.service, b.text, b.kind?.rawValue ?? "", b.reason, b.attributeClass)
        }
    }

    /// All outcomes, and for each announced VIP its class.
    func outcomes() -> (outcomes: [Outcome], announced: [IPAddress: String]) {
        var outcomes: [Outcome] = []
        for service in facts.services {
            for (index, entry) in service.addresses.enumerated() {
                guard let reason = reason(service, entry) else { continue }
                if service.shape != .ordinary {
                    // One line for the Service, however many entries it has.
                    let isFirst = !service.addresses[..<index].contains { self.reason(service, $0) != nil }
                    if isFirst {
                        outcomes.append(
                            Outcome(
                                service: service.id, text: "", kind: nil, reason: reason.rawValue, attributeClass: "-"))
                    }
                    continue
                }
                outcomes.append(
                    Outcome(
                        service: service.id, text: entry.text ?? "", kind: entry.kind, reason: reason.rawValue,
                        attributeClass: "-"))
            }
            if service.shape != .ordinary, service.annotations.announce == true,
                !outcomes.contains(where: { $0.service == service.id })
            {
                let reason: ReasonCode = service.shape == .headless ? .headlessService : .externalNameService
                outcomes.append(
                    Outcome(service: service.id, text: "", kind: nil, reason: reason.rawValue, attributeClass: "-"))
            }
        }
        var announced: [IPAddress: String] = [:]
        for outcome in outcomes {
            guard let vip = IPAddress(outcome.text), isPositive(outcome.reason) else { continue }
            announced[vip] = winner(vip, among: outcomes)
        }
        for index in outcomes.indices where isPositive(outcomes[index].reason) {
            outcomes[index].attributeClass = announced[IPAddress(outcomes[index].text)!]!
        }
        return (outcomes.sorted(), announced)
    }

    private static let positive: Set<String> = [
        "EndpointInCluster", "EndpointOnNode", "OnlyTerminatingEndpoints", "OnlyTerminatingOnNode",
        "KeptWithoutEndpoints",
    ]

    private func isPositive(_ reason: String) -> Bool {
        Self.positive.contains(reason) || reason.hasPrefix("Draining")
    }

    /// The class with the lowest tag that any owner which does not drain asks for; `drain` when all drain.
    private func winner(_ vip: IPAddress, among outcomes: [Outcome]) -> String {
        var best: (tag: UInt32, name: String)?
        for outcome in outcomes where IPAddress(outcome.text) == vip && Self.positive.contains(outcome.reason) {
            let service = facts.services.first { $0.id == outcome.service }!
            var name = service.annotations.className ?? "default"
            if name == "manual" || !facts.configuration.tags.classes.contains(where: { $0.rawValue == name }) {
                name = "default"
            }
            let tag = facts.configuration.tags.tag(of: AttributeClass(rawValue: name)!)!
            if best == nil || tag < best!.tag { best = (tag, name) }
        }
        return best?.name ?? "drain"
    }

    // MARK: - One entry

    /// Nil when the entry is not judged at all.
    private func reason(_ service: ServiceFacts, _ entry: AddressFact) -> ReasonCode? {
        let configuration = facts.configuration
        let signals = configuration.nodeSignals
        let kinds = service.annotations.kinds ?? configuration.kinds
        let mustBeAnnounced = service.annotations.announce == true
        let vip = entry.text.flatMap { IPAddress($0) }
        if !kinds.contains(entry.kind), !configuration.kinds.contains(entry.kind) { return nil }

        let checks: [(ReasonCode, Bool)] = [
            (.headlessService, service.shape == .headless),
            (.externalNameService, service.shape == .externalName),
            (.optedOut, service.annotations.announce == false),
            (
                .namespaceExcluded,
                !mustBeAnnounced && configuration.selection.namespaces.exclude.contains(service.id.namespace)
            ),
            (.namespaceUnknown, !mustBeAnnounced && isNamespaceUnknown(service.id.namespace)),
            (.namespaceExcluded, !mustBeAnnounced && isNamespaceExcluded(service.id.namespace)),
            (
                .serviceExcluded,
                !mustBeAnnounced && matches(configuration.selection.serviceLabels.exclude, service.labels)
            ),
            (.namespaceNotIncluded, !mustBeAnnounced && !isNamespaceIncluded(service.id.namespace)),
            (
                .serviceNotIncluded,
                !mustBeAnnounced && !configuration.selection.serviceLabels.include.isEmpty
                    && !matches(configuration.selection.serviceLabels.include, service.labels)
            ),
            (.kindOffByAnnotation, !kinds.contains(entry.kind)),
            (.hostnameOnly, entry.text == nil),
            (.invalidAddress, vip == nil),
            (.notUnicast, vip.map { !$0.isRoutableUnicast } ?? false),
            (.proxyMode, entry.isProxyMode),
            (.otherLoadBalancerClass, !mustBeAnnounced && entry.kind == .loadBalancer && isOtherClass(service)),
            (.noLoadBalancerClass, !mustBeAnnounced && entry.kind == .loadBalancer && isWithoutNeededClass(service)),
            (.noExternalPrefixAllowed, entry.kind == .externalIP && externalPrefixes.isEmpty),
            (.outsideAllowedPrefixes, vip.map { !isAllowed($0, entry.kind) } ?? false),
            (.nodeNetworkUnavailable, signals.honoursNetworkUnavailable && facts.node.isNetworkUnavailable),
            (
                .nodeExcluded,
                signals.honoursExclusionLabel && entry.kind == .loadBalancer && facts.node.exclusionLabel != nil
            ),
        ]
        for (reason, holds) in checks where holds { return reason }
        return endpointReason(service, entry.kind, vip!)
    }

    private func matches(_ selectors: [LabelSelector], _ labels: [String: String]) -> Bool {
        for selector in selectors where meaning[selector.description]!(labels) { return true }
        return false
    }

    private func labels(ofNamespace name: String) -> [String: String] {
        (facts.namespaces[name] ?? [:]).merging(["kubernetes.io/metadata.name": name]) { $1 }
    }

    private func isNamespaceUnknown(_ name: String) -> Bool {
        let selectors = facts.configuration.selection.namespaceLabels
        let keys = Set((selectors.include + selectors.exclude).flatMap(\.keys))
        return facts.namespaces[name] == nil && !keys.subtracting(["kubernetes.io/metadata.name"]).isEmpty
    }

    private func isNamespaceExcluded(_ name: String) -> Bool {
        matches(facts.configuration.selection.namespaceLabels.exclude, labels(ofNamespace: name))
    }

    private func isNamespaceIncluded(_ name: String) -> Bool {
        let names = facts.configuration.selection.namespaces.include
        let selectors = facts.configuration.selection.namespaceLabels.include
        return (names.isEmpty || names.contains(name))
            && (selectors.isEmpty || matches(selectors, labels(ofNamespace: name)))
    }

    private func isOtherClass(_ service: ServiceFacts) -> Bool {
        guard case .only(let names, _) = facts.configuration.loadBalancerClasses,
            let name = service.loadBalancerClass
        else { return false }
        return !names.contains(name)
    }

    private func isWithoutNeededClass(_ service: ServiceFacts) -> Bool {
        guard case .only(_, let unset) = facts.configuration.loadBalancerClasses else { return false }
        return service.loadBalancerClass == nil && !unset
    }

    private var externalPrefixes: [IPPrefix] {
        facts.configuration.allowedExternalPrefixes ?? facts.configuration.allowedLoadBalancerPrefixes ?? []
    }

    private func isAllowed(_ vip: IPAddress, _ kind: VIPKind) -> Bool {
        let prefixes: [IPPrefix]
        switch kind {
        case .clusterIP: return true
        case .externalIP: prefixes = externalPrefixes
        case .loadBalancer:
            guard let allowed = facts.configuration.allowedLoadBalancerPrefixes else { return true }
            prefixes = allowed
        }
        for prefix in prefixes where prefix.family == vip.family {
            var differs = false
            for bit in 0..<prefix.length {
                let shift = UInt128(vip.family.bitWidth - 1 - bit)
                if (vip.bits >> shift) & 1 != (prefix.address.bits >> shift) & 1 { differs = true }
            }
            if !differs { return true }
        }
        return false
    }

    // MARK: - Endpoints

    private func endpointReason(_ service: ServiceFacts, _ kind: VIPKind, _ vip: IPAddress) -> ReasonCode {
        let policy = kind == .clusterIP ? service.internalTrafficPolicy : service.externalTrafficPolicy
        var near = 0
        var ofFamily = 0
        var ready = 0
        var terminating = 0
        for endpoint in facts.endpoints[service.id] ?? [] {
            if policy == .local, endpoint.nodeName != facts.node.name { continue }
            near += 1
            if endpoint.address.family != vip.family { continue }
            ofFamily += 1
            if endpoint.isReady { ready += 1 }
            if !endpoint.isReady, endpoint.isServing, endpoint.isTerminating { terminating += 1 }
        }
        let drains = facts.configuration.drainsOnTerminating
        let zero = service.annotations.zeroEndpoints ?? facts.configuration.zeroEndpoints
        if ready + terminating > 0 || (policy == .cluster && zero != .withdraw) {
            if let cause = drainCause(service) { return cause }
        }
        switch policy {
        case .cluster:
            if ready > 0 { return .endpointInCluster }
            if terminating > 0 { return drains ? .drainingTerminatingEndpoints : .onlyTerminatingEndpoints }
            if zero == .keep { return .keptWithoutEndpoints }
            if zero == .drain { return .drainingWithoutEndpoints }
            return ofFamily > 0 ? .noReadyEndpoints : near > 0 ? .noEndpointsOfFamily : .noEndpoints
        case .local:
            if ready > 0 { return .endpointOnNode }
            if terminating > 0 { return drains ? .drainingTerminatingOnNode : .onlyTerminatingOnNode }
            return ofFamily > 0
                ? .noReadyLocalEndpoints : near > 0 ? .noLocalEndpointsOfFamily : .noLocalEndpoints
        }
    }

    private func drainCause(_ service: ServiceFacts) -> ReasonCode? {
        let signals = facts.configuration.nodeSignals
        let node = facts.node
        var isTainted = false
        for taint in node.taints {
            for pattern in signals.drainingTaints where pattern.key == taint.key {
                if pattern.value == nil || pattern.value == taint.value,
                    pattern.effect == nil || pattern.effect == taint.effect
                {
                    isTainted = true
                }
            }
        }
        let causes: [(ReasonCode, Bool)] = [
            (.drainingNodeAnnotation, signals.drainsOnAnnotation && node.annotations.drains),
            (.drainingNodeNotReady, signals.drainsOnNotReady && !node.isReady),
            (.drainingNodeCordoned, signals.drainsOnCordon && node.isUnschedulable),
            (.drainingNodeTainted, isTainted),
            (.drainingServiceAnnotation, service.annotations.drains),
            (.drainingServiceDeletion, facts.configuration.drainsOnServiceDeletion && service.isBeingDeleted),
        ]
        return causes.first { $0.1 }?.0
    }
}
