internal import Announcements
internal import Foundation
internal import Kubernetes

/// Where Events are written.
protocol EventSink: Sendable {
    /// The uid of a Service; nil when it does not exist any more.
    func uid(of service: ServiceID) async throws(KubernetesError) -> String?
    /// Creates an Event.
    ///
    /// - Throws: `conflict` when there is one of that name.
    func create(_ event: EventObject) async throws(KubernetesError)
    /// Tells that it happened again.
    ///
    /// - Throws: `notFound` when the Event has been deleted, as API servers do after an hour.
    func patch(_ repetition: EventRepetition, of name: String, namespace: String) async throws(KubernetesError)
}

/// The API server.
struct KubernetesEventSink: EventSink {
    let client: KubernetesClient

    func uid(of service: ServiceID) async throws(KubernetesError) -> String? {
        struct Object: Decodable {
            struct Metadata: Decodable { var uid: String }
            var metadata: Metadata
        }
        let path = Service.path.url(namespace: service.namespace, name: service.name)
        do throws(KubernetesError) {
            let body = try await client.request(APIRequest(path: path)).body
            return try? JSONDecoder().decode(Object.self, from: Data(body)).metadata.uid
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    func create(_ event: EventObject) async throws(KubernetesError) {
        try await send("POST", Self.path(event.metadata.namespace), event)
    }

    func patch(_ repetition: EventRepetition, of name: String, namespace: String) async throws(KubernetesError) {
        try await send(
            "PATCH", "\(Self.path(namespace))/\(name)", repetition, contentType: "application/merge-patch+json")
    }

    private static func path(_ namespace: String) -> String { "/api/v1/namespaces/\(namespace)/events" }

    private func send(
        _ method: String, _ path: String, _ value: some Encodable, contentType: String = "application/json"
    ) async throws(KubernetesError) {
        let body: Data
        do { body = try JSONEncoder().encode(value) } catch {
            throw KubernetesError(code: .invalidRequest, message: "\(method) \(path): \(error)")
        }
        _ = try await client.request(
            APIRequest(method: method, path: path, body: Array(body), contentType: contentType))
    }
}
