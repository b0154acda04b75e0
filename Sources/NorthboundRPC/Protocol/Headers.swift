public import Northbound

/// Version of the northbound API. Peers of one major version understand each other.
public struct APIVersion: Sendable, Hashable, CustomStringConvertible {
    /// Changes when older peers would misunderstand.
    public var major: UInt32
    /// Changes when something is added.
    public var minor: UInt32

    /// Makes a version.
    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// What this release speaks.
    public static let current = APIVersion(major: 1, minor: 0)

    /// `1.0`
    public var description: String { "\(major).\(minor)" }

    /// Passes when the peer's version is understood.
    ///
    /// - Throws: `failedPrecondition` naming both versions.
    public func check(peer: String) throws(NorthboundError) {
        guard major == APIVersion.current.major else {
            throw NorthboundError(
                .failedPrecondition,
                "the \(peer) speaks version \(self) of the northbound API, this side version \(APIVersion.current)")
        }
    }
}

/// The methods of the service; the raw values are their names on the wire.
public enum NorthboundMethod: String, Sendable, Hashable, CaseIterable {
    // Named as in `Protos/cosmolet_northbound.proto`, which says what each does.
    case heartbeat = "Heartbeat"
    case getCapabilities = "GetCapabilities"
    case get = "Get"
    case createCandidate = "CreateCandidate"
    case editCandidate = "EditCandidate"
    case deleteCandidate = "DeleteCandidate"
    case commit = "Commit"
    case confirmCommit = "ConfirmCommit"
    case listTransactions = "ListTransactions"
    case getTransaction = "GetTransaction"
    case rollbackTo = "RollbackTo"
    case lockConfig = "LockConfig"
    case unlockConfig = "UnlockConfig"
    case renewLease = "RenewLease"

    /// Name of the service that has these methods.
    public static let service = "cosmolet.northbound.v1.Northbound"
}

/// First frame of a request.
public struct RequestHeader: Sendable, Hashable {
    /// What the client speaks.
    public var version: APIVersion
    /// Name of the service.
    public var service: String
    /// Name of the method; `checkedMethod()` says whether it is known.
    public var method: String
    /// The client's name for this request; the idempotency key of Commit and RollbackTo.
    public var requestID: String
    /// Who asks.
    public var client: String
    /// How long the client still waits from now on; nil for no deadline. Whole milliseconds on the wire.
    public var timeRemaining: Duration?
    /// The same request was sent before and its reply did not come.
    public var isRetry: Bool

    /// Makes a header of the current version.
    public init(
        method: NorthboundMethod, requestID: String, client: String, timeRemaining: Duration? = nil,
        isRetry: Bool = false
    ) {
        version = .current
        service = NorthboundMethod.service
        self.method = method.rawValue
        self.requestID = requestID
        self.client = client
        self.timeRemaining = timeRemaining
        self.isRetry = isRetry
    }

    /// The method, when this side can serve it.
    ///
    /// - Throws: `failedPrecondition` for another major version, `unimplemented` for an unknown service or method.
    public func checkedMethod() throws(NorthboundError) -> NorthboundMethod {
        try version.check(peer: "client")
        guard service == NorthboundMethod.service else {
            throw NorthboundError(.unimplemented, "there is no service \(service), only \(NorthboundMethod.service)")
        }
        guard let known = NorthboundMethod(rawValue: method) else {
            throw NorthboundError(.unimplemented, "service \(service) has no method \(method)")
        }
        return known
    }
}

/// First frame of a reply.
public struct ReplyHeader: Sendable, Hashable {
    /// What the service speaks.
    public var version: APIVersion
    /// Of the request; empty when its header could not be read.
    public var requestID: String
    /// How the call ended.
    public var status: StatusCode
    /// Names what is wrong; empty for `ok`.
    public var message: String
    /// More replies to the same request follow.
    public var hasMore: Bool

    /// Makes a header of the current version.
    public init(requestID: String, status: StatusCode = .ok, message: String = "", hasMore: Bool = false) {
        version = .current
        self.requestID = requestID
        self.status = status
        self.message = message
        self.hasMore = hasMore
    }

    /// Passes when the call succeeded and the second frame can be decoded.
    ///
    /// - Throws: what the service answered, or `failedPrecondition` for another major version.
    public func check() throws(NorthboundError) {
        guard status == .ok else { throw NorthboundError(status, message) }
        try version.check(peer: "service")
    }
}

/// The two frames of a request or reply, or topic and message of the commit log.
public struct MessageFrames: Sendable, Hashable {
    /// Header or topic.
    public var header: [UInt8]
    /// The method's message; empty for a failed call.
    public var body: [UInt8]

    /// Makes a pair of frames.
    public init(header: [UInt8], body: [UInt8]) {
        self.header = header
        self.body = body
    }
}
