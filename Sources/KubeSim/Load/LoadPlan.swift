/// A made-up cluster of any size: Services with VIPs, their EndpointSlices and endpoints. The same numbers give the same
/// objects and the same changes.
///
/// Each Service is of type LoadBalancer with one VIP, IPv4 and IPv6 in turn, and policy Local. The first `vipsHere` have
/// an endpoint on `node`; all other endpoints are on `nodes` other nodes. Service 7 is `load-00007`, its slices are
/// `load-00007-0`, `load-00007-1` and so on. All endpoints are ready at first.
public struct LoadPlan: Sendable, Hashable {
    /// Number of Services.
    public var services: Int
    /// Number of slices, dealt out to the Services in turn.
    public var slices: Int
    /// Number of endpoints, dealt out to the slices in turn.
    public var endpoints: Int
    /// Number of other nodes that endpoints are said to run on.
    public var nodes: Int
    /// How many VIPs `node` is to announce.
    public var vipsHere: Int
    /// The node that `vipsHere` is about.
    public var node: String?
    /// The namespace of everything.
    public var namespace: String
    /// What chooses nodes and changes.
    public var seed: UInt64

    /// Makes a plan; by default each Service has one slice with five endpoints.
    public init(
        services: Int, slices: Int? = nil, endpoints: Int? = nil, nodes: Int = 100, vipsHere: Int = 0,
        node: String? = nil, namespace: String = "load", seed: UInt64 = 1
    ) {
        self.services = services
        self.slices = slices ?? services
        self.endpoints = endpoints ?? 5 * services
        self.nodes = nodes
        self.vipsHere = vipsHere
        self.node = node
        self.namespace = namespace
        self.seed = seed
    }

    /// What is wrong with the numbers, naming the one to change; nil when nothing is.
    public var problem: String? {
        for (name, value, range) in [
            ("services", services, 1...50_000), ("slices", slices, 0...200_000),
            ("endpoints", endpoints, 0...1_000_000),
            ("nodes", nodes, 1...10_000), ("vips-here", vipsHere, 0...50_000),
        ] where !range.contains(value) {
            return "\(name) is \(value), but \(range.lowerBound) to \(range.upperBound) is possible"
        }
        if slices == 0, endpoints > 0 { return "endpoints is \(endpoints), but there is no slice to hold them" }
        if endpoints > 1000 * slices {
            return
                "endpoints is \(endpoints), but a slice holds 1000 at most: \((endpoints + 999) / 1000) slices are needed"
        }
        if vipsHere > 0, node == nil { return "vips-here is \(vipsHere), but no node is named" }
        for (name, count) in [("services", services), ("slices", slices), ("endpoints", endpoints)]
        where vipsHere > count {
            return "vips-here is \(vipsHere), but there are only \(count) \(name)"
        }
        return nil
    }

    // MARK: - Objects

    /// The namespace object.
    public var namespaceObject: JSONValue {
        ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]]
    }

    /// The object of `node`, ready; nil when no node is named.
    public var nodeObject: JSONValue? {
        node.map { name in
            [
                "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name)],
                "status": ["conditions": [["type": "Ready", "status": "True", "reason": "kubesim load"]]],
            ]
        }
    }

    /// Service number `index`; its address comes by `status(ofService:)`.
    public func service(_ index: Int) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Service",
            "metadata": [
                "name": .string(Self.name(index)), "namespace": .string(namespace),
                "labels": ["app": .string(Self.name(index)), "kubesim.load/shard": .string("\(index % 100)")],
            ],
            "spec": [
                "type": "LoadBalancer", "externalTrafficPolicy": "Local", "ipFamilyPolicy": "SingleStack",
                "ipFamilies": [Self.isIPv4(index) ? "IPv4" : "IPv6"],
                "selector": ["app": .string(Self.name(index))],
                "ports": [["name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"]],
            ],
        ]
    }

    /// What a load balancer controller would write into the status of Service number `index`.
    public func status(ofService index: Int) -> JSONValue {
        ["status": ["loadBalancer": ["ingress": [["ip": .string(Self.vip(index))]]]]]
    }

    /// Slice number `index`.
    public func slice(_ index: Int) -> JSONValue {
        let service = index % services
        let isIPv4 = Self.isIPv4(service)
        let members = (0..<endpointCount(ofSlice: index)).map { position -> JSONValue in
            let number = position * slices + index
            return [
                "addresses": [.string(Self.address(number, isIPv4: isIPv4))],
                "conditions": ["ready": true, "serving": true, "terminating": false],
                "nodeName": .string(nodeName(slice: index, position: position)),
                "targetRef": [
                    "kind": "Pod", "namespace": .string(namespace), "name": .string("\(Self.name(service))-\(number)"),
                ],
            ]
        }
        return [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": [
                "name": .string(sliceName(index)), "namespace": .string(namespace),
                "labels": ["kubernetes.io/service-name": .string(Self.name(service))],
            ],
            "addressType": isIPv4 ? "IPv4" : "IPv6", "endpoints": .array(members),
            "ports": [["name": "http", "port": 8080, "protocol": "TCP"]],
        ]
    }

    /// Name of a slice.
    public func sliceName(_ index: Int) -> String { "\(Self.name(index % services))-\(index / services)" }

    /// Name of a Service.
    public static func name(_ index: Int) -> String {
        let digits = String(index)
        return "load-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    /// How many endpoints a slice has.
    func endpointCount(ofSlice index: Int) -> Int {
        endpoints / slices + (index < endpoints % slices ? 1 : 0)
    }

    private func nodeName(slice index: Int, position: Int) -> String {
        if index < vipsHere, position == 0, let node { return node }
        var random = LoadGenerator(seed: seed ^ UInt64(position * slices + index))
        return "load-node-\(Int.random(in: 0..<nodes, using: &random))"
    }

    private static func isIPv4(_ service: Int) -> Bool { service % 2 == 0 }

    /// From 198.51.100.0 and 2001:db8:51:: on, the VIPs of the lab.
    private static func vip(_ service: Int) -> String {
        let number = service / 2
        if isIPv4(service) { return "198.51.\(100 + number >> 8).\(number & 0xFF)" }
        return "2001:db8:51::1:\(String(number, radix: 16))"
    }

    private static func address(_ number: Int, isIPv4: Bool) -> String {
        if isIPv4 { return "10.\(128 + number >> 16).\(number >> 8 & 0xFF).\(number & 0xFF)" }
        return "fd00:10::\(String(1 + number >> 16, radix: 16)):\(String(number & 0xFFFF, radix: 16))"
    }
}
