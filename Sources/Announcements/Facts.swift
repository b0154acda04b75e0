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

/// Whether a Service can have a VIP at all.
public enum ServiceShape: Sendable, Hashable {
    /// It has a cluster IP.
    case ordinary
    /// `clusterIP: None`.
    case headless
    /// `type: ExternalName`.
    case externalName
}

/// What the planner needs to know of a Service.
public struct ServiceFacts: Sendable, Hashable {
    /// Namespace and name.
    public var id: ServiceID
    /// Headless, ExternalName, or neither.
    public var shape: ServiceShape
    /// All VIP entries of all kinds.
    public var addresses: [AddressFact]
    /// Policy for LoadBalancer and external IPs.
    public var externalTrafficPolicy: TrafficPolicy
    /// Policy for cluster IPs.
    public var internalTrafficPolicy: TrafficPolicy
    /// `spec.loadBalancerClass`: nil when unset.
    public var loadBalancerClass: String?
    /// The labels, for selectors.
    public var labels: [String: String]
    /// True when the object has a `deletionTimestamp`.
    public var isBeingDeleted: Bool
    /// What the annotations ask for.
    public var annotations: ServiceAnnotations

    /// Makes facts; the defaults are those of a plain LoadBalancer Service.
    public init(
        id: ServiceID, shape: ServiceShape = .ordinary, addresses: [AddressFact] = [],
        externalTrafficPolicy: TrafficPolicy = .cluster, internalTrafficPolicy: TrafficPolicy = .cluster,
        loadBalancerClass: String? = nil, labels: [String: String] = [:], isBeingDeleted: Bool = false,
        annotations: ServiceAnnotations = ServiceAnnotations()
    ) {
        self.id = id
        self.shape = shape
        self.addresses = addresses
        self.externalTrafficPolicy = externalTrafficPolicy
        self.internalTrafficPolicy = internalTrafficPolicy
        self.loadBalancerClass = loadBalancerClass
        self.labels = labels
        self.isBeingDeleted = isBeingDeleted
        self.annotations = annotations
    }

    /// The policy that applies to a VIP of this kind.
    public func policy(for kind: VIPKind) -> TrafficPolicy {
        kind == .clusterIP ? internalTrafficPolicy : externalTrafficPolicy
    }
}

/// One address of one endpoint of an EndpointSlice, with its conditions (KEP-1672).
public struct EndpointFact: Sendable, Hashable {
    /// The endpoint's address.
    public var address: IPAddress
    /// Condition `ready`: unset or true. With `publishNotReadyAddresses` the slice itself says ready.
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

/// Everything a plan depends on, but the clock.
public struct AnnouncementFacts: Sendable {
    /// The node that is planned for.
    public var node: NodeFacts
    /// All Services.
    public var services: [ServiceFacts]
    /// All endpoints of each Service, over all of its slices. Absent is the same as empty.
    public var endpoints: [ServiceID: [EndpointFact]]
    /// Labels of namespaces; needed only where the configuration selects by them.
    public var namespaces: [String: [String: String]]
    /// The rules' knobs.
    public var configuration: PlannerConfiguration

    /// Gathers facts.
    public init(
        node: NodeFacts, services: [ServiceFacts], endpoints: [ServiceID: [EndpointFact]],
        namespaces: [String: [String: String]] = [:], configuration: PlannerConfiguration = PlannerConfiguration()
    ) {
        self.node = node
        self.services = services
        self.endpoints = endpoints
        self.namespaces = namespaces
        self.configuration = configuration
    }
}
