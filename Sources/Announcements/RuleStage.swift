/// The parts of the rules, in the order in which they are looked at. The first that says no decides; later ones are not
/// looked at. docs/announcement-rules.md has a section for each.
public enum RuleStage: String, Sendable, Hashable, CaseIterable, Codable {
    /// Shape, annotations and selectors of the Service.
    case service
    /// Kind, text, mode, class and prefix of the address.
    case address
    /// Signals of the node that forbid a VIP.
    case node
    /// The endpoints, and what zero endpoints mean.
    case endpoints
    /// What drains a VIP that could be announced.
    case drain
    /// What came of the VIP's changes in time.
    case change
}

extension ReasonCode {
    /// Where the rules came to this outcome.
    public var stage: RuleStage {
        switch self {
        case .headlessService, .externalNameService, .optedOut, .namespaceExcluded, .namespaceUnknown,
            .namespaceNotIncluded, .serviceExcluded, .serviceNotIncluded:
            .service
        case .kindOff, .kindOffByAnnotation, .hostnameOnly, .invalidAddress, .notUnicast, .proxyMode,
            .otherLoadBalancerClass, .noLoadBalancerClass, .outsideAllowedPrefixes, .noExternalPrefixAllowed:
            .address
        case .nodeNetworkUnavailable, .nodeExcluded: .node
        case .heldDown: .change
        default: drained != nil || isDrained ? .drain : .endpoints
        }
    }
}
