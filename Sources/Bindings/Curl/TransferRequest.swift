/// One HTTP request, with all that libcurl needs to make its connection.
public struct TransferRequest: Sendable {
    /// A header of a request or response. Names compare without case.
    public struct Header: Sendable, Hashable {
        /// The field name.
        public var name: String
        /// The field value, without surrounding blanks.
        public var value: String

        /// Makes a header.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The method, in capitals.
    public var method: String
    /// The absolute URL; only `http` and `https` are accepted.
    public var url: String
    /// Sent in this order. A name or value with a line break is refused as `invalidRequest`.
    public var headers: [Header]
    /// The body; nil sends none.
    public var body: [UInt8]?
    /// How the server is verified and how this side shows who it is.
    public var tls: TLSOptions
    /// The proxy's URL; nil connects directly, whatever the environment of the process says.
    public var proxy: String?
    /// How long name lookup, TCP and TLS may take together.
    public var connectTimeout: Duration
    /// How long the whole exchange may take; nil for one without end, such as a watch.
    public var totalTimeout: Duration?
    /// Whether to ask for a compressed body, which libcurl unpacks.
    public var acceptsCompression: Bool
    /// Whether TLS offers HTTP/2. If the server takes it, transfers share one connection; else it is HTTP/1.1, as
    /// without TLS, and each transfer has one of its own while it lasts.
    public var offersHTTP2: Bool
    /// How many bytes of body may wait for the reader before it is paused: with HTTP/1.1 the connection is no longer
    /// read, with HTTP/2 the server is told to stop, and libcurl keeps what is on its way, up to 32 MiB. So what is
    /// long should not be asked for with HTTP/2, all the less with compression, which makes more of it.
    public var bufferByteLimit: Int

    /// Makes a request.
    public init(
        method: String = "GET", url: String, headers: [Header] = [], body: [UInt8]? = nil,
        tls: TLSOptions = TLSOptions(), proxy: String? = nil, connectTimeout: Duration = .seconds(10),
        totalTimeout: Duration? = nil, acceptsCompression: Bool = false, offersHTTP2: Bool = false,
        bufferByteLimit: Int = 1 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.tls = tls
        self.proxy = proxy
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
        self.acceptsCompression = acceptsCompression
        self.offersHTTP2 = offersHTTP2
        self.bufferByteLimit = bufferByteLimit
    }
}

/// How TLS verifies the server and authenticates this side.
public struct TLSOptions: Sendable, Hashable {
    /// PEM text, by file or by value. A file is read by libcurl at each new connection, so a rotated one is picked up.
    public enum Material: Sendable, Hashable {
        /// A path to a PEM file.
        case file(String)
        /// The PEM bytes themselves.
        case data([UInt8])
    }

    /// The only authority that is trusted; nil for the system's.
    public var authority: Material?
    /// The client certificate (chain).
    public var certificate: Material?
    /// The client certificate's key, without a passphrase.
    public var key: Material?
    /// The name the server's certificate must be for, if not the host of the URL.
    public var serverName: String?
    /// False accepts any certificate for any name.
    public var verifiesServer: Bool

    /// Makes options; by default the server must verify against the system's authorities.
    public init(
        authority: Material? = nil, certificate: Material? = nil, key: Material? = nil, serverName: String? = nil,
        verifiesServer: Bool = true
    ) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
        self.serverName = serverName
        self.verifiesServer = verifiesServer
    }
}

/// Status and headers of a response.
public struct ResponseHead: Sendable, Hashable {
    /// The HTTP status code, 200 to 599.
    public var status: Int
    /// The HTTP version that the connection speaks: `1.1` or `2`.
    public var version: String
    /// In the order received.
    public var headers: [TransferRequest.Header]

    /// Makes a head.
    public init(status: Int, version: String = "1.1", headers: [TransferRequest.Header] = []) {
        self.status = status
        self.version = version
        self.headers = headers
    }

    /// The first value of a header, its name compared without case.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}

/// Assembles a response head from the lines that libcurl's header callback is given.
///
/// Interim responses (1xx) are dropped, and so are trailers, which come after the head is complete.
struct ResponseHeadParser {
    private var status = 0
    private var version = ""
    private var headers: [TransferRequest.Header] = []

    /// Takes one line with its line break; returns the head at the blank line that ends it.
    mutating func consume(_ line: String) -> ResponseHead? {
        let text = line.trimmed
        if text.hasPrefix("HTTP/") {
            let parts = text.split(separator: " ", maxSplits: 2)
            status = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
            version = String(parts[0].dropFirst("HTTP/".count))
            headers = []
        } else if text.isEmpty {
            defer { status = 0 }
            return status >= 200 ? ResponseHead(status: status, version: version, headers: headers) : nil
        } else if let colon = text.firstIndex(of: ":") {
            let name = String(text[..<colon])
            headers.append(.init(name: name, value: String(text[text.index(after: colon)...]).trimmed))
        }
        return nil
    }
}

extension String {
    fileprivate var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0.isNewline }
        guard let start = firstIndex(where: { !isBlank($0) }), let end = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[start...end])
    }
}
