/// What went wrong with the Kubernetes API or its configuration.
///
/// `message` names the object and, where there is something to do, says what. It holds no token and no object body.
public struct KubernetesError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure. New kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, Hashable, Sendable {
            case configuration, invalidRequest, unauthorized, forbidden, notFound, conflict, expired
            case resourceVersionTooLarge, tooManyRequests, serverError, badRequest, unexpectedStatus
            case connectionFailed, connectionLost, tlsFailed, timedOut, idle
            case malformedResponse, tooLarge, cancelled, shutDown
        }

        private let kind: Kind

        private init(_ kind: Kind) { self.kind = kind }

        /// A kubeconfig, token file or environment that cannot be used.
        public static let configuration = Code(.configuration)
        /// A request that could not be sent as it is.
        public static let invalidRequest = Code(.invalidRequest)
        /// HTTP 401: the server does not know who asks.
        public static let unauthorized = Code(.unauthorized)
        /// HTTP 403: the asker lacks a right. A server that has just started answers so for a moment too.
        public static let forbidden = Code(.forbidden)
        /// HTTP 404.
        public static let notFound = Code(.notFound)
        /// HTTP 409.
        public static let conflict = Code(.conflict)
        /// HTTP 410, or an ERROR event with code 410: the resourceVersion or continue token is too old.
        public static let expired = Code(.expired)
        /// The server has not seen the resourceVersion yet, as after a restore from an older backup.
        public static let resourceVersionTooLarge = Code(.resourceVersionTooLarge)
        /// HTTP 429.
        public static let tooManyRequests = Code(.tooManyRequests)
        /// HTTP 5xx.
        public static let serverError = Code(.serverError)
        /// HTTP 400 and 422.
        public static let badRequest = Code(.badRequest)
        /// Any other status but success.
        public static let unexpectedStatus = Code(.unexpectedStatus)
        /// No connection: name lookup, TCP, proxy.
        public static let connectionFailed = Code(.connectionFailed)
        /// The connection broke within a response.
        public static let connectionLost = Code(.connectionLost)
        /// TLS failed, among others because the server could not be verified.
        public static let tlsFailed = Code(.tlsFailed)
        /// A time limit was reached.
        public static let timedOut = Code(.timedOut)
        /// Nothing was heard on a response for longer than allowed.
        public static let idle = Code(.idle)
        /// The response is not what the API says.
        public static let malformedResponse = Code(.malformedResponse)
        /// The response is longer than this client accepts.
        public static let tooLarge = Code(.tooLarge)
        /// The caller's task was cancelled.
        public static let cancelled = Code(.cancelled)
        /// The client was shut down.
        public static let shutDown = Code(.shutDown)

        /// The kind's name.
        public var description: String { kind.rawValue }
    }

    /// The kind of failure.
    public var code: Code
    /// What failed, on which object, and what to do.
    public var message: String
    /// The HTTP status, or the code of an ERROR event; nil if the server did not answer.
    public var status: Int?
    /// How long the server asks to wait before the next request.
    public var retryAfter: Duration?

    /// Makes an error.
    public init(code: Code, message: String, status: Int? = nil, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.status = status
        self.retryAfter = retryAfter
    }

    /// Whether the same request may succeed later without anyone changing it or the configuration.
    ///
    /// 401 and 403 count: tokens are rotated and read again, and a server that starts refuses rights for a moment.
    public var isRetryable: Bool {
        switch code {
        case .configuration, .invalidRequest, .conflict, .expired, .badRequest, .tooLarge, .cancelled, .shutDown: false
        default: true
        }
    }

    /// Kind and message.
    public var description: String { "\(code): \(message)" }
}
