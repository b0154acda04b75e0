import Announcements
import CosmoletAgent
import Foundation
import Kubernetes
import NetworkTypes
import Testing

@Suite struct ResourceMappingTests {
    private func service(_ json: String) throws -> ServiceFacts {
        ResourceMapping.facts(try JSONDecoder().decode(Service.self, from: Data(json.utf8)))
    }

    private func slice(_ json: String) throws -> SliceFacts {
        ResourceMapping.facts(try JSONDecoder().decode(EndpointSlice.self, from: Data(json.utf8)))
    }

    @Test func loadBalancerServiceWithAllKindsOfAddress() throws {
        let facts = try service(
            """
            {"metadata": {"namespace": "shop", "name": "web", "annotations":
               {"cosmolet.io/announce": "false", "cosmolet.io/class": "gold"}, "unknown": [1]},
             "spec": {"type": "LoadBalancer", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1", "fd00::1"],
               "externalIPs": ["203.0.113.1"], "externalTrafficPolicy": "Local", "internalTrafficPolicy": "Local"},
             "status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.1"}, {"hostname": "lb.example"},
               {"ip": "198.51.100.2", "ipMode": "Proxy"}, {"ip": "198.51.100.3", "ipMode": "VIP"}]}}}
            """)
        #expect(facts.id == ServiceID(namespace: "shop", name: "web"))
        #expect(facts.shape == .ordinary)
        #expect(facts.annotations == ServiceAnnotations(announce: false, className: "gold"))
        #expect(facts.externalTrafficPolicy == .local && facts.internalTrafficPolicy == .local)
        #expect(
            facts.addresses == [
                AddressFact(kind: .loadBalancer, text: "198.51.100.1"), AddressFact(kind: .loadBalancer, text: nil),
                AddressFact(kind: .loadBalancer, text: "198.51.100.2", isProxyMode: true),
                AddressFact(kind: .loadBalancer, text: "198.51.100.3"),
                AddressFact(kind: .externalIP, text: "203.0.113.1"), AddressFact(kind: .clusterIP, text: "10.96.0.1"),
                AddressFact(kind: .clusterIP, text: "fd00::1"),
            ])
    }

    @Test func otherTypesHaveNoLoadBalancerAddress() throws {
        let facts = try service(
            """
            {"metadata": {"namespace": "shop", "name": "web"}, "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.1"},
             "status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.1"}]}}}
            """)
        #expect(facts.addresses == [AddressFact(kind: .clusterIP, text: "10.96.0.1")])
        #expect(facts.externalTrafficPolicy == .cluster && facts.annotations == ServiceAnnotations())
    }

    @Test(arguments: [
        (#"{"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]}"#, ServiceShape.headless),
        (#"{"type": "ExternalName", "externalName": "db.example"}"#, .externalName),
        (#"{"type": "ExternalName", "clusterIP": "10.96.0.1"}"#, .externalName),
    ])
    func headlessAndExternalNameHaveNoVIP(spec: String, shape: ServiceShape) throws {
        let facts = try service(#"{"metadata": {"namespace": "shop", "name": "web"}, "spec": \#(spec)}"#)
        #expect(facts.shape == shape && facts.addresses.isEmpty)
    }

    @Test func selectionAndDeletionAreRead() throws {
        let facts = try service(
            """
            {"metadata": {"namespace": "shop", "name": "web", "labels": {"tier": "web"},
               "deletionTimestamp": "2026-01-01T00:00:00Z",
               "annotations": {"cosmolet.io/kinds": "clusterIP", "cosmolet.io/zero-endpoints": "keep",
                 "cosmolet.io/drain": "true", "example.com/other": "1"}},
             "spec": {"type": "LoadBalancer", "clusterIP": "10.96.0.1", "loadBalancerClass": "example.com/metal"}}
            """)
        #expect(facts.labels == ["tier": "web"] && facts.isBeingDeleted)
        #expect(facts.loadBalancerClass == "example.com/metal")
        #expect(
            facts.annotations == ServiceAnnotations(kinds: [.clusterIP], zeroEndpoints: .keep, drains: true))
    }

    @Test func unreadableAnnotationIsAsIfAbsentAndNamed() throws {
        let facts = try service(
            #"{"metadata": {"namespace": "a", "name": "b", "annotations": {"cosmolet.io/announce": "maybe"}}}"#)
        #expect(facts.annotations.announce == nil)
        #expect(
            facts.annotations.warnings.map(\.explanation) == [
                "Service a/b: annotation cosmolet.io/announce has the value \"maybe\" and is ignored; "
                    + "\"true\" or \"false\" is expected"
            ])
    }

    @Test func namespaceLabelsAreRead() throws {
        let namespace = try JSONDecoder().decode(
            Namespace.self, from: Data(#"{"metadata": {"name": "shop", "labels": {"env": "prod"}}, "spec": {}}"#.utf8))
        #expect(ResourceMapping.facts(namespace) == NamespaceFacts(name: "shop", labels: ["env": "prod"]))
    }

    @Test func absentConditionsMeanReady() throws {
        let facts = try slice(
            """
            {"metadata": {"namespace": "shop", "name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
             "addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]},
               {"addresses": ["10.0.0.2"], "nodeName": "n1", "conditions": {"ready": false, "serving": true,
                 "terminating": true}}, {"addresses": ["10.0.0.3"], "conditions": {"ready": false}}]}
            """)
        #expect(facts.service == ServiceID(namespace: "shop", name: "web"))
        #expect(
            facts.endpoints == [
                EndpointFact(address: IPAddress("10.0.0.1")!),
                EndpointFact(
                    address: IPAddress("10.0.0.2")!, isReady: false, isServing: true, isTerminating: true,
                    nodeName: "n1"),
                EndpointFact(address: IPAddress("10.0.0.3")!, isReady: false),
            ])
    }

    @Test func slicesWithoutServiceOrWithNamesCarryNothing() throws {
        #expect(try slice(#"{"metadata": {"namespace": "a", "name": "b"}, "addressType": "IPv4"}"#).service == nil)
        let names = try slice(
            """
            {"metadata": {"namespace": "a", "name": "b", "labels": {"kubernetes.io/service-name": "c"}},
             "addressType": "FQDN", "endpoints": [{"addresses": ["pod.example"]}]}
            """)
        #expect(names.endpoints.isEmpty)
    }

    private func node(_ json: String) throws -> NodeFacts {
        ResourceMapping.facts(try JSONDecoder().decode(Node.self, from: Data(json.utf8)))
    }

    @Test func nodeSignals() throws {
        let facts = try node(
            """
            {"metadata": {"name": "n1", "labels": {"node.kubernetes.io/exclude-from-external-load-balancers": ""},
               "annotations": {"cosmolet.io/drain": "true", "cosmolet.io/release-fuse": "monday"}},
             "spec": {"unschedulable": true, "taints": [{"key": "a", "effect": "NoExecute"},
               {"key": "b", "value": "x", "effect": "NoSchedule"}]},
             "status": {"conditions": [{"type": "NetworkUnavailable", "status": "True"},
               {"type": "Ready", "status": "Unknown"}]}}
            """)
        #expect(
            facts
                == NodeFacts(
                    name: "n1", exclusionLabel: "", isNetworkUnavailable: true, isReady: false, isUnschedulable: true,
                    taints: [
                        TaintFact(key: "a", effect: "NoExecute"),
                        TaintFact(key: "b", value: "x", effect: "NoSchedule"),
                    ], annotations: NodeAnnotations(drains: true, fuseRelease: "monday")))
    }

    @Test func healthyNodeHasNoSignals() throws {
        let facts = try node(
            #"{"metadata": {"name": "n1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}"#)
        #expect(facts == NodeFacts(name: "n1"))
    }
}
