import Announcements
import NetworkTypes
import Testing

/// One row of the rule table: a Service, its endpoints, the node, and the outcome.
struct RuleRow: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var policy: TrafficPolicy = .cluster
    var kind: VIPKind = .loadBalancer
    var vip: String? = "198.51.100.10"
    var isProxyMode = false
    var hasClusterIP = true
    var announce: Bool?
    var endpoints: [EndpointFact] = []
    var node = NodeFacts(name: "here")
    var configuration = PlannerConfiguration(kinds: Set(VIPKind.allCases))
    var outcome: ReasonCode
}

private func endpoint(
    _ address: String = "10.244.0.5", on node: String? = "here", ready: Bool = true, serving: Bool? = nil,
    terminating: Bool = false
) -> EndpointFact {
    EndpointFact(
        address: IPAddress(address)!, isReady: ready, isServing: serving, isTerminating: terminating, nodeName: node)
}

private let ready = [endpoint()]
private let elsewhere = [endpoint(on: "there")]
private let network = IPPrefix(network: IPAddress("198.51.100.0")!, length: 24)

private let rows: [RuleRow] = [
    // Policy × locality × readiness.
    RuleRow(testDescription: "Cluster, ready here", endpoints: ready, outcome: .endpointInCluster),
    RuleRow(testDescription: "Cluster, ready elsewhere", endpoints: elsewhere, outcome: .endpointInCluster),
    RuleRow(
        testDescription: "Cluster, ready on an unknown node", endpoints: [endpoint(on: nil)],
        outcome: .endpointInCluster),
    RuleRow(testDescription: "Cluster, none", outcome: .noEndpoints),
    RuleRow(
        testDescription: "Cluster, not ready", endpoints: [endpoint(ready: false)], outcome: .noReadyEndpoints),
    RuleRow(testDescription: "Local, ready here", policy: .local, endpoints: ready, outcome: .endpointOnNode),
    RuleRow(
        testDescription: "Local, ready elsewhere", policy: .local, endpoints: elsewhere, outcome: .noLocalEndpoints),
    RuleRow(
        testDescription: "Local, ready on an unknown node", policy: .local, endpoints: [endpoint(on: nil)],
        outcome: .noLocalEndpoints),
    RuleRow(testDescription: "Local, none", policy: .local, outcome: .noLocalEndpoints),
    RuleRow(
        testDescription: "Local, not ready here, ready elsewhere", policy: .local,
        endpoints: [endpoint(ready: false), endpoint("10.244.0.6", on: "there")], outcome: .noReadyLocalEndpoints),
    // Terminating.
    RuleRow(
        testDescription: "Cluster, serving while terminating",
        endpoints: [endpoint(ready: false, serving: true, terminating: true)], outcome: .onlyTerminatingEndpoints),
    RuleRow(
        testDescription: "Local, serving while terminating here", policy: .local,
        endpoints: [endpoint(ready: false, serving: true, terminating: true)], outcome: .onlyTerminatingEndpoints),
    RuleRow(
        testDescription: "terminating and no longer serving",
        endpoints: [endpoint(ready: false, serving: false, terminating: true)], outcome: .noReadyEndpoints),
    RuleRow(
        testDescription: "serving but neither ready nor terminating",
        endpoints: [endpoint(ready: false, serving: true)], outcome: .noReadyEndpoints),
    RuleRow(
        testDescription: "one terminating, one ready",
        endpoints: [endpoint(ready: false, serving: true, terminating: true), endpoint("10.244.0.6")],
        outcome: .endpointInCluster),
    RuleRow(
        testDescription: "publishNotReadyAddresses: ready stays true while terminating",
        endpoints: [endpoint(ready: true, serving: true, terminating: true)], outcome: .endpointInCluster),
    // One good entry of the same address is enough.
    RuleRow(
        testDescription: "same address in two slices, one good",
        endpoints: [endpoint(ready: false), endpoint()], outcome: .endpointInCluster),
    // Family.
    RuleRow(
        testDescription: "IPv6 VIP, IPv6 endpoint", vip: "2001:db8::10", endpoints: [endpoint("fd00::5")],
        outcome: .endpointInCluster),
    RuleRow(
        testDescription: "IPv6 VIP, IPv4 endpoint only", vip: "2001:db8::10", endpoints: ready, outcome: .noEndpoints),
    RuleRow(
        testDescription: "IPv4 VIP, Local, IPv6 endpoint only", policy: .local, endpoints: [endpoint("fd00::5")],
        outcome: .noLocalEndpoints),
    // Address.
    RuleRow(testDescription: "not an address", vip: "198.51.100.300", endpoints: ready, outcome: .invalidAddress),
    RuleRow(testDescription: "loopback", vip: "127.0.0.1", endpoints: ready, outcome: .notUnicast),
    RuleRow(testDescription: "unspecified", vip: "0.0.0.0", endpoints: ready, outcome: .notUnicast),
    RuleRow(testDescription: "multicast", vip: "224.0.0.5", endpoints: ready, outcome: .notUnicast),
    RuleRow(testDescription: "IPv4 link-local", vip: "169.254.1.1", endpoints: ready, outcome: .notUnicast),
    RuleRow(testDescription: "IPv6 unspecified", vip: "::", endpoints: ready, outcome: .notUnicast),
    RuleRow(testDescription: "IPv6 loopback", vip: "::1", endpoints: ready, outcome: .notUnicast),
    RuleRow(testDescription: "IPv6 link-local", vip: "fe80::1", endpoints: ready, outcome: .notUnicast),
    RuleRow(testDescription: "IPv6 multicast", vip: "ff02::5", endpoints: ready, outcome: .notUnicast),
    RuleRow(testDescription: "IPv4-mapped", vip: "::ffff:198.51.100.1", endpoints: ready, outcome: .notUnicast),
    RuleRow(testDescription: "hostname entry", vip: nil, endpoints: ready, outcome: .hostnameOnly),
    RuleRow(testDescription: "ipMode Proxy", isProxyMode: true, endpoints: ready, outcome: .proxyMode),
    RuleRow(
        testDescription: "outside the allowed prefixes", vip: "192.0.2.1", endpoints: ready,
        configuration: PlannerConfiguration(allowedLoadBalancerPrefixes: [network]),
        outcome: .outsideAllowedPrefixes),
    RuleRow(
        testDescription: "inside the allowed prefixes", endpoints: ready,
        configuration: PlannerConfiguration(allowedLoadBalancerPrefixes: [network]), outcome: .endpointInCluster),
    RuleRow(
        testDescription: "external IP without a prefix allowed", kind: .externalIP, endpoints: ready,
        outcome: .outsideAllowedPrefixes),
    RuleRow(
        testDescription: "external IP within an allowed prefix", kind: .externalIP, endpoints: ready,
        configuration: PlannerConfiguration(kinds: [.externalIP], allowedExternalPrefixes: [network]),
        outcome: .endpointInCluster),
    RuleRow(
        testDescription: "cluster IP", kind: .clusterIP, vip: "10.96.0.1", endpoints: ready, outcome: .endpointInCluster
    ),
    // Service.
    RuleRow(testDescription: "headless", hasClusterIP: false, endpoints: ready, outcome: .serviceHasNoVIP),
    RuleRow(testDescription: "opted out", announce: false, endpoints: ready, outcome: .optedOut),
    RuleRow(testDescription: "opted in", announce: true, endpoints: ready, outcome: .endpointInCluster),
    // Node.
    RuleRow(
        testDescription: "exclusion label", endpoints: ready, node: NodeFacts(name: "here", exclusionLabel: ""),
        outcome: .nodeExcluded),
    RuleRow(
        testDescription: "exclusion label with value false", endpoints: ready,
        node: NodeFacts(name: "here", exclusionLabel: "false"), outcome: .nodeExcluded),
    RuleRow(
        testDescription: "exclusion label does not concern cluster IPs", kind: .clusterIP, endpoints: ready,
        node: NodeFacts(name: "here", exclusionLabel: ""), outcome: .endpointInCluster),
    RuleRow(
        testDescription: "network unavailable", endpoints: ready,
        node: NodeFacts(name: "here", isNetworkUnavailable: true), outcome: .nodeNetworkUnavailable),
]

@Suite struct ServiceRulesTests {
    private func decide(_ row: RuleRow) -> [Decision] {
        let service = ServiceFacts(
            id: ServiceID(namespace: "shop", name: "web"), hasClusterIP: row.hasClusterIP,
            addresses: [AddressFact(kind: row.kind, text: row.vip, isProxyMode: row.isProxyMode)],
            externalTrafficPolicy: row.policy, internalTrafficPolicy: row.policy, announce: row.announce)
        return ServiceRules.decide(
            service, endpoints: row.endpoints, node: row.node, configuration: row.configuration)
    }

    @Test(arguments: rows)
    func followsTheRuleTable(row: RuleRow) {
        let decisions = decide(row)
        #expect(decisions.map(\.reason) == [row.outcome])
        #expect((decisions.first?.attributeClass != nil) == row.outcome.announces)
    }

    @Test func everyReasonCodeHasARow() {
        #expect(Set(rows.map(\.outcome)) == Set(ReasonCode.allCases))
    }

    @Test func kindsThatAreOffAreNotJudged() {
        let service = ServiceFacts(
            id: ServiceID(namespace: "shop", name: "web"),
            addresses: [
                AddressFact(kind: .clusterIP, text: "10.96.0.7"),
                AddressFact(kind: .loadBalancer, text: "198.51.100.1"),
            ])
        let decisions = ServiceRules.decide(
            service, endpoints: ready, node: NodeFacts(name: "here"), configuration: PlannerConfiguration())
        #expect(decisions.map(\.text) == ["198.51.100.1"])
    }

    @Test func oneBadEntryDoesNotHurtTheOthers() {
        let service = ServiceFacts(
            id: ServiceID(namespace: "shop", name: "web"),
            addresses: [
                AddressFact(kind: .loadBalancer, text: "bogus"), AddressFact(kind: .loadBalancer, text: "198.51.100.1"),
            ])
        let decisions = ServiceRules.decide(
            service, endpoints: ready, node: NodeFacts(name: "here"), configuration: PlannerConfiguration())
        #expect(decisions.map(\.reason) == [.invalidAddress, .endpointInCluster])
    }

    @Test func terminatingOnlyDrainsWhenConfigured() {
        var row = rows.first { $0.outcome == .onlyTerminatingEndpoints }!
        #expect(decide(row).first?.attributeClass == .default)
        row.configuration.drainsOnTerminating = true
        #expect(decide(row).first?.attributeClass == .drain)
    }

    @Test func exclusionLabelFalseIsAWarning() {
        let row = rows.first { $0.node.exclusionLabel == "false" }!
        #expect(decide(row).first?.warnings == [.exclusionLabelIsFalse])
    }
}
