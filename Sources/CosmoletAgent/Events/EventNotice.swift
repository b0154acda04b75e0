internal import Announcements

/// Something that happened, to be told as a Kubernetes Event.
struct EventNotice: Sendable, Hashable {
    /// What it happened to.
    enum Object: Sendable, Hashable {
        case service(ServiceID)
        case node(String)

        /// The object's own name.
        var name: String {
            switch self {
            case .service(let id): id.name
            case .node(let name): name
            }
        }

        /// Where its Events are: those of a Node are in `default`, as the API wants it.
        var namespace: String {
            switch self {
            case .service(let id): id.namespace
            case .node: "default"
            }
        }
    }

    /// The two types of Events.
    enum Severity: String, Sendable, Hashable {
        case normal = "Normal"
        case warning = "Warning"
    }

    var object: Object
    var reason: String
    var severity = Severity.normal
    var message: String
    /// True when every node of the cluster sees the same, so that one of them is to tell it.
    var isClusterWide = false
}

/// Reasons of Events, beyond the planner's own codes. Stable: scripts may look for them.
enum EventReason {
    static let announced = "VIPAnnounced"
    static let draining = "VIPDraining"
    static let withdrawn = "VIPWithdrawn"
    static let refused = "VIPRefused"
    static let drainStarted = "DrainStarted"
    static let drainCompleted = "DrainCompleted"
    static let drainEnded = "DrainEnded"
    static let fuseHeld = "FuseHeld"
    static let fuseReleased = "FuseReleased"
}
