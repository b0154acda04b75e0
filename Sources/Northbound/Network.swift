public import NetworkTypes

/// One BGP network of ours: an entry of the list `network-config` of FRR's YANG module `frr-bgp`, with the attribute
/// class that its leaf `rmap-policy-export` names.
public struct Network: Sendable, Hashable, Comparable, Codable {
    /// The announced prefix; for a VIP a host prefix.
    public var prefix: IPPrefix
    /// What path attributes it carries.
    public var attributeClass: AttributeClass

    /// Makes a network.
    public init(prefix: IPPrefix, attributeClass: AttributeClass = .default) {
        self.prefix = prefix
        self.attributeClass = attributeClass
    }

    /// By prefix, then class.
    public static func < (a: Network, b: Network) -> Bool {
        a.prefix == b.prefix ? a.attributeClass < b.attributeClass : a.prefix < b.prefix
    }
}

/// One change of a transaction. A set creates the network or gives it another class; a remove of an absent network is
/// no error.
public enum NetworkEdit: Sendable, Hashable, Codable {
    /// The network shall exist with this class.
    case set(Network)
    /// The prefix shall not be announced by us.
    case remove(IPPrefix)

    /// The prefix that the edit is about.
    public var prefix: IPPrefix {
        switch self {
        case .set(let network): network.prefix
        case .remove(let prefix): prefix
        }
    }

    /// True for a remove.
    var isRemoval: Bool { if case .remove = self { true } else { false } }
}

extension NetworkEdit: CustomStringConvertible {
    /// `+198.51.100.1/32 default` or `-198.51.100.1/32`, as commit logs print it.
    public var description: String {
        switch self {
        case .set(let network): "+\(network.prefix) \(network.attributeClass)"
        case .remove(let prefix): "-\(prefix)"
        }
    }
}

extension NetworkEdit {
    /// The edits that turn `current` into `wanted`, in prefix order: sets before removes, so that an address change
    /// never leaves a moment without either.
    public static func difference(from current: Set<Network>, to wanted: Set<Network>) -> [NetworkEdit] {
        let wantedPrefixes = Set(wanted.map(\.prefix))
        let sets = wanted.subtracting(current).sorted().map { NetworkEdit.set($0) }
        let gone = Set(current.map(\.prefix)).subtracting(wantedPrefixes).sorted().map { NetworkEdit.remove($0) }
        return sets + gone
    }
}
