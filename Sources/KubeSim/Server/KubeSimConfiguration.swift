/// How a `KubeSimServer` listens and whom it lets in.
public struct KubeSimConfiguration: Sendable {
    /// Files for TLS, in PEM.
    public struct TLS: Sendable {
        /// Path of the certificate, followed in the same file by the intermediates if there are any.
        public var certificatePath: String
        /// Path of the private key.
        public var keyPath: String
        /// Path of the CA certificates; if given, clients must show a certificate that one of these has signed.
        public var clientCAPath: String?

        /// Names the files; they are read when the server starts.
        public init(certificatePath: String, keyPath: String, clientCAPath: String? = nil) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
            self.clientCAPath = clientCAPath
        }
    }

    /// Address to listen on.
    public var address = "127.0.0.1"
    /// TCP port to listen on; 0 for one that the system picks.
    public var port = 0
    /// TLS; nil for plain HTTP.
    public var tls: TLS?
    /// If not empty, requests must carry one of these as bearer token and get a 401 otherwise.
    public var bearerTokens: Set<String> = []
    /// How many changes are kept for watches that resume; older ones are compacted.
    public var historyCapacity = 10_000
    /// How many events may wait for one slow watcher before its watch is ended.
    public var watchQueueCapacity = 10_000
    /// How often watches that allow bookmarks get one.
    public var bookmarkInterval: Duration = .seconds(60)
    /// Largest body of a request in bytes; more is answered with 413.
    public var bodyLimitBytes = 3 * 1024 * 1024
    /// How many requests the request log keeps.
    public var requestLogCapacity = 10_000

    /// Plain HTTP on an ephemeral port of 127.0.0.1, open to everybody.
    public init() {}
}

/// Why a server could not be started, or an input of the command line not be used.
public struct KubeSimError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it was.
    public struct Code: Sendable, Hashable {
        private enum Kind: Sendable {
            case cannotListen
            case badTLS
            case badManifest
            case cannotReadFile
            case cannotWriteFile
        }
        private let kind: Kind

        /// The address or port is not to be had.
        public static let cannotListen = Code(kind: .cannotListen)
        /// Certificate, key or CA cannot be used.
        public static let badTLS = Code(kind: .badTLS)
        /// A document to load is malformed or refused.
        public static let badManifest = Code(kind: .badManifest)
        /// A file cannot be read.
        public static let cannotReadFile = Code(kind: .cannotReadFile)
        /// A file cannot be written.
        public static let cannotWriteFile = Code(kind: .cannotWriteFile)
    }

    /// What kind of failure it was.
    public let code: Code
    /// What happened, naming the file or address.
    public let message: String

    /// Makes an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
