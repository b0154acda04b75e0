public import NetworkTypes

/// Namespace and name of a Service.
public struct ServiceID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The namespace.
    public let namespace: String
    /// The name within it.
    public let name: String

    /// Makes an identity.
    public init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// `namespace/name`.
    public var description: String { "\(namespace)/\(name)" }

    /// By namespace, then name.
    public static func < (a: ServiceID, b: ServiceID) -> Bool {
        (a.namespace, a.name) < (b.namespace, b.name)
    }
}

/// Where a VIP of a Service is written.
public enum VIPKind: String, Sendable, Hashable, CaseIterable, Comparable, Codable {
    /// `status.loadBalancer.ingress[].ip`.
    case loadBalancer
    /// `spec.externalIPs[]`.
    case externalIP
    /// `spec.clusterIPs[]`.
    case clusterIP

    /// In the order of the cases.
    public static func < (a: VIPKind, b: VIPKind) -> Bool {
        a != b && (a == .loadBalancer || (a == .externalIP && b == .clusterIP))
    }
}

/// One address entry of a Service, as the API object has it. The text may be anything.
public struct AddressFact: Sendable, Hashable {
    /// Where it is written.
    public var kind: VIPKind
    /// The IP as text; nil for an ingress entry that has a hostname only.
    public var text: String?
    /// `ipMode: Proxy` (KEP-1860): the load balancer itself answers, so nodes must not attract the traffic.
    public var isProxyMode: Bool

    /// Makes an entry.
    public init(kind: VIPKind, text: String?, isProxyMode: Bool = false) {
        self.kind = kind
        self.text = text
        self.isProxyMode = isProxyMode
    }
}

/// `externalTrafficPolicy` and `internalTrafficPolicy` of a Service.
public enum TrafficPolicy: String, Sendable, Hashable {
    /// Any endpoint in the cluster will do.
    case cluster = "Cluster"
    /// Only endpoints on the same node.
    case local = "Local"
}

/// What the planner needs to know of a Service.
public struct ServiceFacts: Sendable, Hashable {
    /// Namespace and name.
    public var id: ServiceID
    /// False for `ClusterIP: None` and for ExternalName: such a Service has no VIP.
    public var hasClusterIP: Bool
    /// All VIP entries of all kinds.
    public var addresses: [AddressFact]
    /// Policy for LoadBalancer and external IPs.
    public var externalTrafficPolicy: TrafficPolicy
    /// Policy for cluster IPs.
    public var internalTrafficPolicy: TrafficPolicy
    /// Annotation `cosmolet.io/announce`: nil when absent.
    public var announce: Bool?
    /// Annotation `cosmolet.io/class`: nil when absent.
    public var className: String?
    /// Oddities of the object that do not decide, reported with each decision.
    public var warnings: [PlanWarning]

    /// Makes facts; the defaults are those of a plain LoadBalancer Service.
    public init(
        id: ServiceID, hasClusterIP: Bool = true, addresses: [AddressFact] = [],
        externalTrafficPolicy: TrafficPolicy = .cluster, internalTrafficPolicy: TrafficPolicy = .cluster,
        announce: Bool? = nil, className: String? = nil, warnings: [PlanWarning] = []
    ) {
        self.id = id
        self.hasClusterIP = hasClusterIP
        self.addresses = addresses
        self.externalTrafficPolicy = externalTrafficPolicy
        self.internalTrafficPolicy = internalTrafficPolicy
        self.announce = announce
        self.className = className
        self.warnings = warnings
    }
}

/// One address of one endpoint of an EndpointSlice, with its conditions (KEP-1672).
public struct EndpointFact: Sendable, Hashable {
    /// The endpoint's address.
    public var address: IPAddress
    /// Condition `ready`: unset or true.
    public var isReady: Bool
    /// Condition `serving`; unset follows `ready`.
    public var isServing: Bool
    /// Condition `terminating`; unset is false.
    public var isTerminating: Bool
    /// The node it runs on, nil when the slice does not say.
    public var nodeName: String?

    /// Makes an endpoint; the defaults are those of a healthy one.
    public init(
        address: IPAddress, isReady: Bool = true, isServing: Bool? = nil, isTerminating: Bool = false,
        nodeName: String? = nil
    ) {
        self.address = address
        self.isReady = isReady
        self.isServing = isServing ?? isReady
        self.isTerminating = isTerminating
        self.nodeName = nodeName
    }

    /// Whether it counts at all: ready, or still serving while terminating.
    public var counts: Bool { isReady || (isServing && isTerminating) }
}

/// What the planner needs to know of the node it plans for.
public struct NodeFacts: Sendable, Hashable {
    /// Name of the Node object, as `nodeName` of endpoints has it.
    public var name: String
    /// Label `node.kubernetes.io/exclude-from-external-load-balancers` (KEP-1143): its value, nil when absent. Its
    /// presence counts, whatever the value.
    public var exclusionLabel: String?
    /// Condition `NetworkUnavailable` is `True`.
    public var isNetworkUnavailable: Bool

    /// Makes facts of a healthy node.
    public init(name: String, exclusionLabel: String? = nil, isNetworkUnavailable: Bool = false) {
        self.name = name
        self.exclusionLabel = exclusionLabel
        self.isNetworkUnavailable = isNetworkUnavailable
    }
}

/// The operator's part of the rules.
public struct PlannerConfiguration: Sendable, Hashable {
    /// Which kinds of VIP are announced.
    public var kinds: Set<VIPKind>
    /// LoadBalancer IPs must lie in one of these; nil allows all.
    public var allowedLoadBalancerPrefixes: [IPPrefix]?
    /// External IPs must lie in one of these; there is no default, since any user may write one (CVE-2020-8554).
    public var allowedExternalPrefixes: [IPPrefix]
    /// Known classes and the order in which a conflict is settled: the lowest tag wins.
    public var tags: TagMap
    /// Announce with class `drain` when only terminating endpoints still serve.
    public var drainsOnTerminating: Bool

    /// Makes a configuration; the defaults announce LoadBalancer IPs only.
    public init(
        kinds: Set<VIPKind> = [.loadBalancer], allowedLoadBalancerPrefixes: [IPPrefix]? = nil,
        allowedExternalPrefixes: [IPPrefix] = [], tags: TagMap = .standard, drainsOnTerminating: Bool = false
    ) {
        self.kinds = kinds
        self.allowedLoadBalancerPrefixes = allowedLoadBalancerPrefixes
        self.allowedExternalPrefixes = allowedExternalPrefixes
        self.tags = tags
        self.drainsOnTerminating = drainsOnTerminating
    }
}

/// Everything a plan depends on.
public struct AnnouncementFacts: Sendable {
    /// The node that is planned for.
    public var node: NodeFacts
    /// All Services.
    public var services: [ServiceFacts]
    /// All endpoints of each Service, over all of its slices. Absent is the same as empty.
    public var endpoints: [ServiceID: [EndpointFact]]
    /// The rules' knobs.
    public var configuration: PlannerConfiguration

    /// Gathers facts.
    public init(
        node: NodeFacts, services: [ServiceFacts], endpoints: [ServiceID: [EndpointFact]],
        configuration: PlannerConfiguration = PlannerConfiguration()
    ) {
        self.node = node
        self.services = services
        self.endpoints = endpoints
        self.configuration = configuration
    }
}
