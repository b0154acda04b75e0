public import Bindings

/// What a `RequestServer` needs to know.
public struct RequestServerConfiguration: Sendable {
    /// Where to listen.
    public var endpoint: TransportEndpoint
    /// How clients are known; `zmq+tcp://` needs `.curve`.
    public var security: ServerSecurity
    /// For `zmq+ipc://`: group of the socket file and of a directory made for it, by name or number; nil for the
    /// process's own.
    public var group: String?
    /// Requests that may be in hand at once.
    public var requestLimit = 2048
    /// Requests of one connection that may be in hand at once.
    public var requestLimitPerPeer = 1100
    /// Bytes of requests that may be in hand at once.
    public var requestByteLimit = 16 << 20
    /// The longest frame, of requests and of replies. A peer that sends a longer one is disconnected.
    public var frameByteLimit = 1 << 20
    /// Replies that may wait for one slow peer; further ones to it are dropped and counted. So a peer can hold this
    /// many times `frameByteLimit` of memory at worst.
    public var replyLimitPerPeer = 1100
    /// How long `run()` may take at its end to send replies that are waiting.
    public var linger: Duration = .seconds(1)
    /// Pings by which dead peers are noticed and forgotten; nil for none.
    public var heartbeat: ZeroMQSocketOptions.Heartbeat? = .init(interval: .seconds(2), timeout: .seconds(6))

    /// Makes a configuration with the defaults above.
    public init(endpoint: TransportEndpoint, security: ServerSecurity = .filePermissions, group: String? = nil) {
        self.endpoint = endpoint
        self.security = security
        self.group = group
    }
}

/// What a `RequestServer` has seen since it was made. Only `requestsInHand` goes down.
public struct RequestServerStatistics: Sendable, Hashable {
    /// Requests given to the handler and not yet answered.
    public var requestsInHand = 0
    /// Requests given to the handler.
    public var requests = 0
    /// Messages refused: too many in hand, stopping, or with a wrong number of frames.
    public var requestsRefused = 0
    /// Of the refused, those with a wrong number of frames.
    public var requestsMalformed = 0
    /// Requests dropped, as their sender's key is not, or no longer, on the list.
    public var requestsUnauthenticated = 0
    /// Replies handed to libzmq.
    public var replies = 0
    /// Replies dropped, as the peer does not read the ones before.
    public var repliesDroppedSlowPeer = 0
    /// Replies dropped, as the peer is gone.
    public var repliesDroppedNoPeer = 0
    /// Replies that were too long and gave way to a refusal.
    public var repliesTooLong = 0
    /// Connections made.
    public var connections = 0
    /// Connections refused for their key.
    public var keysRefused = 0
    /// Connections that failed before they were made, also those refused for their key.
    public var handshakesFailed = 0
    /// Failures of libzmq itself while receiving or sending.
    public var socketErrors = 0
}
