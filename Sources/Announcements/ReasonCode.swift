/// Why a VIP is, or is not, announced from this node. One code for each outcome of the rules.
///
/// The raw values are stable: logs, metrics and scripts use them.
public enum ReasonCode: String, Sendable, Hashable, CaseIterable, Codable {
    // MARK: - Announced

    /// Policy Cluster, and an endpoint somewhere counts.
    case endpointInCluster = "EndpointInCluster"
    /// Policy Local, and an endpoint on this node counts.
    case endpointOnNode = "EndpointOnNode"
    /// Only endpoints that terminate and still serve are left.
    case onlyTerminatingEndpoints = "OnlyTerminatingEndpoints"

    // MARK: - Not announced: the Service

    /// Headless or ExternalName: there is no VIP.
    case serviceHasNoVIP = "ServiceHasNoVIP"
    /// Annotation `cosmolet.io/announce: "false"`.
    case optedOut = "OptedOut"

    // MARK: - Not announced: the address

    /// The text is not an IP address.
    case invalidAddress = "InvalidAddress"
    /// The address is unspecified, loopback, link-local, multicast or IPv4-mapped.
    case notUnicast = "NotUnicast"
    /// An ingress entry with a hostname and no IP.
    case hostnameOnly = "HostnameOnly"
    /// An ingress entry with `ipMode: Proxy`.
    case proxyMode = "ProxyMode"
    /// The address lies outside the allowed prefixes.
    case outsideAllowedPrefixes = "OutsideAllowedPrefixes"

    // MARK: - Not announced: the endpoints

    /// Policy Cluster, and the Service has no endpoint of the VIP's family.
    case noEndpoints = "NoEndpoints"
    /// Policy Cluster, and no endpoint of the VIP's family is ready or serving while terminating.
    case noReadyEndpoints = "NoReadyEndpoints"
    /// Policy Local, and no endpoint of the VIP's family is on this node.
    case noLocalEndpoints = "NoLocalEndpoints"
    /// Policy Local, and no endpoint of the VIP's family on this node is ready or serving while terminating.
    case noReadyLocalEndpoints = "NoReadyLocalEndpoints"

    // MARK: - Not announced: the node

    /// The node carries the exclusion label.
    case nodeExcluded = "NodeExcluded"
    /// The node's condition NetworkUnavailable is true.
    case nodeNetworkUnavailable = "NodeNetworkUnavailable"

    /// True for the outcomes that announce.
    public var announces: Bool {
        switch self {
        case .endpointInCluster, .endpointOnNode, .onlyTerminatingEndpoints: true
        default: false
        }
    }

    /// One sentence for people.
    public var explanation: String {
        switch self {
        case .endpointInCluster: "traffic policy Cluster, and an endpoint in the cluster is ready"
        case .endpointOnNode: "traffic policy Local, and an endpoint on this node is ready"
        case .onlyTerminatingEndpoints: "only endpoints that terminate, but still serve, are left"
        case .serviceHasNoVIP: "the Service is headless or of type ExternalName, so it has no VIP"
        case .optedOut: "the Service carries the annotation cosmolet.io/announce: \"false\""
        case .invalidAddress: "the address is not an IP address"
        case .notUnicast: "the address is loopback, link-local, multicast or another that no router carries"
        case .hostnameOnly: "the ingress entry has a hostname and no IP"
        case .proxyMode: "the ingress entry has ipMode Proxy, so its load balancer attracts the traffic itself"
        case .outsideAllowedPrefixes: "the address lies outside the allowed prefixes of the configuration"
        case .noEndpoints: "the Service has no endpoints of this address family"
        case .noReadyEndpoints: "no endpoint of this address family is ready or still serving"
        case .noLocalEndpoints: "traffic policy Local, and no endpoint of this address family is on this node"
        case .noReadyLocalEndpoints:
            "traffic policy Local, and no endpoint of this address family on this node is ready or still serving"
        case .nodeExcluded:
            "the node carries the label node.kubernetes.io/exclude-from-external-load-balancers"
        case .nodeNetworkUnavailable: "the node's condition NetworkUnavailable is true"
        }
    }
}

/// Something that is odd, but does not decide: reported with the decision.
public enum PlanWarning: Sendable, Hashable {
    /// The annotation names a class that is not defined, or `manual`; the default class was taken.
    case unknownClass(String)
    /// The annotation has a value that is not allowed and was read as if it were absent.
    case invalidAnnotation(key: String, value: String)
    /// Owners of the same VIP ask for different classes; the lowest tag was taken.
    case classConflict([String])
    /// The exclusion label is present with the value `false`, which excludes all the same.
    case exclusionLabelIsFalse

    /// One sentence for people.
    public var explanation: String {
        switch self {
        case .unknownClass(let name): "class \"\(name)\" is not defined for Services; the default class is used"
        case .invalidAnnotation(let key, let value):
            "annotation \(key) has the value \"\(value)\" and is ignored; \"true\" or \"false\" is expected"
        case .classConflict(let names):
            "Services ask for the classes \(names.joined(separator: ", ")) for this VIP; \(names[0]) is used"
        case .exclusionLabelIsFalse:
            "the exclusion label is present with the value false, which excludes the node all the same"
        }
    }
}
