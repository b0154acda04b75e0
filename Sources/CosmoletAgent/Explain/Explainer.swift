/// Answers why this node announces a VIP, or does not. Any task.
public struct Explainer: Sendable {
    private let node: String
    private let reconciler: Reconciler
    private let watches: WatchBoard

    /// Makes an explainer of a running reconciler.
    public init(node: String, reconciler: Reconciler, telemetry: AgentTelemetry) {
        self.node = node
        self.reconciler = reconciler
        watches = telemetry.watches
    }

    /// Explains. One call to the reconciler, for values that it has; all the work is done here, by the caller's task.
    public func explain(_ query: ExplainQuery) async -> Explanation {
        let snapshot = await reconciler.explainSnapshot()
        return ExplanationBuilder(snapshot, node: node, watches: watches.read()).build(query)
    }
}
