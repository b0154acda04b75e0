public import NetworkTypes

/// What one endpoint is worth to a VIP of one family under one policy, seen from one node. The verdict on a VIP is made
/// of these alone.
///
/// The raw values are stable: the explanation of a Service uses them.
public enum EndpointStanding: String, Sendable, Hashable, CaseIterable, Codable, Comparable {
    /// Ready: it counts.
    case ready = "Ready"
    /// Not ready, but it terminates and still serves: it counts where no other endpoint is ready.
    case servingWhileTerminating = "ServingWhileTerminating"
    /// It is in the right place and of the right family, and neither ready nor serving while it terminates.
    case notReady = "NotReady"
    /// It is of the other address family.
    case otherFamily = "OtherFamily"
    /// Policy Local, and it runs on another node, or the slice does not say where.
    case otherNode = "OtherNode"

    /// Judges an endpoint.
    public init(_ endpoint: EndpointFact, family: AddressFamily, policy: TrafficPolicy, node: String) {
        if policy == .local, endpoint.nodeName != node {
            self = .otherNode
        } else if endpoint.address.family != family {
            self = .otherFamily
        } else if endpoint.isReady {
            self = .ready
        } else {
            self = endpoint.counts ? .servingWhileTerminating : .notReady
        }
    }

    /// Whether it can carry traffic of the VIP at all.
    public var counts: Bool { self == .ready || self == .servingWhileTerminating }

    /// A few words for people.
    public var explanation: String {
        switch self {
        case .ready: "ready"
        case .servingWhileTerminating: "terminating, still serving"
        case .notReady: "not ready"
        case .otherFamily: "other address family"
        case .otherNode: "on another node"
        }
    }

    /// The better one first.
    public static func < (a: EndpointStanding, b: EndpointStanding) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .ready: 0
        case .servingWhileTerminating: 1
        case .notReady: 2
        case .otherFamily: 3
        case .otherNode: 4
        }
    }
}
