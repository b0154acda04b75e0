internal import NetworkTypes

/// Which networks a path of Get names: all below a node of the model, those of one family, or one.
public struct NetworkSubtree: Sendable, Hashable {
    private enum Scope: Hashable {
        case families(Set<AddressFamily>)
        case entry(IPPrefix)
    }

    private let scope: Scope

    /// Reads a path: a node above the networks, a list `network-config`, one entry of it, or its class leaf.
    ///
    /// - Throws: `ManagementError` with code `invalidEdit`, naming the path and what is wrong with it.
    public init(path: String) throws(ManagementError) {
        let families = AddressFamily.allCases.filter { NetworkPath.isNode(path, at: $0) }
        if families.isEmpty {
            scope = .entry(try NetworkPath.prefix(of: path))
        } else {
            scope = .families(Set(families))
        }
    }

    /// True when the network lies in the subtree.
    public func contains(_ network: Network) -> Bool {
        switch scope {
        case .families(let families): families.contains(network.prefix.family)
        case .entry(let prefix): prefix == network.prefix
        }
    }
}

extension Set<Network> {
    /// Those in one of the subtrees; all when there is none.
    public func within(_ subtrees: [NetworkSubtree]) -> Set<Network> {
        subtrees.isEmpty ? self : filter { network in subtrees.contains { $0.contains(network) } }
    }
}
