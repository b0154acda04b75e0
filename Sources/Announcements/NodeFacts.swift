/// One taint of a node.
public struct TaintFact: Sendable, Hashable {
    /// Its name.
    public var key: String
    /// Its value; empty if it has none.
    public var value: String
    /// What it does, such as `NoSchedule`.
    public var effect: String

    /// Makes a taint.
    public init(key: String, value: String = "", effect: String) {
        self.key = key
        self.value = value
        self.effect = effect
    }
}

/// What the planner needs to know of the node it plans for.
public struct NodeFacts: Sendable, Hashable {
    /// Name of the Node object, as `nodeName` of endpoints has it.
    public var name: String
    /// Label `node.kubernetes.io/exclude-from-external-load-balancers` (KEP-1143): its value, nil when absent. Its
    /// presence counts, whatever the value.
    public var exclusionLabel: String?
    /// Condition `NetworkUnavailable` is `True`.
    public var isNetworkUnavailable: Bool
    /// Condition `Ready` is `True`; false also when it is unknown or absent.
    public var isReady: Bool
    /// `spec.unschedulable`: the node is cordoned.
    public var isUnschedulable: Bool
    /// All taints.
    public var taints: [TaintFact]
    /// What the annotations ask for.
    public var annotations: NodeAnnotations

    /// Makes facts of a healthy node.
    public init(
        name: String, exclusionLabel: String? = nil, isNetworkUnavailable: Bool = false, isReady: Bool = true,
        isUnschedulable: Bool = false, taints: [TaintFact] = [], annotations: NodeAnnotations = NodeAnnotations()
    ) {
        self.name = name
        self.exclusionLabel = exclusionLabel
        self.isNetworkUnavailable = isNetworkUnavailable
        self.isReady = isReady
        self.isUnschedulable = isUnschedulable
        self.taints = taints
        self.annotations = annotations
    }
}

/// Which taints drain a node: `key`, `key=value`, `key:Effect` or `key=value:Effect`.
public struct TaintPattern: Sendable, Hashable, CustomStringConvertible {
    /// The taint's name.
    public let key: String
    /// Its value; nil for any.
    public let value: String?
    /// Its effect; nil for any.
    public let effect: String?

    /// The effects that Kubernetes knows.
    public static let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

    /// Reads a pattern.
    ///
    /// - Throws: `SelectorError` when it is none.
    public init(_ text: String) throws(SelectorError) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        key = String(parts[0])
        value = parts.count == 2 ? String(parts[1]) : nil
        effect = halves.count == 2 ? String(halves[1]) : nil
        guard LabelSyntax.isKey(key[...]) else {
            throw SelectorError(text, "is not a taint; key, key=value, key:Effect or key=value:Effect is expected")
        }
        if let value, !LabelSyntax.isValue(value[...]) {
            throw SelectorError(text, "has a value that no taint can have")
        }
        if let effect, !Self.effects.contains(effect) {
            throw SelectorError(text, "has an effect that is not one of \(Self.effects.joined(separator: ", "))")
        }
    }

    /// Whether a taint is meant.
    public func matches(_ taint: TaintFact) -> Bool {
        key == taint.key && (value == nil || value == taint.value) && (effect == nil || effect == taint.effect)
    }

    /// As it is written.
    public var description: String {
        key + (value.map { "=\($0)" } ?? "") + (effect.map { ":\($0)" } ?? "")
    }
}
