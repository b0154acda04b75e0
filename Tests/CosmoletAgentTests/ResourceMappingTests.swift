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
        #expect(facts.hasClusterIP && facts.announce == false && facts.className == "gold")
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
        #expect(facts.externalTrafficPolicy == .cluster && facts.announce == nil)
    }

    @Test(arguments: [
        #"{"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]}"#,
        #"{"type": "ExternalName", "externalName": "db.example"}"#,
    ])
    func headlessAndExternalNameHaveNoVIP(spec: String) throws {
        let facts = try service(#"{"metadata": {"namespace": "shop", "name": "web"}, "spec": \#(spec)}"#)
        #expect(!facts.hasClusterIP && facts.addresses.isEmpty)
    }

    @Test func unreadableAnnotationIsAsIfAbsent() throws {
        let facts = try service(
            #"{"metadata": {"namespace": "a", "name": "b", "annotations": {"cosmolet.io/announce": "maybe"}}}"#)
        #expect(facts.announce == nil)
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

    @Test func nodeSignals() throws {
        let node = try JSONDecoder().decode(
            Node.self,
            from: Data(
                """
                {"metadata": {"name": "n1", "labels": {"node.kubernetes.io/exclude-from-external-load-balancers": ""}},
                 "status": {"conditions": [{"type": "NetworkUnavailable", "status": "True"},
                   {"type": "Ready", "status": "False"}]}}
                """.utf8))
        #expect(
            ResourceMapping.facts(node) == NodeFacts(name: "n1", exclusionLabel: "", isNetworkUnavailable: true))
    }
}
