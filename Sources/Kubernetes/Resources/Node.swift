/// A node, as far as deciding whether it may announce needs it (API reference, `core/v1 Node`).
public struct Node: KubernetesResource, Hashable {
    /// `/api/v1/nodes`.
    public static let path = ResourcePath(version: "v1", plural: "nodes", isNamespaced: false)

    /// What the object says of itself.
    public var metadata: ObjectMeta
    /// What is wanted.
    public var spec: NodeSpec
    /// What the kubelet and the controllers report.
    public var status: NodeStatus

    /// Makes a node.
    public init(metadata: ObjectMeta, spec: NodeSpec = NodeSpec(), status: NodeStatus = NodeStatus()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// Makes a node with nothing but metadata.
    public init(metadata: ObjectMeta) {
        self.init(metadata: metadata, spec: NodeSpec(), status: NodeStatus())
    }

    private enum CodingKeys: String, CodingKey {
        case metadata, spec, status
    }

    /// Reads a node; unknown fields are ignored.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
        spec = try container.decodeIfPresent(NodeSpec.self, forKey: .spec) ?? NodeSpec()
        status = try container.decodeIfPresent(NodeStatus.self, forKey: .status) ?? NodeStatus()
    }
}

/// What is wanted of a node.
public struct NodeSpec: Sendable, Hashable, Decodable {
    /// Whether the node is cordoned.
    public var unschedulable: Bool
    /// The node's taints.
    public var taints: [Taint]

    /// Makes a specification.
    public init(unschedulable: Bool = false, taints: [Taint] = []) {
        self.unschedulable = unschedulable
        self.taints = taints
    }

    private enum CodingKeys: String, CodingKey {
        case unschedulable, taints
    }

    /// Reads a specification; unknown fields are ignored.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        unschedulable = try container.decodeIfPresent(Bool.self, forKey: .unschedulable) ?? false
        taints = try container.decodeIfPresent([Taint].self, forKey: .taints) ?? []
    }
}

/// A mark that keeps pods away from a node.
public struct Taint: Sendable, Hashable, Decodable {
    /// Its name.
    public var key: String
    /// Its value; nil if it has none.
    public var value: String?
    /// What it does, such as `NoSchedule`.
    public var effect: TaintEffect

    /// Makes a taint.
    public init(key: String, value: String? = nil, effect: TaintEffect) {
        self.key = key
        self.value = value
        self.effect = effect
    }
}

/// What a taint does.
public struct TaintEffect: OpenEnum {
    /// The value as the API writes it.
    public let rawValue: String
    /// Takes any text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// No new pods.
    public static let noSchedule: TaintEffect = "NoSchedule"
    /// No new pods if it can be helped.
    public static let preferNoSchedule: TaintEffect = "PreferNoSchedule"
    /// Running pods must leave.
    public static let noExecute: TaintEffect = "NoExecute"
}

/// What is reported of a node.
public struct NodeStatus: Sendable, Hashable, Decodable {
    /// The node's conditions.
    public var conditions: [NodeCondition]

    /// Makes a status.
    public init(conditions: [NodeCondition] = []) {
        self.conditions = conditions
    }

    private enum CodingKeys: String, CodingKey {
        case conditions
    }

    /// Reads a status; unknown fields are ignored.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        conditions = try container.decodeIfPresent([NodeCondition].self, forKey: .conditions) ?? []
    }

    /// The state of a condition; nil if the node does not have it.
    public func condition(_ type: String) -> ConditionStatus? {
        conditions.first { $0.type == type }?.status
    }
}

/// One condition of a node.
public struct NodeCondition: Sendable, Hashable, Decodable {
    /// Its name, such as `Ready` or `NetworkUnavailable`.
    public var type: String
    /// Whether it holds.
    public var status: ConditionStatus

    /// Makes a condition.
    public init(type: String, status: ConditionStatus) {
        self.type = type
        self.status = status
    }
}

/// Whether a condition holds.
public struct ConditionStatus: OpenEnum {
    /// The value as the API writes it.
    public let rawValue: String
    /// Takes any text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// It holds.
    public static let `true`: ConditionStatus = "True"
    /// It does not hold.
    public static let `false`: ConditionStatus = "False"
    /// Nobody knows.
    public static let unknown: ConditionStatus = "Unknown"
}
