/// One kind of object this server keeps: its names in paths and documents and what may be done with it.
public struct ResourceType: Sendable, Hashable, CustomStringConvertible {
    /// API group; empty for the core group.
    public let group: String
    /// API version, for instance `v1`.
    public let version: String
    /// Plural name in paths, for instance `services`.
    public let plural: String
    /// Singular name, for instance `service`.
    public let singular: String
    /// Kind in documents, for instance `Service`.
    public let kind: String
    /// Short names for command lines.
    public let shortNames: [String]
    /// Whether its objects live in a namespace.
    public let isNamespaced: Bool
    /// Whether it has a `status` subresource, which then is the only way to change the status.
    public let hasStatus: Bool

    /// Core `services`.
    public static let services = ResourceType(
        group: "", version: "v1", plural: "services", singular: "service", kind: "Service", shortNames: ["svc"],
        isNamespaced: true, hasStatus: true)
    /// Core `nodes`.
    public static let nodes = ResourceType(
        group: "", version: "v1", plural: "nodes", singular: "node", kind: "Node", shortNames: ["no"],
        isNamespaced: false, hasStatus: true)
    /// Core `namespaces`.
    public static let namespaces = ResourceType(
        group: "", version: "v1", plural: "namespaces", singular: "namespace", kind: "Namespace", shortNames: ["ns"],
        isNamespaced: false, hasStatus: true)
    /// Core `events`.
    public static let events = ResourceType(
        group: "", version: "v1", plural: "events", singular: "event", kind: "Event", shortNames: ["ev"],
        isNamespaced: true, hasStatus: false)
    /// Core `pods`, which nothing runs: they are there for clients that list them, as `kubectl describe node` does.
    public static let pods = ResourceType(
        group: "", version: "v1", plural: "pods", singular: "pod", kind: "Pod", shortNames: ["po"],
        isNamespaced: true, hasStatus: true)
    /// `endpointslices` of discovery.k8s.io.
    public static let endpointSlices = ResourceType(
        group: "discovery.k8s.io", version: "v1", plural: "endpointslices", singular: "endpointslice",
        kind: "EndpointSlice", shortNames: [], isNamespaced: true, hasStatus: false)

    /// All types, in the order in which discovery lists them.
    public static let all: [ResourceType] = [events, namespaces, nodes, pods, services, endpointSlices]

    /// The type served under a group, version and plural name, or nil.
    public static func find(group: String, version: String, plural: String) -> ResourceType? {
        all.first { $0.group == group && $0.version == version && $0.plural == plural }
    }

    /// The type of documents with this `apiVersion` and `kind`, or nil.
    public static func find(apiVersion: String, kind: String) -> ResourceType? {
        all.first { $0.apiVersion == apiVersion && $0.kind == kind }
    }

    /// The `apiVersion` of its documents.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// Plural name with the group, as messages name it.
    public var qualifiedName: String { group.isEmpty ? plural : "\(plural).\(group)" }

    /// The qualified name.
    public var description: String { qualifiedName }

    /// Whether a name given in a fault or on a command line means this type.
    func isNamed(_ name: String) -> Bool {
        name == plural || name == singular || name == qualifiedName || shortNames.contains(name)
    }

    /// Two types are one if group and plural agree.
    public static func == (left: ResourceType, right: ResourceType) -> Bool {
        left.plural == right.plural && left.group == right.group
    }

    /// Hashes what equality compares.
    public func hash(into hasher: inout Hasher) { hasher.combine(plural) }
}
