internal import NetworkTypes

/// The three generations of staticd's YANG model: the names and keys of a route in each.
///
/// | | releases | list `route-list` | list `path-list` | next hop |
/// |---|---|---|---|---|
/// | A | 9.0–10.2 | prefix, afi-safi | table-id, distance | list `frr-nexthops/nexthop` |
/// | B | 10.3–10.6 | prefix, src-prefix, afi-safi | table-id, distance | list `frr-nexthops/nexthop` |
/// | C | 10.7 | prefix, src-prefix, afi-safi | table-id and the next hop's keys | part of the path |
///
/// Source: FRR `yang/frr-staticd.yang`.
enum StaticSchema: String, Sendable, Hashable {
    case a = "A"
    case b = "B"
    case c = "C"

    /// The container that all static routes of the default VRF are in.
    static let container =
        "/frr-routing:routing/control-plane-protocols/control-plane-protocol"
        + "[type='frr-staticd:staticd'][name='staticd'][vrf='default']/frr-staticd:staticd"

    /// Schema paths that exist from B and from C on (facts: probing).
    static let probeOfB =
        "/frr-routing:routing/control-plane-protocols/control-plane-protocol/frr-staticd:staticd/route-list/src-prefix"
    static let probeOfC =
        "/frr-routing:routing/control-plane-protocols/control-plane-protocol/frr-staticd:staticd/route-list/path-list/nh-type"

    /// The list entry of a prefix.
    func entry(_ prefix: IPPrefix) -> String {
        let source = self == .a ? "" : "[src-prefix='\(Self.anySource)']"
        return "\(Self.container)/route-list[prefix='\(prefix)']\(source)[afi-safi='\(Self.afiSafi(prefix.family))']"
    }

    /// The list entry of one path of a prefix. In C a path has exactly one next hop.
    func path(_ prefix: IPPrefix, _ path: StaticPath) -> String {
        switch self {
        case .a, .b:
            return "\(entry(prefix))/path-list[table-id='\(path.table)'][distance='\(path.distance)']"
        case .c:
            let hop = path.nextHops.first ?? .blackhole
            return "\(entry(prefix))/path-list[table-id='\(path.table)']\(Self.keys(hop))"
        }
    }

    /// The leaves that make our route: kind of blackhole and tag.
    func leaves(_ prefix: IPPrefix, _ path: StaticPath) -> (kind: String, tag: String) {
        let list = self.path(prefix, path)
        let hop = path.nextHops.first ?? .blackhole
        let kind = self == .c ? "\(list)/bh-type" : "\(list)/frr-nexthops/nexthop\(Self.keys(hop))/bh-type"
        return (kind, "\(list)/tag")
    }

    /// Our route as a `route-list` entry in JSON, for a merge into the container.
    func routeListEntry(_ prefix: IPPrefix, table: UInt32, tag: UInt32) -> JSONValue {
        let text = { (name: String, value: String) in JSONValue.Member(name: name, value: .string(value)) }
        let number = { (name: String, value: UInt32) in JSONValue.Member(name: name, value: .number(String(value))) }
        let hop = StaticPath.NextHop.blackhole
        let hopMembers = [
            text("nh-type", hop.type), text("vrf", hop.vrf), text("gateway", hop.gateway),
            text("interface", hop.interface), text("bh-type", Self.blackholeKind),
        ]
        var path = [number("table-id", table)]
        switch self {
        case .a, .b:
            let hops = JSONValue.object([.init(name: "nexthop", value: .array([.object(hopMembers)]))])
            path += [number("distance", Ownership.distance), number("tag", tag)]
            path.append(.init(name: "frr-nexthops", value: hops))
        case .c:
            path += hopMembers + [number("tag", tag)]
        }
        var entry = [text("prefix", prefix.description)]
        if self != .a { entry.append(text("src-prefix", Self.anySource)) }
        entry.append(text("afi-safi", Self.afiSafi(prefix.family)))
        entry.append(.init(name: "path-list", value: .array([.object(path)])))
        return .object(entry)
    }

    /// The value of `bh-type` for a silent discard.
    static let blackholeKind = "null"

    /// The source prefix of an ordinary route, also for IPv4.
    static let anySource = "::/0"

    /// The identity of a unicast family.
    static func afiSafi(_ family: AddressFamily) -> String { "frr-routing:\(family.rawValue)-unicast" }

    private static func keys(_ hop: StaticPath.NextHop) -> String {
        "[nh-type='\(hop.type)'][vrf='\(hop.vrf)'][gateway='\(hop.gateway)'][interface='\(hop.interface)']"
    }
}
