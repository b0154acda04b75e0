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
    /// The endpoints that counted, or with a negative outcome those that were looked at, ordered; at most eight.
    public var endpoints: [EndpointFact] = []
    /// Oddities that did not decide.
    public var warnings: [PlanWarning] = []
}

/// The rules for one Service: a pure function, so that a change of one Service costs one Service.
///
/// Source of the rules: docs/endpoint-rules.md.
public enum ServiceRules {
    /// Judges each VIP entry of a Service, in the order of the object.
    ///
    /// - Parameters:
    ///   - endpoints: all endpoints over all slices, in any order, duplicates allowed.
    public static func decide(
        _ service: ServiceFacts, endpoints: [EndpointFact], node: NodeFacts, configuration: PlannerConfiguration
    ) -> [Decision] {
        guard service.hasClusterIP else {
            let hasEntries = service.addresses.contains { configuration.kinds.contains($0.kind) }
            return hasEntries
                ? [Decision(service: service.id, kind: nil, text: "", vip: nil, reason: .serviceHasNoVIP)] : []
        }
        return service.addresses.filter { configuration.kinds.contains($0.kind) }.map { entry in
            var decision = Decision(
                service: service.id, kind: entry.kind, text: entry.text ?? "", vip: nil, reason: .hostnameOnly)
            judge(entry, of: service, endpoints, node, configuration, into: &decision)
            return decision
        }
    }

    private static func judge(
        _ entry: AddressFact, of service: ServiceFacts, _ endpoints: [EndpointFact], _ node: NodeFacts,
        _ configuration: PlannerConfiguration, into decision: inout Decision
    ) {
        guard let text = entry.text else { return }
        guard let vip = IPAddress(text) else {
            decision.reason = .invalidAddress
            return
        }
        guard vip.isRoutableUnicast else {
            decision.reason = .notUnicast
            return
        }
        decision.vip = vip
        decision.warnings = service.warnings
        if let refusal = refusal(of: entry, vip, service, node, configuration) {
            decision.reason = refusal
            if refusal == .nodeExcluded, node.exclusionLabel == "false" {
                decision.warnings.append(.exclusionLabelIsFalse)
            }
            return
        }
        let policy = entry.kind == .clusterIP ? service.internalTrafficPolicy : service.externalTrafficPolicy
        let verdict = EndpointVerdict(endpoints, family: vip.family, policy: policy, node: node.name)
        decision.reason = verdict.reason
        decision.endpoints = verdict.endpoints
        guard verdict.reason.announces else { return }
        decision.attributeClass = attributeClass(of: service, configuration, warnings: &decision.warnings)
        if verdict.reason == .onlyTerminatingEndpoints, configuration.drainsOnTerminating {
            decision.attributeClass = .drain
        }
    }

    /// The first rule that forbids the address whatever the endpoints are, or nil.
    private static func refusal(
        of entry: AddressFact, _ vip: IPAddress, _ service: ServiceFacts, _ node: NodeFacts,
        _ configuration: PlannerConfiguration
    ) -> ReasonCode? {
        if service.announce == false { return .optedOut }
        if entry.isProxyMode { return .proxyMode }
        let allowed: [IPPrefix]? =
            switch entry.kind {
            case .loadBalancer: configuration.allowedLoadBalancerPrefixes
            case .externalIP: configuration.allowedExternalPrefixes
            case .clusterIP: nil
            }
        if let allowed, !allowed.contains(where: { $0.contains(vip) }) { return .outsideAllowedPrefixes }
        if node.isNetworkUnavailable { return .nodeNetworkUnavailable }
        if entry.kind == .loadBalancer, node.exclusionLabel != nil { return .nodeExcluded }
        return nil
    }

    private static func attributeClass(
        of service: ServiceFacts, _ configuration: PlannerConfiguration, warnings: inout [PlanWarning]
    ) -> AttributeClass {
        guard let name = service.className else { return .default }
        // `manual` marks what an operator announced by hand and no agent touches: a Service that could take it would
        // never lose its VIP again.
        guard let known = AttributeClass(rawValue: name), known != .manual, configuration.tags.tag(of: known) != nil
        else {
            warnings.append(.unknownClass(name))
            return .default
        }
        return known
    }
}

/// What the endpoints of a Service say about a VIP of one family under one policy.
struct EndpointVerdict {
    /// An announcing code, or why not.
    let reason: ReasonCode
    /// The endpoints that this rests on, ordered, at most eight.
    let endpoints: [EndpointFact]

    init(_ all: [EndpointFact], family: AddressFamily, policy: TrafficPolicy, node: String) {
        let eligible = all.filter { $0.address.family == family && (policy == .cluster || $0.nodeName == node) }
        // De-duplicated by address where one good entry is enough: that is to ask whether any entry is good.
        let counting = eligible.filter(\.counts)
        if counting.contains(where: \.isReady) {
            reason = policy == .cluster ? .endpointInCluster : .endpointOnNode
        } else if !counting.isEmpty {
            reason = .onlyTerminatingEndpoints
        } else if eligible.isEmpty {
            reason = policy == .cluster ? .noEndpoints : .noLocalEndpoints
        } else {
            reason = policy == .cluster ? .noReadyEndpoints : .noReadyLocalEndpoints
        }
        endpoints = Self.evidence(counting.isEmpty ? eligible : counting)
    }

    private static func evidence(_ endpoints: [EndpointFact]) -> [EndpointFact] {
        let ordered = Set(endpoints).sorted {
            ($0.address, $0.nodeName ?? "", $0.isReady ? 0 : 1, $0.isTerminating ? 1 : 0, $0.isServing ? 0 : 1)
                < ($1.address, $1.nodeName ?? "", $1.isReady ? 0 : 1, $1.isTerminating ? 1 : 0, $1.isServing ? 0 : 1)
        }
        return Array(ordered.prefix(8))
    }
}
