/// Why a VIP is, or is not, announced from this node. One code for each outcome of the rules.
///
/// The raw values are stable: logs, metrics and scripts use them. docs/announcement-rules.md lists them all.
public enum ReasonCode: String, Sendable, Hashable, CaseIterable, Codable {
    // MARK: - Announced

    /// Policy Cluster, and an endpoint somewhere is ready.
    case endpointInCluster = "EndpointInCluster"
    /// Policy Local, and an endpoint on this node is ready.
    case endpointOnNode = "EndpointOnNode"
    /// Policy Cluster, and only endpoints that terminate and still serve are left.
    case onlyTerminatingEndpoints = "OnlyTerminatingEndpoints"
    /// Policy Local, and only endpoints that terminate and still serve are left on this node.
    case onlyTerminatingOnNode = "OnlyTerminatingOnNode"
    /// Policy Cluster, no endpoint counts, and zero endpoints mean `keep`.
    case keptWithoutEndpoints = "KeptWithoutEndpoints"

    // MARK: - Announced with class drain, for as long as it lasts

    /// As `onlyTerminatingEndpoints`, with `drainOnTerminating`.
    case drainingTerminatingEndpoints = "DrainingTerminatingEndpoints"
    /// As `onlyTerminatingOnNode`, with `drainOnTerminating`.
    case drainingTerminatingOnNode = "DrainingTerminatingOnNode"

    // MARK: - Announced with class drain, to be withdrawn

    /// The node carries `cosmolet.io/drain: "true"`.
    case drainingNodeAnnotation = "DrainingNodeAnnotation"
    /// The node's condition Ready is not true.
    case drainingNodeNotReady = "DrainingNodeNotReady"
    /// The node is cordoned.
    case drainingNodeCordoned = "DrainingNodeCordoned"
    /// The node has a configured taint.
    case drainingNodeTainted = "DrainingNodeTainted"
    /// The Service carries `cosmolet.io/drain: "true"`.
    case drainingServiceAnnotation = "DrainingServiceAnnotation"
    /// The Service is being deleted.
    case drainingServiceDeletion = "DrainingServiceDeletion"
    /// Policy Cluster, no endpoint counts, and zero endpoints mean `drain`.
    case drainingWithoutEndpoints = "DrainingWithoutEndpoints"

    // MARK: - Not announced: drained

    /// As `drainingNodeAnnotation`, and the hold time is over.
    case drainedNodeAnnotation = "DrainedNodeAnnotation"
    /// As `drainingNodeNotReady`, and the hold time is over.
    case drainedNodeNotReady = "DrainedNodeNotReady"
    /// As `drainingNodeCordoned`, and the hold time is over.
    case drainedNodeCordoned = "DrainedNodeCordoned"
    /// As `drainingNodeTainted`, and the hold time is over.
    case drainedNodeTainted = "DrainedNodeTainted"
    /// As `drainingServiceAnnotation`, and the hold time is over.
    case drainedServiceAnnotation = "DrainedServiceAnnotation"
    /// As `drainingServiceDeletion`, and the hold time is over.
    case drainedServiceDeletion = "DrainedServiceDeletion"
    /// As `drainingWithoutEndpoints`, and the hold time is over.
    case drainedWithoutEndpoints = "DrainedWithoutEndpoints"

    // MARK: - Not announced: the Service

    /// `clusterIP: None`.
    case headlessService = "HeadlessService"
    /// `type: ExternalName`.
    case externalNameService = "ExternalNameService"
    /// Annotation `cosmolet.io/announce: "false"`.
    case optedOut = "OptedOut"
    /// The namespace matches an exclusion.
    case namespaceExcluded = "NamespaceExcluded"
    /// The namespace's labels decide, and the Namespace is not known yet.
    case namespaceUnknown = "NamespaceUnknown"
    /// The namespace matches none of the inclusions.
    case namespaceNotIncluded = "NamespaceNotIncluded"
    /// The Service's labels match an exclusion.
    case serviceExcluded = "ServiceExcluded"
    /// The Service's labels match none of the inclusions.
    case serviceNotIncluded = "ServiceNotIncluded"

    // MARK: - Not announced: the address

    /// The configuration does not announce this kind of VIP.
    case kindOff = "KindOff"
    /// Annotation `cosmolet.io/kinds` leaves out this kind of VIP.
    case kindOffByAnnotation = "KindOffByAnnotation"
    /// An ingress entry with a hostname and no IP.
    case hostnameOnly = "HostnameOnly"
    /// The text is not an IP address.
    case invalidAddress = "InvalidAddress"
    /// The address is unspecified, loopback, link-local, multicast or IPv4-mapped.
    case notUnicast = "NotUnicast"
    /// An ingress entry with `ipMode: Proxy`.
    case proxyMode = "ProxyMode"
    /// `spec.loadBalancerClass` is not one of the configured classes.
    case otherLoadBalancerClass = "OtherLoadBalancerClass"
    /// `spec.loadBalancerClass` is unset, and only named classes are announced.
    case noLoadBalancerClass = "NoLoadBalancerClass"
    /// The address lies outside the allowed prefixes.
    case outsideAllowedPrefixes = "OutsideAllowedPrefixes"
    /// An external IP, and no prefix is allowed for those.
    case noExternalPrefixAllowed = "NoExternalPrefixAllowed"

    // MARK: - Not announced: the node

    /// The node's condition NetworkUnavailable is true.
    case nodeNetworkUnavailable = "NodeNetworkUnavailable"
    /// The node carries the exclusion label.
    case nodeExcluded = "NodeExcluded"

    // MARK: - Not announced: the endpoints

    /// Policy Cluster, and the Service has no endpoint.
    case noEndpoints = "NoEndpoints"
    /// Policy Cluster, and all endpoints are of the other address family.
    case noEndpointsOfFamily = "NoEndpointsOfFamily"
    /// Policy Cluster, and no endpoint of the VIP's family is ready or serving while terminating.
    case noReadyEndpoints = "NoReadyEndpoints"
    /// Policy Local, and no endpoint is on this node.
    case noLocalEndpoints = "NoLocalEndpoints"
    /// Policy Local, and all endpoints on this node are of the other address family.
    case noLocalEndpointsOfFamily = "NoLocalEndpointsOfFamily"
    /// Policy Local, and no endpoint of the VIP's family on this node is ready or serving while terminating.
    case noReadyLocalEndpoints = "NoReadyLocalEndpoints"

    // MARK: - Not announced: too many changes

    /// The VIP came and went too often and is held down until it is quiet.
    case heldDown = "HeldDown"
}

extension ReasonCode {
    /// True for the outcomes that announce.
    public var announces: Bool {
        switch self {
        case .endpointInCluster, .endpointOnNode, .onlyTerminatingEndpoints, .onlyTerminatingOnNode,
            .keptWithoutEndpoints:
            true
        default: drains
        }
    }

    /// True for the outcomes that announce with class `drain`, whatever class was asked for.
    public var drains: Bool {
        self == .drainingTerminatingEndpoints || self == .drainingTerminatingOnNode || drained != nil
    }

    /// For an ordered drain, what it becomes when the hold time is over; else nil.
    public var drained: ReasonCode? {
        switch self {
        case .drainingNodeAnnotation: .drainedNodeAnnotation
        case .drainingNodeNotReady: .drainedNodeNotReady
        case .drainingNodeCordoned: .drainedNodeCordoned
        case .drainingNodeTainted: .drainedNodeTainted
        case .drainingServiceAnnotation: .drainedServiceAnnotation
        case .drainingServiceDeletion: .drainedServiceDeletion
        case .drainingWithoutEndpoints: .drainedWithoutEndpoints
        default: nil
        }
    }

    /// True when the node itself says that it must not announce the VIP.
    public var isNodeSignal: Bool { self == .nodeExcluded || self == .nodeNetworkUnavailable }

    /// True when an ordered drain has withdrawn the VIP.
    public var isDrained: Bool { Self.allDrained.contains(self) }

    private static let allDrained = Set(allCases.compactMap(\.drained))
}

/// Why there is no plan at all: what is announced then stays as it is.
public enum FreezeReason: Sendable, Hashable {
    /// These resources have not been listed yet, by their plural names.
    case notListed([String])
    /// The own Node object does not exist.
    case nodeGone

    /// The stable name.
    public var code: String {
        switch self {
        case .notListed: "NotListed"
        case .nodeGone: "NodeGone"
        }
    }

    /// All names.
    public static let codes = ["NotListed", "NodeGone"]

    /// One sentence for people.
    public var explanation: String {
        switch self {
        case .notListed(let names): "not listed yet: \(names.joined(separator: ", "))"
        case .nodeGone: "the own Node object does not exist"
        }
    }
}
