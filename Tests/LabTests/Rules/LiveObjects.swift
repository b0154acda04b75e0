import CosmoletTesting
import KubeSim

/// The objects of live rows in an API server.
struct LiveObjects: Sendable {
    let store: ObjectStore
    let nodes: [LabDescription.Node]

    /// Makes or changes the Services and slices of a row, and deletes those that it has no more.
    ///
    /// - Parameter number: the row's place, which gives its addresses.
    func put(_ services: [LiveService], of row: LiveRow, _ number: Int) throws {
        let addresses = LiveRow.addresses(row.range, number)
        for index in 0..<max(services.count, row.services.count) {
            let name = index == 0 ? row.name : "\(row.name)-\(index + 1)"
            guard index < services.count else {
                let namespace = row.services[index].namespace
                try deleteSlices(of: name, in: namespace)
                _ = try store.delete(.services, namespace: namespace, name: name)
                continue
            }
            try put(services[index], name, addresses)
        }
    }

    private func put(_ service: LiveService, _ name: String, _ addresses: [String]) throws {
        let families = ["IPv4", "IPv6"]
        let own = zip(families, addresses).filter { service.families.contains($0.0) }.map(\.1)
        try put(slices(of: service, name), of: name, in: service.namespace)
        try put(.services, service.namespace, object(service, name, own))
        var entries = service.entries
        if service.place == .ingress {
            entries += own.map { .object(["ip": .string($0)].merging(service.entry) { $1 }) }
        }
        _ = try store.patch(
            .services, namespace: service.namespace, name: name, subresource: "status",
            patch: ["status": ["loadBalancer": entries.isEmpty ? [:] : ["ingress": .array(entries)]]])
        if service.isBeingDeleted { _ = try store.delete(.services, namespace: service.namespace, name: name) }
    }

    private func object(_ service: LiveService, _ name: String, _ addresses: [String]) -> JSONValue {
        var spec: [String: JSONValue] = ["ports": [["port": 80]], "selector": ["app": .string(name)]]
        switch service.place {
        case .ingress:
            spec["type"] = "LoadBalancer"
            spec["externalTrafficPolicy"] = .string(service.policy)
        case .externalIPs:
            spec["externalIPs"] = .array(addresses.map(JSONValue.string))
            spec["externalTrafficPolicy"] = .string(service.policy)
        case .clusterIPs:
            spec["clusterIPs"] = .array(addresses.map(JSONValue.string))
            spec["ipFamilyPolicy"] = "RequireDualStack"
            spec["internalTrafficPolicy"] = .string(service.policy)
        case .nowhere: break
        }
        var metadata: [String: JSONValue] = [
            "name": .string(name), "annotations": strings(service.annotations), "labels": strings(service.labels),
        ]
        if service.isBeingDeleted { metadata["finalizers"] = ["example.com/wait"] }
        return ["metadata": .object(metadata), "spec": .object(spec.merging(service.spec) { $1 })]
    }

    private func strings(_ values: [String: String]) -> JSONValue { .object(values.mapValues(JSONValue.string)) }

    private func slices(of service: LiveService, _ name: String) -> [JSONValue] {
        [("IPv4", service.ipv4), ("IPv6", service.ipv6)].flatMap { family, endpoints -> [JSONValue] in
            guard let endpoints else { return [] }
            let further = service.second.isEmpty ? [] : [slice(name, family, "2", service.second)]
            return [slice(name, family, "1", endpoints)] + further
        }
    }

    private func slice(_ name: String, _ family: String, _ suffix: String, _ endpoints: [LiveEndpoint]) -> JSONValue {
        [
            "metadata": [
                "name": .string("\(name)-\(family.lowercased())-\(suffix)"),
                "labels": ["kubernetes.io/service-name": .string(name)],
            ],
            "addressType": .string(family), "ports": [["port": 80]],
            "endpoints": .array(
                endpoints.enumerated().map { index, endpoint in
                    [
                        "addresses": [.string(family == "IPv4" ? "10.244.\(index).5" : "fd00:244:\(index)::5")],
                        "nodeName": .string(endpoint.node.map { nodes[$0].name } ?? "elsewhere"),
                        "conditions": endpoint.conditions,
                    ]
                }),
        ]
    }

    private func put(_ slices: [JSONValue], of service: String, in namespace: String) throws {
        let wanted = Set(slices.compactMap { $0.at("metadata", "name")?.string })
        for name in try sliceNames(of: service, in: namespace) where !wanted.contains(name) {
            _ = try store.delete(.endpointSlices, namespace: namespace, name: name)
        }
        for slice in slices { try put(.endpointSlices, namespace, slice) }
    }

    private func deleteSlices(of service: String, in namespace: String) throws {
        for name in try sliceNames(of: service, in: namespace) {
            _ = try store.delete(.endpointSlices, namespace: namespace, name: name)
        }
    }

    private func sliceNames(of service: String, in namespace: String) throws -> [String] {
        try store.list(.endpointSlices, namespace: namespace).items
            .filter { $0.at("metadata", "labels", "kubernetes.io/service-name")?.string == service }
            .compactMap { $0.at("metadata", "name")?.string }
    }

    private func put(_ type: ResourceType, _ namespace: String, _ object: JSONValue) throws {
        let name = object.at("metadata", "name")?.string ?? ""
        if (try? store.get(type, namespace: namespace, name: name)) == nil {
            _ = try store.create(type, namespace: namespace, object: object)
        } else {
            _ = try store.update(type, namespace: namespace, name: name, object: object)
        }
    }
}
