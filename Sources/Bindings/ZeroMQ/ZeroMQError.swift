internal import CZeroMQ
internal import Glibc

/// Why a ZeroMQ socket, or a file it needs, could not be used; with the system's or libzmq's number and text.
///
/// The text names endpoints, paths and options. It never holds keys or message bytes, so it can be logged.
public struct ZeroMQError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure, for deciding; `number` has the finer one. New kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, Hashable, Sendable {
            case addressInUse, forbidden, invalidArgument, terminated, system
        }

        private let kind: Kind

        private init(_ kind: Kind) { self.kind = kind }

        /// Somebody listens there already.
        public static let addressInUse = Code(.addressInUse)
        /// Permissions forbid it, or are too open to be trusted with a secret.
        public static let forbidden = Code(.forbidden)
        /// An endpoint, option, key or path that cannot be used.
        public static let invalidArgument = Code(.invalidArgument)
        /// The context was terminated under the socket.
        public static let terminated = Code(.terminated)
        /// Anything else: see `number` and `message`.
        public static let system = Code(.system)

        /// The kind's name.
        public var description: String { kind.rawValue }
    }

    /// The kind of failure.
    public var code: Code
    /// `errno` as libzmq or the system left it; 0 when none was involved.
    public var number: Int32
    /// What failed, in words.
    public var message: String

    /// Makes an error.
    public init(code: Code, number: Int32 = 0, message: String) {
        self.code = code
        self.number = number
        self.message = message
    }

    /// The message with the number.
    public var description: String {
        number == 0 ? message : "\(message) (errno \(number))"
    }
}

extension ZeroMQError {
    /// Reads libzmq's error number. To be called on the thread of the failed call, in the next statement.
    static func last(_ action: String) -> ZeroMQError {
        let number = zmq_errno()
        return ZeroMQError(number: number, doing: action)
    }

    /// Turns an `errno` into an error; libzmq has texts for its own numbers and the system's.
    init(number: Int32, doing action: String) {
        let text = unsafe String(cString: zmq_strerror(number))
        let code: Code =
            switch number {
            case EADDRINUSE: .addressInUse
            case EACCES, EPERM: .forbidden
            case EINVAL, EPROTONOSUPPORT, EADDRNOTAVAIL, ENODEV, ENAMETOOLONG: .invalidArgument
            case cosmolet_zmq_eterm: .terminated
            default: .system
            }
        self.init(code: code, number: number, message: "\(action): \(text)")
    }
}
