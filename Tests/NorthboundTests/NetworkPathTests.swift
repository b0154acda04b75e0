import NetworkTypes
import Northbound
import Testing

@Suite struct NetworkPathTests {
    private static let root =
        "/frr-routing:routing/control-plane-protocols/control-plane-protocol"
        + "[type='frr-bgp:bgp'][name='bgp'][vrf='default']/frr-bgp:bgp/global/afi-safis"

    @Test(arguments: [
        ("/", 3), ("/frr-routing:routing", 3), (root, 3), ("\(root)/afi-safi", 3),
        ("\(root)/afi-safi[afi-safi-name='frr-routing:ipv4-unicast']", 2),
        ("\(root)/afi-safi[afi-safi-name='frr-routing:ipv6-unicast']/ipv6-unicast", 1),
        ("\(root)/afi-safi[afi-safi-name='frr-routing:ipv4-unicast']/ipv4-unicast/network-config", 2),
        (NetworkPath.entry(try! IPPrefix("10.0.0.1/32")), 1),
        (NetworkPath.entry(try! IPPrefix("10.0.0.1/32")) + "/rmap-policy-export", 1),
        (NetworkPath.entry(try! IPPrefix("10.0.0.9/32")), 0),
    ])
    func subtreesFilter(path: String, count: Int) throws {
        let all = Set(
            try ["10.0.0.1/32", "10.0.0.2/32", "2001:db8::1/128"].map { Network(prefix: try IPPrefix($0)) })
        #expect(all.within([try NetworkSubtree(path: path)]).count == count)
        #expect(all.within([]) == all)
    }

    @Test(arguments: [
        "", "frr-routing:routing", "/frr-routing:rout", "/frr-interface:lib", "\(root)/afi-saf", "\(root)/",
        NetworkPath.entry(try! IPPrefix("10.0.0.1/32")) + "/backdoor",
        "\(root)/afi-safi[afi-safi-name='frr-routing:ipv4-unicast']/ipv4-unicast/network-config[prefix='10.0.0.1/32'",
        "\(root)/afi-safi[afi-safi-name='frr-routing:ipv4-unicast']/ipv4-unicast/network-config[prefix='::1/128']",
    ])
    func pathsOutsideTheModelAreRefusedByName(path: String) {
        let error = #expect(throws: ManagementError.self) { try NetworkSubtree(path: path) }
        #expect(error?.code == .invalidEdit && error?.message.contains(path) == true)
    }

    @Test func editsSurviveTheWayThroughPathValues() throws {
        let edits: [NetworkEdit] = [
            .set(Network(prefix: try IPPrefix("198.51.100.1/32"), attributeClass: .drain)),
            .set(Network(prefix: try IPPrefix("2001:db8::1/128"))),
            .remove(try IPPrefix("198.51.100.0/24")),
        ]
        for edit in edits {
            #expect(try NetworkPath.edit(NetworkPath.pathValue(edit)) == edit)
        }
    }

    @Test func pathIsFRRsOwn() throws {
        let value = NetworkPath.pathValue(Network(prefix: try IPPrefix("198.51.100.1/32")))
        #expect(
            value.path == "/frr-routing:routing/control-plane-protocols/control-plane-protocol[type='frr-bgp:bgp']"
                + "[name='bgp'][vrf='default']/frr-bgp:bgp/global/afi-safis/afi-safi"
                + "[afi-safi-name='frr-routing:ipv4-unicast']/ipv4-unicast/network-config[prefix='198.51.100.1/32']"
                + "/rmap-policy-export")
        #expect(value.value == "COSMOLET-default")
    }

    private static let vip = entry("198.51.100.1/32")
    private static let leaf = "/rmap-policy-export"

    /// Path and value that the model does not allow, with the reason.
    private static let refused: [PathValue] = [
        PathValue(path: "/frr-interface:lib", value: "x"),
        PathValue(path: String(vip.dropLast(2)), value: "COSMOLET-default"),
        PathValue(path: entry("198.51.100.300/32") + leaf, value: "COSMOLET-default"),
        PathValue(path: entry("198.51.100.1/24") + leaf, value: "COSMOLET-default"),
        PathValue(path: entry("2001:db8::1/128") + leaf, value: "COSMOLET-default"),
        PathValue(path: vip + "/backdoor", value: "true"),
        PathValue(path: vip + leaf, value: "GOLD"),
        PathValue(path: vip + leaf, value: "COSMOLET-Gold"),
        PathValue(path: vip + leaf),
    ]

    @Test(arguments: refused)
    func refusesWhatTheModelDoesNotAllow(pathValue: PathValue) {
        let error = #expect(throws: ManagementError.self) { try NetworkPath.edit(pathValue) }
        #expect(error?.code == .invalidEdit)
        #expect(error?.message.contains(pathValue.path) == true)
    }

    private static func entry(_ prefix: String) -> String {
        "/frr-routing:routing/control-plane-protocols/control-plane-protocol[type='frr-bgp:bgp'][name='bgp']"
            + "[vrf='default']/frr-bgp:bgp/global/afi-safis/afi-safi[afi-safi-name='frr-routing:ipv4-unicast']"
            + "/ipv4-unicast/network-config[prefix='\(prefix)']"
    }
}

@Suite struct NetworkEditTests {
    @Test func differenceIsMinimalAndSetsComeFirst() throws {
        let a = Network(prefix: try IPPrefix("10.0.0.1/32"))
        let b = Network(prefix: try IPPrefix("10.0.0.2/32"))
        let c = Network(prefix: try IPPrefix("10.0.0.3/32"))
        let drained = Network(prefix: b.prefix, attributeClass: .drain)
        let edits = NetworkEdit.difference(from: [a, b], to: [drained, c])
        #expect(edits == [.set(drained), .set(c), .remove(a.prefix)])
        #expect(NetworkEdit.difference(from: [a, b], to: [a, b]).isEmpty)
    }
}
