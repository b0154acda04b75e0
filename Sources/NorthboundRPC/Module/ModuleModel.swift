internal import Bindings
internal import NetworkTypes
internal import Northbound

/// One edit of a transaction for the module: of a network, or of the route-map of a class.
enum ModuleEdit: Sendable, Hashable {
    /// Sets a leaf.
    case set(PathValue)
    /// Removes the list entry at a path.
    case remove(path: String)

    init(_ edit: NetworkEdit) {
        let pathValue = NetworkPath.pathValue(edit)
        switch edit {
        case .set: self = .set(pathValue)
        case .remove: self = .remove(path: pathValue.path)
        }
    }

    var wire: NorthboundWire.Edit {
        var edit = NorthboundWire.Edit()
        switch self {
        case .set(let pathValue):
            edit.operation = EditOperation.set.wireNumber
            edit.pathValue = MessageCodec.wire(pathValue)
        case .remove(let path):
            edit.operation = EditOperation.remove.wireNumber
            edit.pathValue = MessageCodec.wire(PathValue(path: path))
        }
        return edit
    }
}

/// The route-maps of classes, `/frr-route-map:lib/route-map[name='COSMOLET-<class>']`. Operators define them: they carry
/// what the policy of the fabric looks for. Only that of `drain` is made by a session where there is none.
enum ClassRouteMap {
    /// The list of all route-maps.
    static let list = "/frr-route-map:lib/route-map"
    private static let sequence = "10"
    private static let community = "frr-bgp-route-map:set-community"
    /// GRACEFUL_SHUTDOWN (RFC 8326).
    private static let gracefulShutdown = "65535:0"

    /// What makes the route-map of `drain`: it asks the neighbours to avoid the path.
    static var drain: [ModuleEdit] {
        let entry = "\(list)[name='\(NetworkPath.routeMapPrefix)\(AttributeClass.drain)']/entry[sequence='\(sequence)']"
        let leaf = "/set-action[action='\(community)']/rmap-set-action/frr-bgp-route-map:community-string"
        return [
            .set(PathValue(path: entry + "/action", value: "permit")),
            .set(PathValue(path: entry + leaf, value: gracefulShutdown)),
        ]
    }

    /// Why classes without a route-map are refused, and the lines that help; nil when there are none.
    static func refusal(of missing: Set<AttributeClass>) -> ManagementError? {
        guard !missing.isEmpty else { return nil }
        let lines = missing.sorted().map { "route-map \(NetworkPath.routeMapPrefix)\($0) permit 10" }
        return ManagementError(
            .rejected,
            "bgpd has \(ClassRefusal.noRouteMap(missing)) add, with the attributes that it shall have: "
                + lines.joined(separator: "; "))
    }

    /// True for a path at or below a route-map.
    static func contains(_ path: String) -> Bool { path.hasPrefix(list) }

    /// The class whose route-map a path lies in.
    static func attributeClass(of path: String) -> AttributeClass? {
        let start = "\(list)[name='\(NetworkPath.routeMapPrefix)"
        guard path.hasPrefix(start) else { return nil }
        return AttributeClass(rawValue: String(path.dropFirst(start.count).prefix { $0 != "'" }))
    }
}

/// What a Get of the module shows.
struct ModuleContents: Sendable {
    /// Our networks of the default VRF.
    var networks: Set<Network> = []
    /// Classes that have a route-map, whoever made it.
    var classes: Set<AttributeClass> = []

    init(_ values: [PathValue]) throws(NorthboundError) {
        var networks: [PathValue] = []
        for value in values {
            if let name = ClassRouteMap.attributeClass(of: value.path) {
                classes.insert(name)
            } else if !ClassRouteMap.contains(value.path) {
                networks.append(value)
            }
        }
        self.networks = try MessageCodec.networks(networks)
    }
}
