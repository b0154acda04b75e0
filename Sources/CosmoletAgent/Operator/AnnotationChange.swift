public import Announcements
public import Foundation
internal import Kubernetes
public import Logging

/// A change of Cosmolet's annotations on one Node or Service, as an operator asks for it.
public struct AnnotationChange: Sendable, Hashable {
    /// What is annotated.
    public enum Target: Sendable, Hashable, CustomStringConvertible {
        /// A Node, by name.
        case node(String)
        /// A Service.
        case service(ServiceID)

        /// Reads `namespace/name` of a Service; nil when it is none.
        public init?(service text: String) {
            guard case .service(let namespace?, let name)? = ExplainQuery.service(text) else { return nil }
            self = .service(ServiceID(namespace: namespace, name: name))
        }

        /// `Node NAME` or `Service NAMESPACE/NAME`.
        public var description: String {
            switch self {
            case .node(let name): "Node \(name)"
            case .service(let id): "Service \(id)"
            }
        }
    }

    /// What is annotated.
    public let target: Target
    /// New values by key; nil takes the annotation away.
    let values: [String: String?]

    /// Drains, for a reason that is kept beside it; without one, an older reason goes.
    public static func drain(_ target: Target, reason: String?) -> AnnotationChange {
        AnnotationChange(target: target, values: [AnnotationKey.drain: "true", AnnotationKey.drainReason: reason])
    }

    /// Ends a drain.
    public static func undrain(_ target: Target) -> AnnotationChange {
        AnnotationChange(target: target, values: [AnnotationKey.drain: nil, AnnotationKey.drainReason: nil])
    }

    /// Lets the withdrawals through that the fuse of a node holds now: a value that it has not had before.
    public static func releaseFuse(node: String, at time: Date) -> AnnotationChange {
        let value = time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        return AnnotationChange(target: .node(node), values: [AnnotationKey.releaseFuse: value])
    }

    /// Changes the object by one merge patch (RFC 7386), and looks at the answer: a webhook may have changed it again.
    ///
    /// - Parameter kubeconfig: a path; nil to look for one as `kubectl` does.
    /// - Throws: naming the object, and the right that is missing.
    public func apply(kubeconfig: String?, logger: Logger) async throws(OperatorError) {
        let answer = try await OperatorClient.with(kubeconfig: kubeconfig, logger: logger) {
            (client: KubernetesClient) async throws(OperatorError) in
            do throws(KubernetesError) { return try await client.request(try request()) } catch {
                throw OperatorError(error, right: right, missing: missing)
            }
        }
        guard let object = try? JSONDecoder().decode(PatchedObject.self, from: Data(answer.body)) else {
            throw OperatorError(.refused, "\(target): the API server's answer is not the object")
        }
        let annotations = object.metadata.annotations ?? [:]
        for (key, value) in values.sorted(by: { $0.key < $1.key }) where annotations[key] != value {
            throw OperatorError(
                .refused,
                "\(target): annotation \(key) is \(annotations[key].map { "\"\($0)\"" } ?? "absent") after it "
                    + "was \(value.map { "set to \"\($0)\"" } ?? "taken away")", hint: "An admission webhook may do so."
            )
        }
    }

    private struct PatchedObject: Decodable {
        struct Metadata: Decodable { var annotations: [String: String]? }
        var metadata: Metadata
    }

    /// A merge patch: null takes a key away.
    private struct Patch: Encodable {
        struct Metadata: Encodable { var annotations: [String: String?] }
        var metadata: Metadata
    }

    func request() throws(KubernetesError) -> APIRequest {
        let path =
            switch target {
            case .node(let name): Node.path.url(name: name)
            case .service(let id): Service.path.url(namespace: id.namespace, name: id.name)
            }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let body = try? encoder.encode(Patch(metadata: .init(annotations: values))) else {
            throw KubernetesError(code: .invalidRequest, message: "\(target): the annotations cannot be written")
        }
        return APIRequest(
            method: "PATCH", path: path, query: [("fieldManager", "cosmolet")], body: Array(body),
            contentType: "application/merge-patch+json")
    }

    private var right: String {
        switch target {
        case .node: #"{apiGroups: [""], resources: [nodes], verbs: [patch]}"#
        case .service: #"{apiGroups: [""], resources: [services], verbs: [patch]}"#
        }
    }

    private var missing: String {
        switch target {
        case .node: "Is that the name of the Node object? kubectl get nodes"
        case .service: "Is that the Service? kubectl get services -A"
        }
    }
}
