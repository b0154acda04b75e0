/// Some of the endpoints of a service (API reference, `discovery.k8s.io/v1 EndpointSlice`; KEP-752).
public struct EndpointSlice: KubernetesResource, Hashable {
    /// `/apis/discovery.k8s.io/v1/endpointslices`.
    public static let path = ResourcePath(
        group: "discovery.k8s.io", version: "v1", plural: "endpointslices", isNamespaced: true)

    /// What the object says of itself.
    public var metadata: ObjectMeta
    /// Which kind of address all endpoints of this slice have.
    public var addressType: AddressType
    /// The endpoints.
    public var endpoints: [Endpoint]

    /// The label that names the service a slice belongs to.
    public static let serviceNameLabel = "kubernetes.io/service-name"

    /// The service this slice belongs to, in its own namespace; nil for a slice that belongs to none.
    public var serviceName: String? { metadata.labels[Self.serviceNameLabel] }

    /// Makes a slice.
    public init(metadata: ObjectMeta, addressType: AddressType, endpoints: [Endpoint] = []) {
        self.metadata = metadata
        self.addressType = addressType
        self.endpoints = endpoints
    }

    /// Makes a slice with nothing but metadata.
    public init(metadata: ObjectMeta) {
        self.init(metadata: metadata, addressType: .ipv4)
    }

    private enum CodingKeys: String, CodingKey {
        case metadata, addressType, endpoints
    }

    /// Reads a slice; unknown fields are ignored, `endpoints` may be null.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
        addressType = try container.decode(AddressType.self, forKey: .addressType)
        endpoints = try container.decodeIfPresent([Endpoint].self, forKey: .endpoints) ?? []
    }
}

/// Which kind of address the endpoints of a slice have.
public struct AddressType: OpenEnum {
    /// The value as the API writes it.
    public let rawValue: String
    /// Takes any text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// IPv4 addresses.
    public static let ipv4: AddressType = "IPv4"
    /// IPv6 addresses.
    public static let ipv6: AddressType = "IPv6"
    /// Host names.
    public static let fqdn: AddressType = "FQDN"
}

/// One endpoint: usually one pod.
public struct Endpoint: Sendable, Hashable, Decodable {
    /// Its addresses; all mean the same, and consumers use the first.
    public var addresses: [String]
    /// Its state.
    public var conditions: EndpointConditions
    /// The node it runs on; nil if it is not known or not on a node.
    public var nodeName: String?

    /// Makes an endpoint.
    public init(
        addresses: [String], conditions: EndpointConditions = EndpointConditions(), nodeName: String? = nil
    ) {
        self.addresses = addresses
        self.conditions = conditions
        self.nodeName = nodeName
    }

    private enum CodingKeys: String, CodingKey {
        case addresses, conditions, nodeName
    }

    /// Reads an endpoint; unknown fields are ignored.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        addresses = try container.decodeIfPresent([String].self, forKey: .addresses) ?? []
        conditions = try container.decodeIfPresent(EndpointConditions.self, forKey: .conditions) ?? .init()
        nodeName = try container.decodeIfPresent(String.self, forKey: .nodeName)
    }
}

/// State of an endpoint; nil where the server says nothing (KEP-1672).
public struct EndpointConditions: Sendable, Hashable, Decodable {
    /// Whether it takes new connections. Nil is to be read as true.
    public var ready: Bool?
    /// As `ready`, but regardless of termination. Nil is to be read as `ready`.
    public var serving: Bool?
    /// Whether it is shutting down. Nil is to be read as false.
    public var terminating: Bool?

    /// Makes a state.
    public init(ready: Bool? = nil, serving: Bool? = nil, terminating: Bool? = nil) {
        self.ready = ready
        self.serving = serving
        self.terminating = terminating
    }
}
