/// A kind of object that can be listed and watched.
///
/// An implementer decodes only the fields it needs, ignores all others, and takes a missing optional field for what the
/// API reference says it means. An enumeration of the API is an open value (`OpenEnum`), as servers add cases.
public protocol KubernetesResource: Decodable, Sendable {
    /// Where the kind lives in the API.
    static var path: ResourcePath { get }

    /// What the object says of itself.
    var metadata: ObjectMeta { get }

    /// Makes an object of which only the metadata is known, all else as if unset: what is left of a deleted object whose
    /// last state could not be decoded.
    init(metadata: ObjectMeta)
}

extension KubernetesResource {
    /// Namespace and name.
    public var objectName: ObjectName { metadata.objectName }
}

/// Where a kind lives in the API, for building URLs (API concepts, "Resource URIs").
public struct ResourcePath: Sendable, Hashable {
    /// The API group; empty for the core group.
    public var group: String
    /// The version, such as `v1`.
    public var version: String
    /// The plural name in lower case, such as `services`.
    public var plural: String
    /// False for kinds of the whole cluster, such as nodes.
    public var isNamespaced: Bool

    /// Makes a path.
    public init(group: String = "", version: String, plural: String, isNamespaced: Bool) {
        self.group = group
        self.version = version
        self.plural = plural
        self.isNamespaced = isNamespaced
    }

    /// The path of the collection, of all namespaces when `namespace` is nil, or of one object in it.
    public func url(namespace: String? = nil, name: String? = nil) -> String {
        var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        if isNamespaced, let namespace { path += "/namespaces/\(URLText.escaped(namespace))" }
        path += "/\(plural)"
        if let name { path += "/\(URLText.escaped(name))" }
        return path
    }
}

/// A string value of the API of which new ones may appear; an unknown one is kept, not refused.
public protocol OpenEnum: RawRepresentable, Sendable, Hashable, Decodable, ExpressibleByStringLiteral,
    CustomStringConvertible
where RawValue == String {
    /// Takes any text.
    init(rawValue: String)
}

extension OpenEnum {
    /// Takes the literal as the value.
    public init(stringLiteral value: String) { self.init(rawValue: value) }

    /// The value as the API writes it.
    public var description: String { rawValue }

    /// Reads a string; any is accepted.
    public init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }
}
