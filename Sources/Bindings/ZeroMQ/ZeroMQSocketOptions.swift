internal import CZeroMQ

/// What a `ZeroMQSocket` is told before it is bound or connected. Names in parentheses are libzmq's options.
public struct ZeroMQSocketOptions: Sendable {
    /// Pings inside ZMTP, by which a dead peer is noticed although no request is under way.
    public struct Heartbeat: Sendable, Hashable {
        /// Time between two pings (ZMQ_HEARTBEAT_IVL).
        public var interval: Duration
        /// A peer that says nothing for this long after a ping is dropped (ZMQ_HEARTBEAT_TIMEOUT), and is told to
        /// drop us likewise (ZMQ_HEARTBEAT_TTL).
        public var timeout: Duration

        /// Makes a rhythm.
        public init(interval: Duration, timeout: Duration) {
            self.interval = interval
            self.timeout = timeout
        }
    }

    /// Which side of CurveZMQ the socket is. Keys are Z85 text of 40 characters.
    public enum Security: Sendable, Hashable {
        /// No encryption, no authentication: for `ipc://` and `inproc://`, where file permissions decide.
        case none
        /// Takes clients that the `CurveAuthenticator` of the same context allows.
        case curveServer(secretKey: String)
        /// Talks only to the server with that public key.
        case curveClient(keyPair: CurveKeyPair, serverKey: String)
    }

    /// How long closing may wait for unsent messages (ZMQ_LINGER), at most 30 s.
    public var linger: Duration = .zero
    /// Messages that may wait to be sent to one peer (ZMQ_SNDHWM), at least 1.
    public var sendLimit = 1000
    /// Messages of one peer that may wait to be received (ZMQ_RCVHWM), at least 1.
    public var receiveLimit = 1000
    /// The longest frame accepted; a peer that sends a longer one is disconnected (ZMQ_MAXMSGSIZE).
    public var frameByteLimit = 1 << 20
    /// ROUTER: `send` says so when there is no such peer or its queue is full, instead of dropping the message without
    /// a word (ZMQ_ROUTER_MANDATORY).
    public var reportsUnroutable = false
    /// Queue only for peers that are connected, not for ones that may come (ZMQ_IMMEDIATE). When a connection ends,
    /// libzmq then throws away what it received on it and nobody has taken yet.
    public var queuesForConnectedOnly = false
    /// Pings; nil for none.
    public var heartbeat: Heartbeat?
    /// First pause before connecting again (ZMQ_RECONNECT_IVL); it doubles up to `reconnectIntervalLimit`.
    public var reconnectInterval: Duration = .milliseconds(20)
    /// Longest pause before connecting again (ZMQ_RECONNECT_IVL_MAX).
    public var reconnectIntervalLimit: Duration = .seconds(1)
    /// A connection that has not finished its handshake by then is dropped (ZMQ_HANDSHAKE_IVL).
    public var handshakeTimeout: Duration = .seconds(5)
    /// Encryption and authentication (ZMQ_CURVE_*, ZMQ_ZAP_DOMAIN).
    public var security: Security = .none
    /// Whether host names may mean IPv6 addresses (ZMQ_IPV6).
    public var usesIPv6 = false

    /// The defaults stated above.
    public init() {}
}

extension ZeroMQSocket {
    /// The ZAP domain that all our CURVE servers use.
    static let authenticationDomain = "cosmolet"

    func apply(_ options: ZeroMQSocketOptions, kind: Kind) throws(ZeroMQError) {
        let linger = min(max(options.linger, .zero), .seconds(30))
        try set(ZMQ_LINGER, linger.wholeMilliseconds, "LINGER")
        try set(ZMQ_SNDHWM, Int32(clamping: max(1, options.sendLimit)), "SNDHWM")
        try set(ZMQ_RCVHWM, Int32(clamping: max(1, options.receiveLimit)), "RCVHWM")
        try setWide(ZMQ_MAXMSGSIZE, Int64(max(1, options.frameByteLimit)), "MAXMSGSIZE")
        try set(ZMQ_IMMEDIATE, options.queuesForConnectedOnly ? 1 : 0, "IMMEDIATE")
        try set(ZMQ_RECONNECT_IVL, options.reconnectInterval.wholeMilliseconds, "RECONNECT_IVL")
        try set(ZMQ_RECONNECT_IVL_MAX, options.reconnectIntervalLimit.wholeMilliseconds, "RECONNECT_IVL_MAX")
        try set(ZMQ_HANDSHAKE_IVL, options.handshakeTimeout.wholeMilliseconds, "HANDSHAKE_IVL")
        try set(ZMQ_IPV6, options.usesIPv6 ? 1 : 0, "IPV6")
        if kind == .router { try set(ZMQ_ROUTER_MANDATORY, options.reportsUnroutable ? 1 : 0, "ROUTER_MANDATORY") }
        if let heartbeat = options.heartbeat {
            try set(ZMQ_HEARTBEAT_IVL, heartbeat.interval.wholeMilliseconds, "HEARTBEAT_IVL")
            try set(ZMQ_HEARTBEAT_TIMEOUT, heartbeat.timeout.wholeMilliseconds, "HEARTBEAT_TIMEOUT")
            try set(ZMQ_HEARTBEAT_TTL, heartbeat.timeout.wholeMilliseconds, "HEARTBEAT_TTL")
        }
        try apply(options.security)
    }

    private func apply(_ security: ZeroMQSocketOptions.Security) throws(ZeroMQError) {
        switch security {
        case .none:
            return
        case .curveServer(let secretKey):
            try set(ZMQ_CURVE_SERVER, 1, "CURVE_SERVER")
            try set(ZMQ_CURVE_SECRETKEY, key: secretKey, "CURVE_SECRETKEY")
            try set(ZMQ_ZAP_DOMAIN, Array(Self.authenticationDomain.utf8), "ZAP_DOMAIN")
        case .curveClient(let keyPair, let serverKey):
            try set(ZMQ_CURVE_SERVERKEY, key: serverKey, "CURVE_SERVERKEY")
            try set(ZMQ_CURVE_PUBLICKEY, key: keyPair.publicKey, "CURVE_PUBLICKEY")
            try set(ZMQ_CURVE_SECRETKEY, key: keyPair.secretKey, "CURVE_SECRETKEY")
        }
    }

    /// libzmq takes Z85 text with its final zero, 41 bytes.
    private func set(_ option: Int32, key: String, _ name: String) throws(ZeroMQError) {
        guard CurveKeyPair.isKey(key) else {
            throw ZeroMQError(code: .invalidArgument, message: "\(name): not a key of 40 Z85 characters")
        }
        try set(option, Array(key.utf8) + [0], name)
    }
}

extension Duration {
    /// Rounded up, at most what an `Int32` holds.
    var wholeMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        let (quotient, remainder) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
        return Int32(clamping: seconds * 1000 + quotient + (remainder > 0 ? 1 : 0))
    }
}
