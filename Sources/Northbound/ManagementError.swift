/// Why a management request failed.
public struct ManagementError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure. Open: a later release may add some.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Known: String {
            case unreachable, disconnected, locked, rejected, deadlineExceeded, protocolViolation, invalidEdit
            case unsupported, aborted, unresponsive
        }

        private let known: Known

        /// The socket cannot be opened: FRR is not running, or the path or the permissions are wrong.
        public static let unreachable = Code(known: .unreachable)
        /// FRR may well be there and announce, but cannot be asked: the permissions forbid it, it does not answer, or it has
        /// not read its configuration yet. Only from sessions that can tell it from `unreachable`, which says then that
        /// nobody listens.
        public static let unresponsive = Code(known: .unresponsive)
        /// The connection ended, or the session was closed.
        public static let disconnected = Code(known: .disconnected)
        /// Somebody else holds a datastore lock.
        public static let locked = Code(known: .locked)
        /// FRR refused an edit or a commit; nothing was changed.
        public static let rejected = Code(known: .rejected)
        /// FRR refused a commit as a whole; nothing was changed. The cause may be an edit, or a daemon that is away.
        public static let aborted = Code(known: .aborted)
        /// No answer in time.
        public static let deadlineExceeded = Code(known: .deadlineExceeded)
        /// Bytes or replies that the protocol does not allow.
        public static let protocolViolation = Code(known: .protocolViolation)
        /// An edit that the model does not allow.
        public static let invalidEdit = Code(known: .invalidEdit)
        /// This FRR cannot do what was asked.
        public static let unsupported = Code(known: .unsupported)

        /// The name of the code, as logs show it.
        public var description: String { known.rawValue }
    }

    /// The kind of failure.
    public let code: Code
    /// Names the object and what is wrong with it, in one line.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// True when the same request may succeed later without a change by anybody.
    public var isRetryable: Bool {
        code != .invalidEdit && code != .unsupported && code != .rejected
    }

    /// The message with its code.
    public var description: String { "\(message) [\(code)]" }
}
