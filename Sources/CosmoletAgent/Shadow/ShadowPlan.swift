internal import Announcements
internal import Kubernetes
public import Logging
internal import NetworkTypes
public import Northbound

/// What an agent that starts on a node now would announce, beside what FRR announces there: nothing is changed.
///
/// For moving to Cosmolet, and for trying a configuration. The rules are the agent's, with regard to time as after a start:
/// a VIP that drains and is not announced stays so.
public struct ShadowPlan: Sendable, Hashable, Codable {
    /// The node that was planned for.
    public var node: String
    /// What it was compared with; nil for nothing.
    public var comparedWith: String?
    /// One for each prefix that is wanted or announced, ordered by prefix.
    public var lines: [Line]
    /// VIP entries that are not announced from this node, ordered by Service.
    public var notAnnounced: [Reason]
    /// So many withdrawals an agent would hold back by its fuse.
    public var heldByFuse: Int
    /// Objects that could not be read. An agent that already knew them would go on with what it knew.
    public var unreadable: [String]

    /// What would become of a prefix. Raw values are stable.
    public enum Change: String, Sendable, Hashable, Codable {
        /// Announced anew.
        case add
        /// Withdrawn.
        case remove
        /// Given another class.
        case change
        /// Nothing.
        case same
        /// Announced by hand and left alone.
        case byHand
    }

    /// One prefix.
    public struct Line: Sendable, Hashable, Codable {
        /// What would become of it.
        public var change: Change
        /// The prefix.
        public var prefix: String
        /// The class that it would have, or has if it goes.
        public var attributeClass: String
        /// The class that it has now, where that is another one.
        public var from: String?
        /// Why, one for each Service with this address.
        public var reasons: [Reason]

        private enum CodingKeys: String, CodingKey {
            case change, prefix, from, reasons
            case attributeClass = "class"
        }
    }

    /// The outcome for one VIP entry of a Service.
    public struct Reason: Sendable, Hashable, Codable {
        /// `namespace/name`.
        public var service: String
        /// The address as written.
        public var address: String
        /// Code of the outcome.
        public var reason: String
        /// The same in words.
        public var explanation: String
    }

    /// Whether an agent would change anything.
    public var hasDifference: Bool { lines.contains { $0.change != .same && $0.change != .byHand } }

    /// Lists, plans and compares.
    ///
    /// - Parameters:
    ///   - kubeconfig: a path; nil to look for one as `kubectl` does.
    ///   - running: what FRR announces, and where that was read; nil to compare with nothing.
    /// - Throws: when the API server cannot be asked, or the node does not exist.
    public init(
        configuration: AgentConfiguration, kubeconfig: String?, node: String,
        running: (networks: Set<Network>, source: String)?, logger: Logger
    ) async throws(OperatorError) {
        let facts = try await OperatorClient.with(kubeconfig: kubeconfig, logger: logger) {
            (client: KubernetesClient) async throws(OperatorError) in
            try await ShadowFacts(client, node: node, configuration: configuration.planner)
        }
        self.init(facts, node: node, running: running)
    }

    init(_ facts: ShadowFacts, node: String, running: (networks: Set<Network>, source: String)?) {
        self.node = node
        comparedWith = running?.source
        unreadable = facts.unreadable
        let networks = running?.networks ?? []
        let announced = Reconciler.announced(networks)
        var store = facts.store
        guard let plan = store.plan(running: announced, at: .zero) else {
            (lines, notAnnounced, heldByFuse) = ([], [], 0)
            return
        }
        heldByFuse = plan.heldByFuse.count
        let decisions = Dictionary(grouping: plan.decisions.filter { $0.vip != nil }) { IPPrefix(host: $0.vip!) }
        let current = Dictionary(networks.map { ($0.prefix, $0.attributeClass) }, uniquingKeysWith: min)
        // What the fuse holds is wished to go all the same.
        let wished = plan.announcements.filter { !plan.heldByFuse.contains($0.key) }
        let wanted = Dictionary(uniqueKeysWithValues: wished.map { (IPPrefix(host: $0), $1) })
        lines = Set(current.keys).union(wanted.keys).sorted().map { prefix in
            Line(prefix, current[prefix], wanted[prefix], decisions[prefix] ?? [])
        }
        notAnnounced = plan.decisions.filter { decision in
            decision.attributeClass == nil && decision.vip.map { plan.announcements[$0] == nil } ?? true
        }.map(Reason.init)
    }
}

extension ShadowPlan.Line {
    fileprivate init(
        _ prefix: IPPrefix, _ current: AttributeClass?, _ wanted: AttributeClass?, _ decisions: [Decision]
    ) {
        let change: ShadowPlan.Change =
            switch (current, wanted) {
            case (.manual?, _): .byHand
            case (nil, _): .add
            case (_, nil): .remove
            case (let current?, let wanted?): current == wanted ? .same : .change
            }
        // Who does not want it matters only where nobody does.
        let relevant = wanted == nil ? decisions : decisions.filter { $0.attributeClass != nil }
        self.init(
            change: change, prefix: "\(prefix)",
            attributeClass: "\((change == .byHand ? current : wanted) ?? current ?? .default)",
            from: change == .change ? current.map { "\($0)" } : nil, reasons: relevant.map(ShadowPlan.Reason.init))
    }
}

extension ShadowPlan.Reason {
    fileprivate init(_ decision: Decision) {
        self.init(
            service: "\(decision.service)", address: decision.text, reason: decision.reason.rawValue,
            explanation: decision.reason.explanation)
    }
}
