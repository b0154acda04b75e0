/// What a real server does to a Service before it is stored: defaults, cluster IPs, validation.
///
/// Source: Kubernetes API reference, Service v1 core, and its registry strategy.
enum ServiceRules {
    /// Whether the Service gets no cluster IP at all.
    static func isWithoutClusterIP(_ service: JSONValue) -> Bool {
        service.at("spec", "type")?.string == "ExternalName"
    }

    /// Fills in the fields that a real server fills in. Runs before validation, so it takes any shape of document.
    static func applyDefaults(_ service: inout JSONValue) {
        guard service["spec"] == nil || service["spec"]?.object != nil else { return }
        var spec = service["spec"] ?? [:]
        func fallBack(_ key: String, _ value: JSONValue) {
            if spec[key] == nil || spec[key]?.isNull == true { spec[key] = value }
        }
        fallBack("type", "ClusterIP")
        fallBack("sessionAffinity", "None")
        let type = spec["type"]?.string ?? ""
        if type == "LoadBalancer" || type == "NodePort" {
            fallBack("externalTrafficPolicy", "Cluster")
        } else if spec["externalIPs"]?.array?.isEmpty ?? true {
            spec["externalTrafficPolicy"] = nil
        }
        if type != "ExternalName" { fallBack("internalTrafficPolicy", "Cluster") }
        if type == "LoadBalancer" {
            fallBack("allocateLoadBalancerNodePorts", true)
        } else {
            spec["allocateLoadBalancerNodePorts"] = nil
        }
        if spec["sessionAffinity"]?.string == "ClientIP", spec.at("sessionAffinityConfig", "clientIP") == nil {
            spec["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": 10800]]
        }
        if let ports = spec["ports"]?.array {
            spec["ports"] = .array(
                ports.map { port in
                    guard port.object != nil else { return port }
                    var filled = port
                    if port["protocol"] == nil { filled["protocol"] = "TCP" }
                    if port["targetPort"] == nil, let number = port["port"] { filled["targetPort"] = number }
                    return filled
                })
        }
        service["spec"] = spec
        if service["status"]?.object == nil { service["status"] = ["loadBalancer": [:]] }
        if service.at("status", "loadBalancer") == nil { service.set(["status", "loadBalancer"], to: [:]) }
    }

    /// Settles families and addresses. With `old`, addresses once set stay.
    ///
    /// Addresses are taken from `allocator`; on a failure it is unchanged.
    static func assignAddresses(
        _ service: inout JSONValue, old: JSONValue?, allocator: inout ClusterIPAllocator
    ) throws(APIStatus) {
        let name = service.at("metadata", "name")?.string ?? ""
        guard !isWithoutClusterIP(service) else {
            for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                service.set(["spec", key], to: nil)
            }
            return
        }
        var working = allocator
        if let old, !isWithoutClusterIP(old) { carryOver(from: old, to: &service) }
        var addresses = (service.at("spec", "clusterIPs")?.array ?? []).compactMap(\.string)
        if let single = service.at("spec", "clusterIP")?.string, !single.isEmpty {
            if addresses.isEmpty { addresses = [single] }
            guard addresses[0] == single else {
                throw .invalid(
                    .services, name,
                    [.invalid("spec.clusterIPs[0]", "\"\(addresses[0])\"", "must be the same as spec.clusterIP")])
            }
        }
        let isHeadless = addresses.first == "None"
        let families = settleFamilies(service, addresses: isHeadless ? [] : addresses)
        let oldAddresses = (old?.at("spec", "clusterIPs")?.array ?? []).compactMap(\.string)
        if let first = oldAddresses.first, addresses.first != first {
            throw .invalid(
                .services, name,
                [.invalid("spec.clusterIPs[0]", "\"\(addresses.first ?? "")\"", "may not change once set")])
        }
        if !isHeadless {
            for (index, address) in addresses.enumerated() where !oldAddresses.contains(address) {
                let field = "spec.clusterIPs[\(index)]"
                guard ClusterIPAllocator.isInRange(address) else {
                    throw .invalid(
                        .services, name,
                        [
                            .invalid(
                                field, "\"\(address)\"",
                                "provided IP is not in the valid range 10.96.0.0/16, fd00:96::/112")
                        ])
                }
                guard working.reserve(address) else {
                    throw .invalid(
                        .services, name,
                        [.invalid(field, "\"\(address)\"", "failed to allocate IP: provided IP is already allocated")])
                }
            }
            for family in families.dropFirst(addresses.count) {
                guard let address = working.allocate(family) else {
                    throw APIStatus(
                        code: 500, reason: "InternalError", message: "failed to allocate IP: range is full", name: name)
                }
                addresses.append(address)
            }
            for address in oldAddresses where !addresses.contains(address) { working.release(address) }
        }
        service.set(["spec", "clusterIP"], to: .string(addresses[0]))
        service.set(["spec", "clusterIPs"], to: .array(addresses.map(JSONValue.string)))
        service.set(["spec", "ipFamilies"], to: .array(families.map { .string($0.rawValue) }))
        if service.at("spec", "ipFamilyPolicy")?.string == nil {
            service.set(["spec", "ipFamilyPolicy"], to: families.count > 1 ? "RequireDualStack" : "SingleStack")
        }
        allocator = working
    }

    /// The addresses a stored Service holds.
    static func addresses(of service: JSONValue) -> [String] {
        (service.at("spec", "clusterIPs")?.array ?? []).compactMap(\.string).filter { $0 != "None" && !$0.isEmpty }
    }

    /// An update that leaves out what the server allocated means to keep it.
    private static func carryOver(from old: JSONValue, to service: inout JSONValue) {
        if (service.at("spec", "clusterIP")?.string ?? "").isEmpty,
            (service.at("spec", "clusterIPs")?.array ?? []).isEmpty
        {
            service.set(["spec", "clusterIP"], to: old.at("spec", "clusterIP"))
            service.set(["spec", "clusterIPs"], to: old.at("spec", "clusterIPs"))
        } else if (service.at("spec", "clusterIPs")?.array ?? []).isEmpty,
            service.at("spec", "clusterIP") == old.at("spec", "clusterIP")
        {
            service.set(["spec", "clusterIPs"], to: old.at("spec", "clusterIPs"))
        }
        for key in ["ipFamilies", "ipFamilyPolicy"] where service.at("spec", key) == nil {
            service.set(["spec", key], to: old.at("spec", key))
        }
        if service.at("spec", "ipFamilyPolicy")?.string == "SingleStack" {
            for key in ["clusterIPs", "ipFamilies"] {
                if let values = service.at("spec", key)?.array, values.count > 1 {
                    service.set(["spec", key], to: .array([values[0]]))
                }
            }
        }
    }

    private static func settleFamilies(_ service: JSONValue, addresses: [String]) -> [ClusterIPAllocator.Family] {
        var families = (service.at("spec", "ipFamilies")?.array ?? [])
            .compactMap { $0.string.flatMap(ClusterIPAllocator.Family.init(rawValue:)) }
        for address in addresses.dropFirst(families.count) { families.append(.init(of: address)) }
        if families.isEmpty { families = [.ipv4] }
        let policy = service.at("spec", "ipFamilyPolicy")?.string
        if policy == "PreferDualStack" || policy == "RequireDualStack", families.count == 1 {
            families.append(families[0] == .ipv4 ? .ipv6 : .ipv4)
        }
        return families
    }
}
