public import Announcements
public import Kubernetes
internal import NetworkTypes

/// From API objects to the planner's facts. A change of the Kubernetes schema ends here.
public enum ResourceMapping {
    /// Node label of KEP-1143.
    public static let exclusionLabel = "node.kubernetes.io/exclude-from-external-load-balancers"

    /// Facts of a Service.
    public static func facts(_ service: Service) -> ServiceFacts {
        let spec = service.spec
        var addresses: [AddressFact] = []
        if spec.type == .loadBalancer {
            addresses += service.status.ingress.map {
                AddressFact(kind: .loadBalancer, text: $0.ip, isProxyMode: $0.ipMode == .proxy)
            }
        }
        addresses += spec.externalIPs.map { AddressFact(kind: .externalIP, text: $0) }
        let shape: ServiceShape =
            spec.type == .externalName ? .externalName : spec.isHeadless ? .headless : .ordinary
        if shape == .ordinary {
            let clusterIPs = spec.clusterIPs.isEmpty ? [spec.clusterIP].filter { !$0.isEmpty } : spec.clusterIPs
            addresses += clusterIPs.map { AddressFact(kind: .clusterIP, text: $0) }
        }
        let id = ServiceID(namespace: service.metadata.namespace, name: service.metadata.name)
        return ServiceFacts(
            id: id, shape: shape, addresses: addresses, externalTrafficPolicy: policy(spec.externalTrafficPolicy),
            internalTrafficPolicy: policy(spec.internalTrafficPolicy), loadBalancerClass: spec.loadBalancerClass,
            labels: service.metadata.labels, isBeingDeleted: service.metadata.deletionTimestamp != nil,
            annotations: ServiceAnnotations(service.metadata.annotations, of: id))
    }

    /// Facts of a slice. Endpoints whose address is no IP, as in a slice of type FQDN, are left out: they can carry no
    /// traffic for a VIP.
    public static func facts(_ slice: EndpointSlice) -> SliceFacts {
        let id = SliceID(namespace: slice.metadata.namespace, name: slice.metadata.name)
        let service = slice.serviceName.map { ServiceID(namespace: slice.metadata.namespace, name: $0) }
        let endpoints = slice.endpoints.flatMap { endpoint in
            endpoint.addresses.compactMap { IPAddress($0) }.map { address in
                let isReady = endpoint.conditions.ready ?? true
                return EndpointFact(
                    address: address, isReady: isReady, isServing: endpoint.conditions.serving ?? isReady,
                    isTerminating: endpoint.conditions.terminating ?? false, nodeName: endpoint.nodeName)
            }
        }
        return SliceFacts(id: id, service: service, endpoints: endpoints)
    }

    /// Facts of the own node.
    public static func facts(_ node: Node) -> NodeFacts {
        NodeFacts(
            name: node.metadata.name, exclusionLabel: node.metadata.labels[exclusionLabel],
            isNetworkUnavailable: node.status.condition("NetworkUnavailable") == .true,
            isReady: node.status.condition("Ready") == .true, isUnschedulable: node.spec.unschedulable,
            taints: node.spec.taints.map {
                TaintFact(key: $0.key, value: $0.value ?? "", effect: $0.effect.rawValue)
            },
            annotations: NodeAnnotations(node.metadata.annotations, ofNode: node.metadata.name))
    }

    /// Facts of a namespace.
    public static func facts(_ namespace: Namespace) -> NamespaceFacts {
        NamespaceFacts(name: namespace.metadata.name, labels: namespace.metadata.labels)
    }

    private static func policy(_ policy: Kubernetes.TrafficPolicy) -> Announcements.TrafficPolicy {
        policy == .local ? .local : .cluster
    }
}

// MARK: - Changes; nil for an object that cannot be read, of which what is known stays

extension ResourceMapping {
    /// A change of Services as the fact store takes it.
    public static func change(_ change: ResourceChange<Service>) -> FactChange? {
        switch change {
        case .replaced(let all, let unreadable):
            .replacedServices(all.map { facts($0) }, unreadable: Set(unreadable.map { id($0.name) }))
        case .applied(let service): .service(facts(service))
        case .deleted(let service): .deletedService(id(service.objectName))
        case .invalid: nil
        }
    }

    /// A change of slices as the fact store takes it.
    public static func change(_ change: ResourceChange<EndpointSlice>) -> FactChange? {
        switch change {
        case .replaced(let all, let unreadable):
            .replacedSlices(all.map { facts($0) }, unreadable: Set(unreadable.map { id($0.name) }))
        case .applied(let slice): .slice(facts(slice))
        case .deleted(let slice): .deletedSlice(id(slice.objectName))
        case .invalid: nil
        }
    }

    /// A change of the own Node, which is watched by name. A list without a Node that could not be read is not a list
    /// without the Node.
    public static func change(_ change: ResourceChange<Node>) -> FactChange? {
        switch change {
        case .replaced(let all, let unreadable):
            all.isEmpty && !unreadable.isEmpty ? nil : .replacedNode(all.first.map { facts($0) })
        case .applied(let node): .node(facts(node))
        case .deleted: .node(nil)
        case .invalid: nil
        }
    }

    /// A change of namespaces as the fact store takes it.
    public static func change(_ change: ResourceChange<Namespace>) -> FactChange? {
        switch change {
        case .replaced(let all, let unreadable):
            .replacedNamespaces(all.map { facts($0) }, unreadable: Set(unreadable.map(\.name.name)))
        case .applied(let namespace): .namespace(facts(namespace))
        case .deleted(let namespace): .deletedNamespace(namespace.metadata.name)
        case .invalid: nil
        }
    }

    private static func id(_ name: ObjectName) -> ServiceID {
        ServiceID(namespace: name.namespace, name: name.name)
    }
}
