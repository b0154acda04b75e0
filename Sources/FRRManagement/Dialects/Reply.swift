internal import Bindings

/// A frame from mgmtd, understood.
struct Reply: Sendable, Hashable {
    /// The session it belongs to.
    var session: UInt64
    /// Echo of the request's number.
    var request: UInt64
    var body: Body

    enum Body: Sendable, Hashable {
        case sessionCreated
        case sessionDeleted
        case locked(Datastore?, take: Bool)
        /// The flags are only used to tell 10.4/10.5, which mix them up, from later releases.
        case edited(changed: Bool, created: Bool)
        /// The text is a note such as "No changes found", and proves nothing (hazard 25).
        case committed(String?)
        /// JSON; `partialError` is 0 or a negative errno, for instance -22 for an absent state path.
        case tree([UInt8], partialError: Int)
        /// Leaves of an FeGetReply.
        case leaves([FrontEndMessage.Leaf], isLast: Bool)
        case failure(Failure)
        case notification
    }

    /// A refusal.
    struct Failure: Sendable, Hashable {
        /// Absolute errno where the dialect has one; its sign is not consistent on the wire.
        var errno: Int?
        /// For people.
        var text: String

        static let busy = 16
    }

    /// The refusal, if this is one.
    var failure: Failure? {
        guard case .failure(let failure) = body else { return nil }
        return failure
    }
}
