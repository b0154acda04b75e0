extension ReasonCode {
    /// One sentence for people.
    public var explanation: String {
        switch self {
        case .endpointInCluster: "traffic policy Cluster, and an endpoint in the cluster is ready"
        case .endpointOnNode: "traffic policy Local, and an endpoint on this node is ready"
        case .onlyTerminatingEndpoints: "only endpoints that terminate, but still serve, are left"
        case .onlyTerminatingOnNode: "only endpoints that terminate, but still serve, are left on this node"
        case .keptWithoutEndpoints: "no endpoint counts, and the zero-endpoint policy is keep"
        case .drainingTerminatingEndpoints:
            "only endpoints that terminate, but still serve, are left, so it is announced with class drain"
        case .drainingTerminatingOnNode:
            "only endpoints that terminate, but still serve, are left on this node, so it is announced with class drain"
        case .drainingNodeAnnotation: "draining: the node carries the annotation cosmolet.io/drain: \"true\""
        case .drainingNodeNotReady: "draining: the node's condition Ready is not true"
        case .drainingNodeCordoned: "draining: the node is cordoned"
        case .drainingNodeTainted: "draining: the node has a taint of the configuration's drain.onTaints"
        case .drainingServiceAnnotation: "draining: the Service carries the annotation cosmolet.io/drain: \"true\""
        case .drainingServiceDeletion: "draining: the Service is being deleted"
        case .drainingWithoutEndpoints: "draining: no endpoint counts, and the zero-endpoint policy is drain"
        default: negativeExplanation
        }
    }

    private var negativeExplanation: String {
        switch self {
        case .drainedNodeAnnotation: "drained: the node carries the annotation cosmolet.io/drain: \"true\""
        case .drainedNodeNotReady: "drained: the node's condition Ready is not true"
        case .drainedNodeCordoned: "drained: the node is cordoned"
        case .drainedNodeTainted: "drained: the node has a taint of the configuration's drain.onTaints"
        case .drainedServiceAnnotation: "drained: the Service carries the annotation cosmolet.io/drain: \"true\""
        case .drainedServiceDeletion: "drained: the Service is being deleted"
        case .drainedWithoutEndpoints: "drained: no endpoint counts, and the zero-endpoint policy is drain"
        case .headlessService: "the Service is headless, so it has no VIP"
        case .externalNameService: "the Service is of type ExternalName, so it has no VIP"
        case .optedOut: "the Service carries the annotation cosmolet.io/announce: \"false\""
        case .namespaceExcluded: "the namespace is excluded by the configuration"
        case .namespaceUnknown: "the configuration selects by labels of Namespaces, and this one is not known yet"
        case .namespaceNotIncluded: "the namespace is not among those that the configuration includes"
        case .serviceExcluded: "the Service's labels are excluded by the configuration"
        case .serviceNotIncluded: "the Service's labels are not among those that the configuration includes"
        case .kindOff: "the configuration does not announce this kind of VIP"
        case .kindOffByAnnotation: "the Service's annotation cosmolet.io/kinds leaves out this kind of VIP"
        case .hostnameOnly: "the ingress entry has a hostname and no IP"
        case .invalidAddress: "the address is not an IP address"
        case .notUnicast: "the address is loopback, link-local, multicast or another that no router carries"
        case .proxyMode: "the ingress entry has ipMode Proxy, so its load balancer attracts the traffic itself"
        case .otherLoadBalancerClass: "spec.loadBalancerClass is not one that the configuration announces"
        case .noLoadBalancerClass: "spec.loadBalancerClass is unset, and the configuration announces named classes only"
        case .outsideAllowedPrefixes: "the address lies outside the allowed prefixes of the configuration"
        case .noExternalPrefixAllowed: "the configuration allows no prefix for external IPs"
        case .nodeNetworkUnavailable: "the node's condition NetworkUnavailable is true"
        case .nodeExcluded: "the node carries the label node.kubernetes.io/exclude-from-external-load-balancers"
        case .noEndpoints: "the Service has no endpoints"
        case .noEndpointsOfFamily: "the Service has endpoints, but none of this address family"
        case .noReadyEndpoints: "no endpoint of this address family is ready or still serving"
        case .noLocalEndpoints: "traffic policy Local, and no endpoint is on this node"
        case .noLocalEndpointsOfFamily:
            "traffic policy Local, and there are endpoints on this node, but none of this address family"
        case .noReadyLocalEndpoints:
            "traffic policy Local, and no endpoint of this address family on this node is ready or still serving"
        case .heldDown: "the VIP came and went too often, and is held down until it has been quiet for a while"
        default: "announced"
        }
    }
}
