import KubeSim

/// The main rows of `docs/announcement-rules.md`, for the configuration that stands above each table.
enum LiveRows {
    static let main = """
        announce:
          kinds: [loadBalancer, externalIP]
          allowedPrefixes: [198.51.100.0/24, "2001:db8:51::/64"]
          allowedExternalPrefixes: [203.0.113.0/24, "2001:db8:113::/64"]
          loadBalancerClasses: [unset, example.com/bgp]
          namespaces: {exclude: [hidden]}
          namespaceLabels: {exclude: [tier=internal]}
          serviceLabels: {exclude: [bgp=no]}
          drainOnTerminating: true
          fuse: off
        drain: {holdSeconds: 1, onNotReady: true, onCordon: true, onTaints: ["example.com/out:NoExecute"],
                onServiceDeletion: true}
        log: {level: debug}
        """

    static let mainRows: [LiveRow] = endpointRows + serviceRows + addressRows

    private static let endpointRows = LiveRow.table {
        LiveRow("cluster-both", .both("EndpointInCluster"))
        LiveRow("cluster-one", .both("EndpointInCluster"), LiveService("Cluster", [.ready(1)]))
            .then(.none("NoReadyEndpoints"), LiveService("Cluster", [.unready(1)]))
        LiveRow("cluster-elsewhere", .both("EndpointInCluster"), LiveService("Cluster", [.ready(nil)]))
            .then(.none("NoEndpoints"), LiveService("Cluster", []))
        LiveRow("cluster-unready", .none("NoReadyEndpoints"), LiveService("Cluster", [.unready(0), .unready(1)]))
            .then(.both("EndpointInCluster"), LiveService("Cluster", [.ready(0), .unready(1)]))
        LiveRow("cluster-empty", .none("NoEndpoints"), LiveService("Cluster", []))
        LiveRow("no-slice", .none("NoEndpoints"), LiveService("Cluster", nil))
            .then(.both("EndpointInCluster"), LiveService("Cluster", [.ready(nil)]))
        LiveRow("local-both", .both("EndpointOnNode"), LiveService("Local", [.ready(0), .ready(1)]))
            .then(
                .onlyB("EndpointOnNode", a: "NoReadyLocalEndpoints"), LiveService("Local", [.unready(0), .ready(1)]))
        LiveRow("local-one", .onlyA("EndpointOnNode", b: "NoLocalEndpoints"), LiveService("Local", [.ready(0)]))
            .then(.onlyB("EndpointOnNode", a: "NoLocalEndpoints"), LiveService("Local", [.ready(1)]))
        LiveRow(
            "local-unready", .onlyA("EndpointOnNode", b: "NoReadyLocalEndpoints"),
            LiveService("Local", [.ready(0), .unready(1)]))
        LiveRow("local-elsewhere", .none("NoLocalEndpoints"), LiveService("Local", [.ready(nil)]))
        LiveRow(
            "one-family", .both("EndpointInCluster"), ipv6: .none("NoEndpointsOfFamily"),
            LiveService { $0.ipv6 = nil }
        ).then(.none("NoEndpointsOfFamily"), ipv6: .both("EndpointInCluster"), LiveService { $0.ipv4 = nil })
        LiveRow(
            "local-one-family", .none("NoLocalEndpointsOfFamily", b: "NoLocalEndpoints"),
            ipv6: .onlyA("EndpointOnNode", b: "NoLocalEndpoints"),
            LiveService("Local", [.ready(0)]) { $0.ipv4 = nil })
        LiveRow("unset-conditions", .both("EndpointOnNode"), LiveService("Local", [.unset(0), .unset(1)]))
        LiveRow(
            "ready-and-terminating", .both("EndpointOnNode"),
            LiveService("Local", [.terminating(0, ready: true), .terminating(1, ready: true)]))
        LiveRow(
            "terminating-here",
            LiveOutcome(a: ("DrainingTerminatingOnNode", "drain"), b: ("EndpointOnNode", "default")),
            LiveService("Local", [.terminating(0), .ready(1)])
        ).then(.onlyB("EndpointOnNode", a: "NoLocalEndpoints"), LiveService("Local", [.ready(1)]))
        LiveRow(
            "terminating-all", .both("DrainingTerminatingEndpoints", class: "drain"),
            LiveService("Cluster", [.terminating(0), .terminating(nil)]))
        LiveRow(
            "terminating-silent", .none("NoReadyEndpoints"),
            LiveService("Cluster", [.terminating(0, serving: false), .terminating(1, serving: false)]))
        LiveRow(
            "second-slice", .both("EndpointOnNode"),
            LiveService("Local", [.unready(0), .unready(1)]) { $0.second = [.ready(0), .ready(1)] })
        LiveRow(
            "zero-keep", .both("KeptWithoutEndpoints"),
            LiveService(["zero-endpoints": "keep"]) { ($0.ipv4, $0.ipv6) = ([], [.unready(0)]) }
        ).then(.none("NoEndpoints"), LiveService("Cluster", []))
        LiveRow(
            "zero-drain", .none("DrainedWithoutEndpoints"),
            LiveService(["zero-endpoints": "drain"]) { ($0.ipv4, $0.ipv6) = ([], nil) }
        ).then(.both("EndpointInCluster"), LiveService(["zero-endpoints": "drain"]))
        LiveRow("zero-drain-later", .both("EndpointInCluster"), LiveService(["zero-endpoints": "drain"]))
            .then(
                .none("DrainedWithoutEndpoints"),
                LiveService(["zero-endpoints": "drain"]) { ($0.ipv4, $0.ipv6) = ([], []) })
    }

    private static let serviceRows = LiveRow.table {
        LiveRow("opted-out", .none("OptedOut"), LiveService(["announce": "false"]))
            .then(.both("EndpointInCluster"), LiveService())
        LiveRow("opted-out-later", .both("EndpointInCluster"))
            .then(.none("OptedOut"), LiveService(["announce": "false"]))
        LiveRow("opted-in", .both("EndpointInCluster"), LiveService(["announce": "true"]) { $0.labels = ["bgp": "no"] })
        LiveRow("bad-annotation", .both("EndpointInCluster"), LiveService(["announce": "no"]))
        LiveRow("label-excluded", .none("ServiceExcluded"), LiveService { $0.labels = ["bgp": "no"] })
            .then(.both("EndpointInCluster"), LiveService { $0.labels = ["bgp": "yes"] })
        LiveRow("namespace-hidden", .none("NamespaceExcluded"), LiveService { $0.namespace = "hidden" })
        LiveRow("namespace-label", .none("NamespaceExcluded"), LiveService { $0.namespace = "internal" })
        LiveRow(
            "class-listed", .both("EndpointInCluster"),
            LiveService { $0.spec = ["loadBalancerClass": "example.com/bgp"] })
        LiveRow(
            "class-other", .none("OtherLoadBalancerClass"),
            LiveService { $0.spec = ["loadBalancerClass": "example.com/dns"] })
        LiveRow("class-drain", .both("EndpointInCluster", class: "drain"), LiveService(["class": "drain"]))
            .then(.both("EndpointInCluster"), LiveService(["class": "default"]))
        LiveRow("class-unknown", .both("EndpointInCluster"), LiveService(["class": "gold"]))
        LiveRow("drained", .none("DrainedServiceAnnotation"), LiveService(["drain": "true"]))
            .then(.both("EndpointInCluster"), LiveService())
        LiveRow("drained-later", .both("EndpointInCluster"))
            .then(.none("DrainedServiceAnnotation"), LiveService(["drain": "true"]))
        LiveRow("deleting", .none("DrainedServiceDeletion"), LiveService { $0.isBeingDeleted = true })
        LiveRow(
            "shared-one-owner", .both("EndpointInCluster"), LiveService("Cluster", [.ready(0)]),
            LiveService("Local", [.ready(nil)])
        ).then(.both("EndpointInCluster"), LiveService("Cluster", [.ready(0)]))
        LiveRow(
            "shared-local", .both("EndpointOnNode"), LiveService("Local", [.ready(0)]),
            LiveService("Local", [.ready(1)])
        ).then(.onlyA("EndpointOnNode", b: "NoLocalEndpoints"), LiveService("Local", [.ready(0)]))
        LiveRow(
            "shared-classes", .both("EndpointInCluster"), LiveService(["class": "drain"]), LiveService()
        ).then(.both("EndpointInCluster", class: "drain"), LiveService(["class": "drain"]))
    }

    private static let addressRows = LiveRow.table {
        LiveRow(
            "bad-entries", .both("EndpointInCluster"),
            others: [
                "": "HostnameOnly", "198.51.100.300": "InvalidAddress", "169.254.1.1": "NotUnicast",
                "ff02::1": "NotUnicast",
            ],
            LiveService {
                $0.entries = [
                    ["hostname": "lb.example.com"], ["ip": "198.51.100.300"], ["ip": "169.254.1.1"], ["ip": "ff02::1"],
                ]
            })
        LiveRow("proxy-mode", .none("ProxyMode"), LiveService { $0.entry = ["ipMode": "Proxy"] })
            .then(.both("EndpointInCluster"), LiveService { $0.entry = ["ipMode": "VIP"] })
        LiveRow("forbidden", .none("OutsideAllowedPrefixes"), range: .forbidden)
        LiveRow("single-stack", .both("EndpointInCluster"), ipv6: .absent, LiveService { $0.families = ["IPv4"] })
            .then(.absent, ipv6: .both("EndpointInCluster"), LiveService { $0.families = ["IPv6"] })
        LiveRow(
            "external-cluster", .both("EndpointInCluster"), range: .externalIP, LiveService { $0.place = .externalIPs })
        LiveRow(
            "external-local", .onlyB("EndpointOnNode", a: "NoLocalEndpoints"), range: .externalIP,
            LiveService("Local", [.ready(1)]) { $0.place = .externalIPs })
        LiveRow(
            "external-forbidden", .none("OutsideAllowedPrefixes"), LiveService { $0.place = .externalIPs })
        LiveRow(
            "cluster-ip", .both("EndpointInCluster"), range: .clusterIP,
            LiveService(["kinds": "clusterIP"]) { $0.place = .clusterIPs })
        LiveRow(
            "cluster-ip-local", .onlyA("EndpointOnNode", b: "NoLocalEndpoints"), range: .clusterIP,
            LiveService("Local", [.ready(0)]) {
                $0.place = .clusterIPs
                $0.annotations = ["cosmolet.io/kinds": "clusterIP"]
            })
        LiveRow("cluster-ip-off", .absent, range: .clusterIP, LiveService { $0.place = .clusterIPs })
        LiveRow("kind-off", .none("KindOffByAnnotation"), LiveService(["kinds": "externalIP"]))
            .then(.both("EndpointInCluster"), LiveService(["kinds": "externalIP, loadBalancer"]))
        LiveRow(
            "headless", .absent, others: ["": "HeadlessService"],
            LiveService(["announce": "true"]) {
                $0.place = .nowhere
                $0.spec = ["clusterIP": "None"]
            })
        LiveRow(
            "external-name", .absent, others: ["": "ExternalNameService"],
            LiveService(["announce": "true"]) {
                $0.place = .nowhere
                $0.spec = ["type": "ExternalName", "externalName": "example.com"]
            })
    }

    static let included = """
        announce:
          kinds: [loadBalancer, clusterIP]
          loadBalancerClasses: [example.com/bgp]
          allowedExternalPrefixes: []
          namespaces: {include: [default, internal]}
          namespaceLabels: {include: [bgp=yes]}
          serviceLabels: {include: ["expose in (bgp, all)"]}
          zeroEndpoints: keep
          nodeExclusionLabel: false
          networkUnavailable: false
          fuse: off
        log: {level: debug}
        """

    /// With selectors that include, other defaults, and node signals that are off.
    static let includedRows = LiveRow.table {
        LiveRow("included", .both("EndpointInCluster"), exposed())
        LiveRow("not-included", .none("ServiceNotIncluded"), exposed { $0.labels = ["expose": "dns"] })
            .then(.both("EndpointInCluster"), exposed { $0.labels = ["expose": "all"] })
        LiveRow("namespace-unlabelled", .none("NamespaceNotIncluded"), exposed { $0.namespace = "internal" })
        LiveRow("namespace-unnamed", .none("NamespaceNotIncluded"), exposed { $0.namespace = "hidden" })
        LiveRow("class-unset", .none("NoLoadBalancerClass"), exposed { $0.spec = [:] })
        LiveRow(
            "class-unset-asked", .both("EndpointInCluster"),
            exposed {
                $0.spec = [:]
                $0.annotations = ["cosmolet.io/announce": "true"]
            })
        LiveRow(
            "cluster-ip-on", .onlyB("EndpointOnNode", a: "NoLocalEndpoints"), range: .clusterIP,
            exposed {
                $0.place = .clusterIPs
                $0.spec = [:]
                $0.policy = "Local"
                ($0.ipv4, $0.ipv6) = ([.ready(1)], [.ready(1)])
            })
        LiveRow(
            "external-none-allowed", .none("NoExternalPrefixAllowed"), range: .externalIP,
            exposed {
                $0.place = .externalIPs
                $0.spec = [:]
                $0.annotations = ["cosmolet.io/kinds": "externalIP"]
            })
        LiveRow("kept", .both("KeptWithoutEndpoints"), exposed { ($0.ipv4, $0.ipv6) = ([], nil) })
        LiveRow(
            "kept-not-locally", .none("NoLocalEndpoints"),
            exposed {
                $0.policy = "Local"
                ($0.ipv4, $0.ipv6) = ([], nil)
            })
        LiveRow(
            "withdrawn-all-the-same", .none("NoReadyEndpoints"),
            exposed {
                $0.annotations = ["cosmolet.io/zero-endpoints": "withdraw"]
                ($0.ipv4, $0.ipv6) = ([.unready(0)], [.unready(1)])
            })
        LiveRow(
            "terminating-stays", .both("OnlyTerminatingEndpoints"),
            exposed { ($0.ipv4, $0.ipv6) = ([.terminating(0)], [.terminating(nil)]) })
        LiveRow(
            "terminating-stays-here", .onlyA("OnlyTerminatingOnNode", b: "NoLocalEndpoints"),
            exposed {
                $0.policy = "Local"
                ($0.ipv4, $0.ipv6) = ([.terminating(0)], [.terminating(0)])
            })
    }

    private static func exposed(_ change: (inout LiveService) -> Void = { _ in }) -> LiveService {
        LiveService {
            $0.labels = ["expose": "bgp"]
            $0.spec = ["loadBalancerClass": "example.com/bgp"]
            change(&$0)
            // Kind clusterIP is on, and each Service has cluster IPs.
            guard $0.place == .ingress else { return }
            $0.annotations.merge(["cosmolet.io/kinds": "loadBalancer"]) { old, _ in old }
        }
    }
}
