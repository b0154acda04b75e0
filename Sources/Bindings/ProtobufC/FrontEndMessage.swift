/// A message of the protobuf dialect of FRR's mgmtd (9.0 to 10.3), as a Swift value. `Protos/frr_mgmt.proto` has the
/// field numbers and what each message does.
///
/// Datastores are numbered 1 running, 2 candidate, 3 operational in this dialect. `requestID` is echoed in the reply.
public enum FrontEndMessage: Sendable, Hashable {
    /// First message of a connection; never answered.
    case register(clientName: String)
    /// Creates a session under a number of the client's choice.
    case createSession(clientConnectionID: UInt64)
    /// Ends a session.
    case deleteSession(sessionID: UInt64)
    /// Answer to both.
    case sessionReply(SessionReply)
    /// Takes or releases a lock.
    case lock(sessionID: UInt64, requestID: UInt64, datastore: Int32, take: Bool)
    /// Answer to a lock request.
    case lockReply(sessionID: UInt64, requestID: UInt64, datastore: Int32, take: Bool, result: Result)
    /// Edits the candidate. The wire's `commit_ds_id` is always 1: any other value crashes mgmtd.
    case setConfig(sessionID: UInt64, requestID: UInt64, edits: [LeafEdit])
    /// Answer to an edit.
    case setConfigReply(sessionID: UInt64, requestID: UInt64, result: Result)
    /// Commits candidate to running, validates or aborts.
    case commit(sessionID: UInt64, requestID: UInt64, validateOnly: Bool, abort: Bool)
    /// Answer to a commit. A text next to success is a note.
    case commitReply(sessionID: UInt64, requestID: UInt64, validateOnly: Bool, result: Result)
    /// Reads configuration, at most 8 paths.
    case get(sessionID: UInt64, requestID: UInt64, datastore: Int32, paths: [String])
    /// A part of the answer to a read; `isLast` when no more follow.
    case getReply(sessionID: UInt64, requestID: UInt64, leaves: [Leaf], isLast: Bool, result: Result)

    /// Success flag and text of a reply.
    public struct Result: Sendable, Hashable {
        /// What the reply says of itself.
        public var isSuccess: Bool
        /// For people; its wording is not reliable.
        public var text: String?

        /// Makes a result.
        public init(isSuccess: Bool, text: String? = nil) {
            self.isSuccess = isSuccess
            self.text = text
        }
    }

    /// What FeSessionReply carries.
    public struct SessionReply: Sendable, Hashable {
        /// True for the answer to a creation.
        public var isCreation: Bool
        /// Whether it was done.
        public var isSuccess: Bool
        /// Echo of the client's number, in the answer to a creation.
        public var clientConnectionID: UInt64?
        /// The session's number in mgmtd.
        public var sessionID: UInt64

        /// Makes a reply.
        public init(isCreation: Bool, isSuccess: Bool, clientConnectionID: UInt64?, sessionID: UInt64) {
            self.isCreation = isCreation
            self.isSuccess = isSuccess
            self.clientConnectionID = clientConnectionID
            self.sessionID = sessionID
        }
    }

    /// One edit: a set of a leaf, or the removal of a node.
    public enum LeafEdit: Sendable, Hashable {
        /// Sets a leaf, making its ancestors. Without a value: a list entry.
        case set(path: String, value: String?)
        /// Removes a node; its absence is no error.
        case remove(path: String)
    }

    /// A leaf that was read.
    public struct Leaf: Sendable, Hashable {
        /// Path with keys.
        public var path: String
        /// Value as text, nil when the reply had none.
        public var value: String?

        /// Makes a leaf.
        public init(path: String, value: String?) {
            self.path = path
            self.value = value
        }
    }
}

/// Bytes that are no message of the dialect.
public struct FrontEndMessageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in words.
    public let description: String
}
