internal import CCurl

/// Why a transfer could not be made or did not end well, with libcurl's own number and text.
///
/// The text names hosts, files and protocol facts; it never holds request headers or bodies, so it can be logged.
public struct CurlError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure, for deciding; `number` has libcurl's finer one. New kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, Hashable, Sendable {
            case invalidRequest, nameNotResolved, connectFailed, tlsFailed, peerNotVerified, timedOut
            case connectionLost, cancelled, closed, other
        }

        private let kind: Kind

        private init(_ kind: Kind) { self.kind = kind }

        /// An option or the URL was refused before anything was sent.
        public static let invalidRequest = Code(.invalidRequest)
        /// The host or proxy name has no address.
        public static let nameNotResolved = Code(.nameNotResolved)
        /// No connection to the host: refused, unreachable, or the proxy said no.
        public static let connectFailed = Code(.connectFailed)
        /// TLS failed for a reason other than the peer's certificate: protocol, own certificate or key.
        public static let tlsFailed = Code(.tlsFailed)
        /// The server's certificate is not signed by the given authority or is not for the given name.
        public static let peerNotVerified = Code(.peerNotVerified)
        /// A time limit of the request was reached.
        public static let timedOut = Code(.timedOut)
        /// The connection broke before the whole response was there.
        public static let connectionLost = Code(.connectionLost)
        /// The caller gave the transfer up.
        public static let cancelled = Code(.cancelled)
        /// The transfer loop is closed.
        public static let closed = Code(.closed)
        /// Anything else: see `number` and `message`.
        public static let other = Code(.other)

        /// Whether the connection may be why, so that another transfer would fare no better on it. Where there was none
        /// yet, or the caller ended the transfer, it is not.
        public var doubtsConnection: Bool {
            switch kind {
            case .connectionLost, .timedOut, .other: true
            case .invalidRequest, .nameNotResolved, .connectFailed, .tlsFailed, .peerNotVerified, .cancelled, .closed:
                false
            }
        }

        /// The kind's name.
        public var description: String { kind.rawValue }
    }

    /// The kind of failure.
    public var code: Code
    /// The `CURLcode` or `CURLMcode`; 0 when the failure is not libcurl's.
    public var number: Int32
    /// What failed, in words.
    public var message: String

    /// Makes an error.
    public init(code: Code, number: Int32 = 0, message: String) {
        self.code = code
        self.number = number
        self.message = message
    }

    /// The message with libcurl's number.
    public var description: String {
        number == 0 ? message : "\(message) (curl \(number))"
    }
}

extension CurlError {
    /// Turns a result of an easy handle into an error.
    ///
    /// - Parameter detail: the content of the handle's error buffer, which is more telling than the general text.
    init(_ result: CURLcode, detail: String = "") {
        let general = unsafe String(cString: curl_easy_strerror(result))
        self.init(
            code: Code(result), number: Int32(bitPattern: result.rawValue),
            message: detail.isEmpty ? general : detail)
    }

    /// Turns a result of a multi handle into an error.
    init(_ result: CURLMcode, doing action: String) {
        let text = unsafe String(cString: curl_multi_strerror(result))
        self.init(code: .other, number: result.rawValue, message: "\(action): \(text)")
    }

    static let cancelled = CurlError(code: .cancelled, message: "the transfer was cancelled")
    static let closed = CurlError(code: .closed, message: "the transfer loop is closed")
}

extension CurlError.Code {
    fileprivate init(_ result: CURLcode) {
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .nameNotResolved
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: self = .connectFailed
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR: self = .peerNotVerified
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CRL_BADFILE:
            self = .tlsFailed
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_WRITE_ERROR, CURLE_BAD_CONTENT_ENCODING, CURLE_SSL_SHUTDOWN_FAILED:
            self = .connectionLost
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION,
            CURLE_NOT_BUILT_IN:
            self = .invalidRequest
        case CURLE_ABORTED_BY_CALLBACK: self = .cancelled
        default: self = .other
        }
    }
}
