/// What travels in one message: two frames of bytes, whose meaning is the codec's business.
public struct TransportMessage: Sendable, Hashable {
    /// The first frame: method, request id, deadline, or status.
    public var header: [UInt8]
    /// The second frame: the message; may be empty.
    public var body: [UInt8]

    /// Puts the frames together.
    public init(header: [UInt8], body: [UInt8]) {
        self.header = header
        self.body = body
    }

    /// Bytes in both frames.
    public var byteCount: Int { header.count + body.count }
}

/// Who sent a request, as far as the transport knows.
public struct TransportPeer: Sendable, Hashable, CustomStringConvertible {
    /// What stands for the peer's trustworthiness.
    public enum Credentials: Sendable, Hashable {
        /// Proved to have this key, which the list of allowed clients gives that name.
        case curve(publicKey: String, name: String)
        /// Connected to the socket file as this user. In another user or process namespace the numbers are as seen
        /// from here; 0 for a process that cannot be seen.
        case process(userID: UInt32, groupID: UInt32, processID: Int32)
        /// Nothing is known.
        case unknown
    }

    /// The connection, for this server run only: an opaque value, different for peers connected at the same time.
    public var routingID: [UInt8]
    /// What the transport knows of the peer.
    public var credentials: Credentials

    /// Makes a peer.
    public init(routingID: [UInt8], credentials: Credentials) {
        self.routingID = routingID
        self.credentials = credentials
    }

    /// For logs and the journal.
    public var description: String {
        switch credentials {
        case .curve(let publicKey, let name): name.isEmpty ? "key \(publicKey)" : "\(name) (key \(publicKey))"
        case .process(let userID, _, let processID): "uid \(userID) pid \(processID)"
        case .unknown: "unknown"
        }
    }
}

extension TransportPeer.Credentials {
    /// Reads libzmq's peer address of an `ipc://` connection, `localhost:uid:gid:pid`, the numbers out of SO_PEERCRED.
    /// A peer cannot set it: libzmq takes its own value before what the peer says of itself.
    init(peerAddress: String?) {
        let parts = (peerAddress ?? "").split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "localhost" || parts[0].isEmpty, let userID = UInt32(parts[1]),
            let groupID = UInt32(parts[2]),
            let processID = Int32(parts[3])
        else {
            self = .unknown
            return
        }
        self = .process(userID: userID, groupID: groupID, processID: processID)
    }
}
