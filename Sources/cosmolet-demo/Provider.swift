internal import CosmoletTesting

/// How transactions reach the bgpd of a node.
enum Provider: String, Sendable, Encodable {
    /// mgmtd, staticd and zebra of stock FRR.
    case mgmtd
    /// The module inside bgpd.
    case bgpd
}

extension LabDescription.Node {
    /// How the demo reaches this node's bgpd.
    var provider: Provider { northboundSocket == nil ? .mgmtd : .bgpd }

    /// The same as an agent's `--northbound` and a northbound's `--provider` take it.
    var providerEndpoint: String { "\(provider.rawValue):\(northboundSocket ?? managementSocket)" }
}

extension Fabric {
    /// For each provider one node, chosen from its nodes in the lab's order.
    func oneOfEachProvider(_ choose: ([LabDescription.Node]) -> LabDescription.Node?) -> [LabDescription.Node] {
        [Provider.mgmtd, .bgpd].compactMap { provider in choose(nodes.filter { $0.provider == provider }) }
    }
}
