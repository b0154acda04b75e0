import Bindings
import NetworkTypes

@testable import FRRManagement

/// Static routes as the simulated mgmtd shows and edits them, written without the code under test where that matters.
enum RouteRendering {
    /// Running configuration below a path as JSON.
    static func json(at path: String, in routes: StaticRoutes, _ schema: StaticSchema) -> String {
        let list = select(path, routes).map { prefix, paths in
            let source = schema == .a ? "" : #""src-prefix":"::/0","#
            let elements = paths.map { path in
                let hops = path.nextHops.map {
                    #""nh-type":"\#($0.type)","vrf":"\#($0.vrf)","gateway":"\#($0.gateway)","#
                        + #""interface":"\#($0.interface)","bh-type":"null""#
                }
                if schema == .c {
                    return #"{"table-id":\#(path.table),\#(hops.joined()),"tag":\#(path.tag)}"#
                }
                return #"{"table-id":\#(path.table),"distance":\#(path.distance),"tag":\#(path.tag),"#
                    + #""frr-nexthops":{"nexthop":[\#(hops.map { "{\($0)}" }.joined(separator: ","))]}}"#
            }
            let tail = elements.isEmpty ? "" : #","path-list":[\#(elements.joined(separator: ","))]"#
            return
                #"{"prefix":"\#(prefix)",\#(source)"afi-safi":"frr-routing:\#(prefix.family.rawValue)-unicast"\#(tail)}"#
        }
        guard !list.isEmpty else { return "{}" }
        let entries = list.joined(separator: ",")
        return path.hasSuffix("staticd")
            ? #"{"frr-staticd:staticd":{"route-list":[\#(entries)]}}"# : #"{"frr-staticd:route-list":[\#(entries)]}"#
    }

    /// The same as leaves of FeGetReply.
    static func leaves(at path: String, in routes: StaticRoutes) -> [FrontEndMessage.Leaf] {
        select(path, routes).flatMap { prefix, paths in
            let entry = StaticSchema.a.entry(prefix)
            var leaves = [FrontEndMessage.Leaf(path: "\(entry)/prefix", value: "\(prefix)")]
            for path in paths {
                let list = "\(entry)/path-list[table-id='\(path.table)'][distance='\(path.distance)']"
                leaves.append(.init(path: "\(list)/table-id", value: "\(path.table)"))
                leaves.append(.init(path: "\(list)/distance", value: "\(path.distance)"))
                leaves.append(.init(path: "\(list)/tag", value: "\(path.tag)"))
                for hop in path.nextHops {
                    let keys =
                        "[nh-type='\(hop.type)'][vrf='\(hop.vrf)'][gateway='\(hop.gateway)'][interface='\(hop.interface)']"
                    for (name, value) in [
                        ("nh-type", hop.type), ("vrf", hop.vrf), ("gateway", hop.gateway), ("interface", hop.interface),
                        ("bh-type", "null"), ("onlink", "false"),
                    ] {
                        leaves.append(.init(path: "\(list)/frr-nexthops/nexthop\(keys)/\(name)", value: value))
                    }
                }
            }
            return leaves
        }
    }

    /// One family of a zebra table, narrowed down to the leaf that the path ends in; nil when it is empty.
    static func table(_ routes: StaticRoutes, path: String) -> String? {
        guard let steps = try? InstancePath.steps(path), let rib = steps.first(where: { $0.name == "rib" }),
            let leaf = steps.last?.name, let table = rib.keys["table-id"], let afi = rib.keys["afi-safi-name"]
        else { return nil }
        let entries = routes.sorted { $0.key < $1.key }.compactMap { prefix, paths -> String? in
            guard afi == "frr-routing:\(prefix.family.rawValue)-unicast",
                let path = paths.first(where: { "\($0.table)" == table })
            else { return nil }
            let value = leaf == "tag" ? #""tag":\#(path.tag)"# : #""selected":[null]"#
            return #"{"prefix":"\#(prefix)","route-entry":[{"protocol":"static",\#(value)}]}"#
        }
        guard !entries.isEmpty else { return nil }
        return
            #"{"frr-vrf:lib":{"vrf":[{"name":"default","frr-zebra:zebra":{"ribs":{"rib":[{"afi-safi-name":"\#(afi)","#
            + #""table-id":\#(table),"route":[\#(entries.joined(separator: ","))]}]}}}]}}"#
    }

    /// Sets a leaf or removes a node.
    static func apply(_ edit: FrontEndMessage.LeafEdit, to routes: inout StaticRoutes, _ schema: StaticSchema) {
        switch edit {
        case .remove(let path):
            guard let (prefix, list, _) = target(path) else { return }
            guard let list else {
                routes[prefix] = nil
                return
            }
            routes[prefix]?.removeAll { matches($0, list, schema) }
        case .set(let path, let value):
            guard let (prefix, list, rest) = target(path), let list else { return }
            var paths = routes[prefix] ?? []
            if !paths.contains(where: { matches($0, list, schema) }) {
                paths.append(
                    StaticPath(
                        table: UInt32(list.keys["table-id"] ?? "") ?? 0,
                        distance: UInt32(list.keys["distance"] ?? "") ?? 1, tag: 0,
                        nextHops: schema == .c ? [hop(list)] : []))
            }
            guard let index = paths.firstIndex(where: { matches($0, list, schema) }) else { return }
            if rest.last?.name == "tag" { paths[index].tag = UInt32(value ?? "") ?? 0 }
            if let step = rest.first(where: { $0.name == "nexthop" }), !paths[index].nextHops.contains(hop(step)) {
                paths[index].nextHops.append(hop(step))
            }
            routes[prefix] = paths
        }
    }

    private static func target(_ path: String) -> (IPPrefix, InstancePath.Step?, [InstancePath.Step])? {
        guard let steps = try? InstancePath.steps(path),
            let at = steps.firstIndex(where: { $0.name == "route-list" }),
            let prefix = steps[at].keys["prefix"].flatMap({ try? IPPrefix($0) })
        else { return nil }
        guard at + 1 < steps.count else { return (prefix, nil, []) }
        return (prefix, steps[at + 1], Array(steps[(at + 2)...]))
    }

    private static func matches(_ path: StaticPath, _ list: InstancePath.Step, _ schema: StaticSchema) -> Bool {
        guard list.keys["table-id"] == "\(path.table)" else { return false }
        return schema == .c ? path.nextHops == [hop(list)] : list.keys["distance"] == "\(path.distance)"
    }

    private static func hop(_ step: InstancePath.Step) -> StaticPath.NextHop {
        .init(
            type: step.keys["nh-type"] ?? "", vrf: step.keys["vrf"] ?? "", gateway: step.keys["gateway"] ?? "",
            interface: step.keys["interface"] ?? "")
    }

    private static func select(_ path: String, _ routes: StaticRoutes) -> [(IPPrefix, [StaticPath])] {
        let prefix = (try? InstancePath.steps(path))?.first { $0.name == "route-list" }?.keys["prefix"]
        return routes.filter { prefix == nil || prefix == "\($0.key)" }.sorted { $0.key < $1.key }
    }
}
