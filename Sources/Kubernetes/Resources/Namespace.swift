/// A namespace, of which only the labels are used (API reference, `core/v1 Namespace`).
public struct Namespace: KubernetesResource, Hashable {
    /// `/api/v1/namespaces`.
    public static let path = ResourcePath(version: "v1", plural: "namespaces", isNamespaced: false)

    /// What the object says of itself.
    public var metadata: ObjectMeta

    /// Makes a namespace.
    public init(metadata: ObjectMeta) {
        self.metadata = metadata
    }
}
