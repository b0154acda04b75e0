internal import Announcements
internal import Kubernetes

/// What one node would know, listed once.
struct ShadowFacts {
    /// As an agent has them after its first lists.
    var store: FactStore
    /// Objects that could not be read, `services NAMESPACE/NAME: reason`.
    var unreadable: [String] = []

    /// Lists Services, EndpointSlices, the node and, where they are needed, Namespaces.
    ///
    /// - Throws: `OperatorError` naming what could not be listed.
    init(
        _ client: KubernetesClient, node: String, configuration: PlannerConfiguration
    ) async throws(OperatorError) {
        store = FactStore(configuration: configuration)
        let services = try await list(client, Service.self)
        let slices = try await list(client, EndpointSlice.self)
        _ = store.apply(.replacedServices(services.map { ResourceMapping.facts($0) }))
        _ = store.apply(.replacedSlices(slices.map { ResourceMapping.facts($0) }))
        if configuration.selection.needsNamespaces {
            let namespaces = try await list(client, Namespace.self)
            _ = store.apply(.replacedNamespaces(namespaces.map { ResourceMapping.facts($0) }))
        }
        let object: Node
        do throws(KubernetesError) { object = try await client.get(Node.self, name: node) } catch {
            throw OperatorError(
                error, right: #"{apiGroups: [""], resources: [nodes], verbs: [get]}"#,
                missing: "Is that the name of the Node object? kubectl get nodes")
        }
        _ = store.apply(.replacedNode(ResourceMapping.facts(object)))
    }

    /// All pages. A list that the server forgets in the middle is begun once more, in one piece.
    private mutating func list<Resource: KubernetesResource>(
        _ client: KubernetesClient, _: Resource.Type
    ) async throws(OperatorError) -> [Resource] {
        do throws(KubernetesError) {
            do throws(KubernetesError) {
                return try await pages(client, limit: 500)
            } catch {
                guard error.code == .expired else { throw error }
                return try await pages(client, limit: nil)
            }
        } catch {
            let path = Resource.path
            throw OperatorError(
                error,
                right: "{apiGroups: [\"\(path.group)\"], resources: [\(path.plural)], verbs: [list]}",
                missing: "Is this a Kubernetes API server?")
        }
    }

    private mutating func pages<Resource: KubernetesResource>(
        _ client: KubernetesClient, limit: Int?
    ) async throws(KubernetesError) -> [Resource] {
        var query = ListQuery(limit: limit)
        var result: [Resource] = []
        var broken: [String] = []
        while true {
            let page = try await client.list(Resource.self, query: query)
            result += page.items
            broken += page.invalid.map { "\(Resource.path.plural) \($0.name): \($0.reason)" }
            guard let token = page.continueToken else { break }
            query.continueToken = token
        }
        unreadable += broken
        return result
    }
}
