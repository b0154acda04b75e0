public import NetworkTypes

/// What the rules say about one VIP entry of one Service on this node.
public struct Decision: Sendable, Hashable {
    /// The Service that owns the entry.
    public var service: ServiceID
    /// Where the address is written; nil when the Service as a whole was judged.
    public var kind: VIPKind?
    /// The address as written.
    public var text: String
    /// The VIP, nil when the text is no address.
    public var vip: IPAddress?
    /// The outcome.
    public var reason: ReasonCode
    /// The class to announce with; nil when not announced.
    public var attributeClass: AttributeClass?
    /// Why that class; nil when not announced.
    public var classCause: ClassCause?
    /// The endpoints that counted, or with a negative outcome those that were looked at, ordered; at most eight.
    public var endpoints: [EndpointFact] = []
    /// Oddities that did not decide.
    public var warnings: [PlanWarning] = []
}

/// The rules for one Service: a pure function, so that a change of one Service costs one Service.
///
/// The checks run in the order Service, address, node, endpoints, drain; the first that fails gives the reason. The
/// rules in words: docs/announcement-rules.md.
public struct ServiceRules {
    private let service: ServiceFacts
    private let endpoints: [EndpointFact]
    private let node: NodeFacts
    private let configuration: PlannerConfiguration
    private let namespaceLabels: [String: String]?
    /// The kinds of VIP that are on for this Service.
    private let kinds: Set<VIPKind>

    /// Judges each VIP entry of a Service, in the order of the object.
    ///
    /// An entry of a kind that the configuration has off, and that no annotation mentions, is passed over: else each
    /// Service of the cluster would have a line.
    ///
    /// - Parameters:
    ///   - endpoints: all endpoints over all slices, in any order, duplicates allowed.
    ///   - namespaceLabels: labels of the Service's namespace; nil when they are not known.
    ///   - judgesAllKinds: pass no entry over, but say `kindOff`; for explaining one Service.
    public static func decide(
        _ service: ServiceFacts, endpoints: [EndpointFact], node: NodeFacts, configuration: PlannerConfiguration,
        namespaceLabels: [String: String]? = [:], judgesAllKinds: Bool = false
    ) -> [Decision] {
        let rules = ServiceRules(
            service: service, endpoints: endpoints, node: node, configuration: configuration,
            namespaceLabels: namespaceLabels, kinds: service.annotations.kinds ?? configuration.kinds)
        let mentioned = judgesAllKinds ? Set(VIPKind.allCases) : rules.kinds.union(configuration.kinds)
        let entries = service.addresses.filter { mentioned.contains($0.kind) }
        guard service.shape == .ordinary else {
            let isAskedFor = !entries.isEmpty || service.annotations.announce == true || judgesAllKinds
            return isAskedFor ? [rules.withoutVIP] : []
        }
        return entries.map(rules.judge)
    }

    /// The decision on a Service that can have no VIP.
    private var withoutVIP: Decision {
        Decision(
            service: service.id, kind: nil, text: "", vip: nil,
            reason: service.shape == .headless ? .headlessService : .externalNameService,
            warnings: service.annotations.warnings)
    }

    private func judge(_ entry: AddressFact) -> Decision {
        let address = entry.text.flatMap { IPAddress($0) }
        var decision = Decision(
            service: service.id, kind: entry.kind, text: entry.text ?? "",
            vip: address?.isRoutableUnicast == true ? address : nil, reason: .optedOut,
            warnings: service.annotations.warnings)
        if let refusal = serviceRefusal ?? addressRefusal(entry, address) ?? nodeRefusal(entry) {
            decision.reason = refusal
            if refusal == .nodeExcluded, node.exclusionLabel == "false" {
                decision.warnings.append(.exclusionLabelIsFalse)
            }
        } else if let vip = decision.vip {
            judge(vip, of: entry.kind, into: &decision)
        }
        return decision
    }

    // MARK: - The Service

    private var serviceRefusal: ReasonCode? {
        switch service.annotations.announce {
        case true?: nil
        case false?: .optedOut
        case nil: configuration.selection.refusal(of: service, namespaceLabels: namespaceLabels)
        }
    }

    // MARK: - The address

    private func addressRefusal(_ entry: AddressFact, _ address: IPAddress?) -> ReasonCode? {
        guard kinds.contains(entry.kind) else {
            return service.annotations.kinds == nil ? .kindOff : .kindOffByAnnotation
        }
        guard entry.text != nil else { return .hostnameOnly }
        guard let address else { return .invalidAddress }
        guard address.isRoutableUnicast else { return .notUnicast }
        if entry.isProxyMode { return .proxyMode }
        if entry.kind == .loadBalancer, service.annotations.announce != true,
            let refusal = configuration.loadBalancerClasses.refusal(of: service.loadBalancerClass)
        {
            return refusal
        }
        return prefixRefusal(entry.kind, address)
    }

    /// The guard that no annotation can open.
    private func prefixRefusal(_ kind: VIPKind, _ address: IPAddress) -> ReasonCode? {
        let allowed: [IPPrefix]
        switch kind {
        case .clusterIP: return nil
        case .loadBalancer:
            guard let prefixes = configuration.allowedLoadBalancerPrefixes else { return nil }
            allowed = prefixes
        case .externalIP:
            allowed = configuration.allowedExternalPrefixes ?? configuration.allowedLoadBalancerPrefixes ?? []
            if allowed.isEmpty { return .noExternalPrefixAllowed }
        }
        return allowed.contains { $0.contains(address) } ? nil : .outsideAllowedPrefixes
    }

    // MARK: - The node

    private func nodeRefusal(_ entry: AddressFact) -> ReasonCode? {
        let signals = configuration.nodeSignals
        if signals.honoursNetworkUnavailable, node.isNetworkUnavailable { return .nodeNetworkUnavailable }
        if signals.honoursExclusionLabel, entry.kind == .loadBalancer, node.exclusionLabel != nil {
            return .nodeExcluded
        }
        return nil
    }

    // MARK: - Endpoints and drain

    private func judge(_ vip: IPAddress, of kind: VIPKind, into decision: inout Decision) {
        let policy = service.policy(for: kind)
        let verdict = EndpointVerdict(
            endpoints, family: vip.family, policy: policy, node: node.name,
            drainsOnTerminating: configuration.drainsOnTerminating)
        decision.reason = verdict.reason
        decision.endpoints = verdict.endpoints
        if !verdict.reason.announces, policy == .cluster {
            switch service.annotations.zeroEndpoints ?? configuration.zeroEndpoints {
            case .withdraw: break
            case .keep: decision.reason = .keptWithoutEndpoints
            case .drain: decision.reason = .drainingWithoutEndpoints
            }
        }
        guard decision.reason.announces else { return }
        if let cause = drainCause { decision.reason = cause }
        let (asked, cause) = attributeClass(warnings: &decision.warnings)
        decision.attributeClass = decision.reason.drains ? .drain : asked
        decision.classCause = decision.reason.drains ? .drain : cause
    }

    /// The first cause of an ordered drain of whatever could be announced, or nil.
    private var drainCause: ReasonCode? {
        let signals = configuration.nodeSignals
        if signals.drainsOnAnnotation, node.annotations.drains { return .drainingNodeAnnotation }
        if signals.drainsOnNotReady, !node.isReady { return .drainingNodeNotReady }
        if signals.drainsOnCordon, node.isUnschedulable { return .drainingNodeCordoned }
        if signals.drainingTaints.contains(where: { node.taints.contains(where: $0.matches) }) {
            return .drainingNodeTainted
        }
        if service.annotations.drains { return .drainingServiceAnnotation }
        if configuration.drainsOnServiceDeletion, service.isBeingDeleted { return .drainingServiceDeletion }
        return nil
    }

    private func attributeClass(warnings: inout [PlanWarning]) -> (AttributeClass, ClassCause) {
        guard let name = service.annotations.className else { return (.default, .noAnnotation) }
        // `manual` marks what an operator announced by hand and no agent touches: a Service that could take it would
        // never lose its VIP again.
        guard let known = AttributeClass(rawValue: name), known != .manual, configuration.tags.tag(of: known) != nil
        else {
            warnings.append(.unknownClass(service: service.id, name: name))
            return (.default, .unknownClass)
        }
        return (known, .annotation)
    }
}
