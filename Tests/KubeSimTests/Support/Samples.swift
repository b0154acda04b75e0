import KubeSim

/// Documents that the tests share.
enum Samples {
    static func service(
        _ name: String, type: String = "LoadBalancer", labels: JSONValue = [:], spec: JSONValue = [:]
    ) -> JSONValue {
        var service: JSONValue = [
            "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name), "labels": labels],
            "spec": ["type": .string(type), "ports": [["port": 80]]],
        ]
        for (key, value) in spec.object ?? [:] { service.set(["spec", key], to: value) }
        return service
    }

    static func slice(_ name: String, addresses: [String]) -> JSONValue {
        [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": ["name": .string(name)],
            "addressType": "IPv4", "endpoints": [["addresses": .array(addresses.map(JSONValue.string))]],
        ]
    }
}
