public import NetworkTypes

/// A YANG instance path and its canonical value, the unit of the northbound API (gRPC northbound of FRR: `PathValue`).
public struct PathValue: Sendable, Hashable, Codable {
    /// Absolute path with module prefixes where the module changes.
    public var path: String
    /// Canonical value, nil for a node without one or for a removal.
    public var value: String?

    /// Makes a pair.
    public init(path: String, value: String? = nil) {
        self.path = path
        self.value = value
    }
}

/// The path of a `network-config` list entry of FRR's module `frr-bgp` (`yang/frr-bgp.yang`, grouping
/// `network-config`), in the default VRF.
///
/// ```
/// /frr-routing:routing/control-plane-protocols
///   /control-plane-protocol[type='frr-bgp:bgp'][name='bgp'][vrf='default']/frr-bgp:bgp/global/afi-safis
///   /afi-safi[afi-safi-name='frr-routing:ipv4-unicast']/ipv4-unicast/network-config[prefix='198.51.100.1/32']
/// ```
public enum NetworkPath {
    /// The node above all networks of the default BGP instance.
    package static let instance =
        "/frr-routing:routing/control-plane-protocols/control-plane-protocol"
        + "[type='frr-bgp:bgp'][name='bgp'][vrf='default']/frr-bgp:bgp/global/afi-safis"
    private static let classLeaf = "/rmap-policy-export"

    /// The route-map of a class, the value of `rmap-policy-export`: `COSMOLET-<class>`.
    public static let routeMapPrefix = "COSMOLET-"

    /// The path of the list entry of a prefix.
    public static func entry(_ prefix: IPPrefix) -> String {
        "\(list(prefix.family))[prefix='\(prefix)']"
    }

    /// Path and value that announce a network.
    public static func pathValue(_ network: Network) -> PathValue {
        PathValue(
            path: entry(network.prefix) + classLeaf, value: routeMapPrefix + network.attributeClass.rawValue)
    }

    /// Path and value of an edit: a set names the class leaf and its value, a remove the list entry.
    public static func pathValue(_ edit: NetworkEdit) -> PathValue {
        switch edit {
        case .set(let network): pathValue(network)
        case .remove(let prefix): PathValue(path: entry(prefix))
        }
    }

    /// Reads a path and value back into an edit.
    ///
    /// - Throws: `ManagementError` with code `invalidEdit`, naming the path and what is wrong with it.
    public static func edit(_ pathValue: PathValue) throws(ManagementError) -> NetworkEdit {
        let path = pathValue.path
        let (prefix, leaf) = try entry(of: path)
        guard let value = pathValue.value else {
            guard leaf.isEmpty else {
                throw ManagementError(.invalidEdit, "path \(path): only a whole network-config entry can be removed")
            }
            return .remove(prefix)
        }
        guard leaf == classLeaf else {
            throw ManagementError(.invalidEdit, "path \(path): the only leaf that can be set is rmap-policy-export")
        }
        guard value.hasPrefix(routeMapPrefix),
            let name = AttributeClass(rawValue: String(value.dropFirst(routeMapPrefix.count)))
        else {
            throw ManagementError(.invalidEdit, "path \(path): value \"\(value)\" is not \(routeMapPrefix)<class>")
        }
        return .set(Network(prefix: prefix, attributeClass: name))
    }

    /// The prefix of a path that names an entry or its class leaf.
    static func prefix(of path: String) throws(ManagementError) -> IPPrefix {
        let (prefix, leaf) = try entry(of: path)
        guard leaf.isEmpty || leaf == classLeaf else {
            throw ManagementError(.invalidEdit, "path \(path): network-config has no leaf \(leaf.dropFirst()) here")
        }
        return prefix
    }

    /// True when the path names the list of a family's networks, or a node above it.
    static func isNode(_ path: String, at family: AddressFamily) -> Bool {
        let list = list(family)
        guard path != "/" else { return true }
        guard path.hasPrefix("/"), list.hasPrefix(path) else { return false }
        // The path ends where a node ends: at the list, before the next node, or before the keys.
        let next = list.utf8.dropFirst(path.utf8.count).first
        return next == nil || next == UInt8(ascii: "/") || next == UInt8(ascii: "[")
    }

    /// Takes apart the path of a list entry: its prefix, and what comes behind its key.
    private static func entry(of path: String) throws(ManagementError) -> (prefix: IPPrefix, rest: Substring) {
        guard let family = AddressFamily.allCases.first(where: { path.hasPrefix(list($0) + "[prefix='") }) else {
            throw ManagementError(
                .invalidEdit, "path \(path) is not a network-config entry of the default BGP instance")
        }
        let rest = path.dropFirst(list(family).utf8.count + "[prefix='".utf8.count)
        guard let end = rest.firstIndex(of: "'"), rest[end...].hasPrefix("']") else {
            throw ManagementError(.invalidEdit, "path \(path): the key prefix is not closed by ']")
        }
        let prefix: IPPrefix
        do { prefix = try IPPrefix(rest[..<end]) } catch {
            throw ManagementError(.invalidEdit, "path \(path): prefix \(error)")
        }
        guard prefix.family == family else {
            throw ManagementError(.invalidEdit, "path \(path): \(prefix) is not an \(family) prefix")
        }
        return (prefix, rest[end...].dropFirst(2))
    }

    private static func list(_ family: AddressFamily) -> String {
        "\(instance)/afi-safi[afi-safi-name='frr-routing:\(family.rawValue)-unicast']"
            + "/\(family.rawValue)-unicast/network-config"
    }
}
