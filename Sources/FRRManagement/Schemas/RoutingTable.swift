internal import NetworkTypes
internal import Northbound

/// Reads zebra's RIB as YANG state (FRR `yang/frr-zebra.yang`).
enum RoutingTable {
    /// A narrow path: the leaf of every route of a table. Far cheaper than the whole table.
    static func path(_ family: AddressFamily, table: UInt32, leaf: String) -> String {
        "/frr-vrf:lib/vrf[name='default']/frr-zebra:zebra/ribs/rib"
            + "[afi-safi-name='\(StaticSchema.afiSafi(family))'][table-id='\(table)']/route/route-entry/\(leaf)"
    }

    /// A route entry of protocol `static`.
    struct StaticEntry: Sendable, Hashable {
        var prefix: IPPrefix
        var tag: UInt32?
        var isSelected: Bool
    }

    /// The static routes in an answer. An absent table is answered `{}` and has none.
    ///
    /// - Throws: `protocolViolation` when the text is no JSON object.
    static func staticEntries(_ text: [UInt8]) throws(ManagementError) -> [StaticEntry] {
        let json = try JSONReader.read(text)
        guard case .object = json else { throw ManagementError(.protocolViolation, "zebra's RIB is no JSON object") }
        var result: [StaticEntry] = []
        for route in routes(in: json) {
            guard let prefix = route.member("prefix")?.text.flatMap({ try? IPPrefix($0) }) else { continue }
            for entry in route.member("route-entry")?.elements ?? [] {
                guard let name = entry.member("protocol")?.text, JSONValue.localName(name) == "static" else { continue }
                result.append(
                    StaticEntry(
                        prefix: prefix, tag: entry.member("tag")?.integer(),
                        isSelected: entry.member("selected") != nil))
            }
        }
        return result
    }

    private static func routes(in json: JSONValue) -> [JSONValue] {
        switch json {
        case .object(let members):
            if let list = json.member("route") { return list.elements }
            return members.flatMap { routes(in: $0.value) }
        case .array(let elements): return elements.flatMap { routes(in: $0) }
        default: return []
        }
    }
}
