/// A Service, as far as announcing its addresses needs it (API reference, `core/v1 Service`).
public struct Service: KubernetesResource, Hashable {
    /// `/api/v1/services`.
    public static let path = ResourcePath(version: "v1", plural: "services", isNamespaced: true)

    /// What the object says of itself.
    public var metadata: ObjectMeta
    /// What is wanted.
    public var spec: ServiceSpec
    /// What a load balancer controller has assigned.
    public var status: ServiceStatus

    /// Makes a service.
    public init(metadata: ObjectMeta, spec: ServiceSpec = ServiceSpec(), status: ServiceStatus = ServiceStatus()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// Makes a service with nothing but metadata.
    public init(metadata: ObjectMeta) {
        self.init(metadata: metadata, spec: ServiceSpec(), status: ServiceStatus())
    }

    private enum CodingKeys: String, CodingKey {
        case metadata, spec, status
    }

    /// Reads a service; unknown fields are ignored.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
        spec = try container.decodeIfPresent(ServiceSpec.self, forKey: .spec) ?? ServiceSpec()
        status = try container.decodeIfPresent(ServiceStatus.self, forKey: .status) ?? ServiceStatus()
    }
}

/// How a service is exposed.
public struct ServiceType: OpenEnum {
    /// The value as the API writes it.
    public let rawValue: String
    /// Takes any text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Inside the cluster only.
    public static let clusterIP: ServiceType = "ClusterIP"
    /// On a port of every node.
    public static let nodePort: ServiceType = "NodePort"
    /// On an address of its own, outside the cluster.
    public static let loadBalancer: ServiceType = "LoadBalancer"
    /// A DNS alias without endpoints.
    public static let externalName: ServiceType = "ExternalName"
}

/// Which endpoints traffic may go to: all, or those on the node it arrived at.
public struct TrafficPolicy: OpenEnum {
    /// The value as the API writes it.
    public let rawValue: String
    /// Takes any text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// All endpoints.
    public static let cluster: TrafficPolicy = "Cluster"
    /// Endpoints on the same node.
    public static let local: TrafficPolicy = "Local"
}

/// What is wanted of a service. A missing field is read as the API server's default.
public struct ServiceSpec: Sendable, Hashable, Decodable {
    /// How it is exposed; `ClusterIP` if unset.
    public var type: ServiceType
    /// The first cluster address; empty if unset, `None` for a headless service.
    public var clusterIP: String
    /// All cluster addresses, one per family. Filled from `clusterIP` when the server sent only that.
    public var clusterIPs: [String]
    /// Addresses that the cluster's nodes accept though nobody in the cluster assigned them.
    public var externalIPs: [String]
    /// Which load balancer implementation is asked for; nil for the default one.
    public var loadBalancerClass: String?
    /// For traffic to node ports, external and load balancer addresses; `Cluster` if unset.
    public var externalTrafficPolicy: TrafficPolicy
    /// For traffic to cluster addresses; `Cluster` if unset.
    public var internalTrafficPolicy: TrafficPolicy

    /// True for a service without cluster addresses on purpose.
    public var isHeadless: Bool { clusterIP == "None" || clusterIPs.first == "None" }

    /// Makes a specification; `clusterIPs` defaults to `clusterIP` alone.
    public init(
        type: ServiceType = .clusterIP, clusterIP: String = "", clusterIPs: [String]? = nil,
        externalIPs: [String] = [], loadBalancerClass: String? = nil,
        externalTrafficPolicy: TrafficPolicy = .cluster, internalTrafficPolicy: TrafficPolicy = .cluster
    ) {
        self.type = type
        self.clusterIP = clusterIP
        self.clusterIPs = clusterIPs ?? (clusterIP.isEmpty ? [] : [clusterIP])
        self.externalIPs = externalIPs
        self.loadBalancerClass = loadBalancerClass
        self.externalTrafficPolicy = externalTrafficPolicy
        self.internalTrafficPolicy = internalTrafficPolicy
    }

    private enum CodingKeys: String, CodingKey {
        case type, clusterIP, clusterIPs, externalIPs, loadBalancerClass, externalTrafficPolicy, internalTrafficPolicy
    }

    /// Reads a specification; unknown fields are ignored.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            type: try container.decodeIfPresent(ServiceType.self, forKey: .type) ?? .clusterIP,
            clusterIP: try container.decodeIfPresent(String.self, forKey: .clusterIP) ?? "",
            clusterIPs: try container.decodeIfPresent([String].self, forKey: .clusterIPs),
            externalIPs: try container.decodeIfPresent([String].self, forKey: .externalIPs) ?? [],
            loadBalancerClass: try container.decodeIfPresent(String.self, forKey: .loadBalancerClass),
            externalTrafficPolicy: try container.decodeIfPresent(TrafficPolicy.self, forKey: .externalTrafficPolicy)
                ?? .cluster,
            internalTrafficPolicy: try container.decodeIfPresent(TrafficPolicy.self, forKey: .internalTrafficPolicy)
                ?? .cluster)
    }
}

/// What a load balancer controller has assigned to a service.
public struct ServiceStatus: Sendable, Hashable, Decodable {
    /// `status.loadBalancer.ingress`.
    public var ingress: [LoadBalancerIngress]

    /// Makes a status.
    public init(ingress: [LoadBalancerIngress] = []) {
        self.ingress = ingress
    }

    private enum CodingKeys: String, CodingKey {
        case loadBalancer, ingress
    }

    /// Reads a status; unknown fields are ignored.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard container.contains(.loadBalancer), try !container.decodeNil(forKey: .loadBalancer) else {
            ingress = []
            return
        }
        let balancer = try container.nestedContainer(keyedBy: CodingKeys.self, forKey: .loadBalancer)
        ingress = try balancer.decodeIfPresent([LoadBalancerIngress].self, forKey: .ingress) ?? []
    }
}

/// How a load balancer hands packets to the node (KEP-1860).
public struct IngressMode: OpenEnum {
    /// The value as the API writes it.
    public let rawValue: String
    /// Takes any text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Packets arrive at the node with the service's address.
    public static let vip: IngressMode = "VIP"
    /// Packets arrive with the node's or pod's address.
    public static let proxy: IngressMode = "Proxy"
}

/// One address or name of a load balancer.
public struct LoadBalancerIngress: Sendable, Hashable, Decodable {
    /// The address; nil for an entry with a name.
    public var ip: String?
    /// The name; nil for an entry with an address.
    public var hostname: String?
    /// How packets arrive; nil is read as `VIP`.
    public var ipMode: IngressMode?

    /// Makes an entry.
    public init(ip: String? = nil, hostname: String? = nil, ipMode: IngressMode? = nil) {
        self.ip = ip
        self.hostname = hostname
        self.ipMode = ipMode
    }
}
