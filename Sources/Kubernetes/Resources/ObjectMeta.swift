/// What every Kubernetes object says of itself; only the fields that Cosmolet uses (API reference, `ObjectMeta`).
public struct ObjectMeta: Sendable, Hashable, Decodable {
    /// Unique within namespace and kind.
    public var name: String
    /// Empty for kinds that are not namespaced, such as Node.
    public var namespace: String
    /// Different for each object that ever existed, also for two of the same name.
    public var uid: String
    /// Opaque: only good for giving it back to the server and for comparing for equality.
    public var resourceVersion: String
    /// Counts changes of the desired state; 0 where the kind has none.
    public var generation: Int64
    /// Keys and values for selecting.
    public var labels: [String: String]
    /// Keys and values for tools; of a decoded object only those for Cosmolet. Others may be long, such as kubectl's copy of
    /// the whole object.
    public var annotations: [String: String]
    /// When deletion was asked for (RFC 3339), on an object that finalizers still hold.
    public var deletionTimestamp: String?

    /// Namespace and name.
    public var objectName: ObjectName { ObjectName(namespace: namespace, name: name) }

    /// Makes metadata.
    public init(
        namespace: String = "", name: String, uid: String = "", resourceVersion: String = "", generation: Int64 = 0,
        labels: [String: String] = [:], annotations: [String: String] = [:], deletionTimestamp: String? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.generation = generation
        self.labels = labels
        self.annotations = annotations
        self.deletionTimestamp = deletionTimestamp
    }

    private enum CodingKeys: String, CodingKey {
        case name, namespace, uid, resourceVersion, generation, labels, annotations, deletionTimestamp
    }

    /// Reads metadata; everything but the name may be missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        guard !name.isEmpty else {
            throw DecodingError.dataCorruptedError(forKey: .name, in: container, debugDescription: "the name is empty")
        }
        namespace = try container.decodeIfPresent(String.self, forKey: .namespace) ?? ""
        uid = try container.decodeIfPresent(String.self, forKey: .uid) ?? ""
        resourceVersion = try container.decodeIfPresent(String.self, forKey: .resourceVersion) ?? ""
        generation = try container.decodeIfPresent(Int64.self, forKey: .generation) ?? 0
        labels = try container.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
        annotations = try container.decodeIfPresent(OwnAnnotations.self, forKey: .annotations)?.values ?? [:]
        deletionTimestamp = try container.decodeIfPresent(String.self, forKey: .deletionTimestamp)
    }
}

/// The annotations whose key is in the domain `cosmolet.io` or one below it.
private struct OwnAnnotations: Decodable {
    var values: [String: String] = [:]

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for key in container.allKeys where key.stringValue.contains("cosmolet.io/") {
            values[key.stringValue] = try container.decode(String.self, forKey: key)
        }
    }
}

/// Namespace and name of an object, its key within one kind.
public struct ObjectName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Empty for kinds that are not namespaced.
    public var namespace: String
    /// The object's name; empty if it could not be read.
    public var name: String

    /// Makes a key.
    public init(namespace: String = "", name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// `namespace/name`, or the name alone; `(unreadable)` without either.
    public var description: String {
        if name.isEmpty { return namespace.isEmpty ? "(unreadable)" : "\(namespace)/(unreadable)" }
        return namespace.isEmpty ? name : "\(namespace)/\(name)"
    }

    /// By namespace, then name.
    public static func < (left: ObjectName, right: ObjectName) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}
