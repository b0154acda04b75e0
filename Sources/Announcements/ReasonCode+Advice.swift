extension ReasonCode {
    /// What a person does next if the outcome is not what was meant; one line, with the command where there is one.
    ///
    /// - Parameters:
    ///   - service: the Service that was judged.
    ///   - node: the node that was judged for.
    public func advice(service: ServiceID, node: String) -> String {
        switch stage {
        case .service, .address: objectAdvice(service)
        case .node, .drain: signalAdvice(service, node)
        case .endpoints: endpointAdvice(service, node)
        case .change:
            "wait until it is quiet, or look at why its endpoints come and go: \(slices(service)) --watch"
        }
    }

    private func objectAdvice(_ service: ServiceID) -> String {
        let get = "kubectl -n \(service.namespace) get service \(service.name)"
        let annotate = "kubectl -n \(service.namespace) annotate service \(service.name)"
        return switch self {
        case .headlessService, .externalNameService: "check that this Service was meant: \(get) -o yaml"
        case .optedOut: "take the annotation away: \(annotate) \(AnnotationKey.announce)-"
        case .namespaceUnknown:
            "wait some seconds and ask again; if it stays, look at the watch of namespaces, and whether there is one: "
                + "kubectl get namespace \(service.namespace)"
        case .namespaceExcluded, .namespaceNotIncluded:
            "look at announce.namespaces and announce.namespaceLabels of the configuration, and at the labels: "
                + "kubectl get namespace \(service.namespace) --show-labels"
        case .serviceExcluded, .serviceNotIncluded:
            "look at announce.serviceLabels of the configuration, and at the labels: \(get) --show-labels"
        case .kindOff:
            "turn this kind on with announce.kinds of the configuration, or for this Service with the annotation "
                + AnnotationKey.kinds
        case .kindOffByAnnotation: "look at the annotation: \(annotate) --list"
        case .hostnameOnly, .notUnicast, .proxyMode:
            "look at the load balancer controller, which writes the address: \(get) -o jsonpath='{.status}'"
        case .invalidAddress:
            "look at what wrote the address; leading zeros and zone identifiers are refused: \(get) -o yaml"
        case .otherLoadBalancerClass, .noLoadBalancerClass:
            "look at announce.loadBalancerClasses of the configuration, and at the class: "
                + "\(get) -o jsonpath='{.spec.loadBalancerClass}'"
        case .outsideAllowedPrefixes:
            "look at announce.allowedPrefixes and announce.allowedExternalPrefixes of the configuration, and at who "
                + "wrote the address"
        default: "list the prefixes of external IPs in announce.allowedExternalPrefixes of the configuration"
        }
    }

    private func signalAdvice(_ service: ServiceID, _ node: String) -> String {
        switch self {
        case .nodeNetworkUnavailable:
            "look at the node's network: kubectl describe node \(node)"
        case .nodeExcluded:
            "take the label away: kubectl label node \(node) node.kubernetes.io/exclude-from-external-load-balancers-"
        case .drainingNodeAnnotation, .drainedNodeAnnotation: "end the drain: cosmolet undrain --node \(node)"
        case .drainingNodeNotReady, .drainedNodeNotReady:
            "look at why the node is not ready: kubectl describe node \(node)"
        case .drainingNodeCordoned, .drainedNodeCordoned: "end the cordon: kubectl uncordon \(node)"
        case .drainingNodeTainted, .drainedNodeTainted:
            "look at drain.onTaints of the configuration, and at the taints: "
                + "kubectl get node \(node) -o jsonpath='{.spec.taints}'"
        case .drainingServiceAnnotation, .drainedServiceAnnotation:
            "end the drain: cosmolet undrain --service \(service)"
        case .drainingServiceDeletion, .drainedServiceDeletion:
            "the Service has a deletionTimestamp and waits for its finalizers: "
                + "kubectl -n \(service.namespace) get service \(service.name) -o jsonpath='{.metadata}'"
        default: endpointAdvice(service, node)
        }
    }

    private func endpointAdvice(_ service: ServiceID, _ node: String) -> String {
        switch self {
        case .noEndpoints, .drainingWithoutEndpoints, .drainedWithoutEndpoints, .keptWithoutEndpoints:
            "compare the Service's selector with the pods' labels, and look at the slices: \(slices(service))"
        case .noEndpointsOfFamily, .noLocalEndpointsOfFamily:
            "look at spec.ipFamilies: is a single-stack Service behind a dual-stack VIP? "
                + "kubectl -n \(service.namespace) get service \(service.name) -o jsonpath='{.spec.ipFamilies}'"
        case .noLocalEndpoints:
            "look at where the pods run, and that \(node) is the Node object's name: "
                + "kubectl -n \(service.namespace) get pods -o wide"
        case .noReadyLocalEndpoints:
            "look at why the pods on this node are not ready: "
                + "kubectl -n \(service.namespace) get pods -o wide --field-selector spec.nodeName=\(node)"
        case .noReadyEndpoints:
            "look at why the pods are not ready: kubectl -n \(service.namespace) get pods -o wide"
        default:
            "if a router does not have it, look at what BGP does with it: "
                + "vtysh -c 'show bgp ipv4 unicast neighbors PEER advertised-routes', or ipv6"
        }
    }

    private func slices(_ service: ServiceID) -> String {
        "kubectl -n \(service.namespace) get endpointslices -l kubernetes.io/service-name=\(service.name)"
    }
}
