internal import Bindings

/// Why bytes could not be carried to the other side and back.
///
/// The text names endpoints, files and limits, never keys or message bytes.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure, for deciding. New kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, Hashable, Sendable {
            case invalidConfiguration, insecure, addressInUse, forbidden, deadlineExceeded, cancelled, closed
            case connectionLost, tooManyPending, invalidRequest, system
        }

        private let kind: Kind

        private init(_ kind: Kind) { self.kind = kind }

        /// An endpoint, key, file or group that cannot be used.
        public static let invalidConfiguration = Code(.invalidConfiguration)
        /// `zmq+tcp://` without CURVE keys.
        public static let insecure = Code(.insecure)
        /// A server listens there already.
        public static let addressInUse = Code(.addressInUse)
        /// File permissions forbid it, or are too open.
        public static let forbidden = Code(.forbidden)
        /// No reply came in time. The request may or may not have been executed.
        public static let deadlineExceeded = Code(.deadlineExceeded)
        /// The calling task was cancelled. The request may or may not have been executed.
        public static let cancelled = Code(.cancelled)
        /// This end is closed or was never started.
        public static let closed = Code(.closed)
        /// The connection broke after the request was sent. It may or may not have been executed.
        public static let connectionLost = Code(.connectionLost)
        /// As many calls are waiting as are allowed; this one was not sent.
        public static let tooManyPending = Code(.tooManyPending)
        /// The request is too long, has no correlation value, or that of a call under way; it was not sent.
        public static let invalidRequest = Code(.invalidRequest)
        /// Anything else.
        public static let system = Code(.system)

        /// The kind's name.
        public var description: String { kind.rawValue }
    }

    /// The kind of failure.
    public var code: Code
    /// What failed, in words.
    public var message: String

    /// Makes an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same call may succeed later. Where the request may have been executed, it is to be repeated with the
    /// same request id.
    public var isRetryable: Bool {
        code == .deadlineExceeded || code == .connectionLost || code == .tooManyPending
    }

    /// The message.
    public var description: String { message }
}

extension TransportError {
    init(_ error: ZeroMQError) {
        let code: Code =
            switch error.code {
            case .addressInUse: .addressInUse
            case .forbidden: .forbidden
            case .invalidArgument: .invalidConfiguration
            case .terminated: .closed
            default: .system
            }
        self.init(code: code, message: error.description)
    }
}
