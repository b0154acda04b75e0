/// Why a server did not take a request.
public enum RequestRefusal: Sendable, Hashable {
    /// The server has as many requests, or as many bytes of them, in hand as it may.
    case serverBusy
    /// This peer has as many requests in hand as one may.
    case peerBusy
    /// The message has not exactly two frames.
    case malformed(frameCount: Int)
    /// The server is stopping.
    case stopping
    /// The request was executed, but its reply is longer than a frame may be.
    case replyTooLong(byteCount: Int)
}

/// Counts what is in hand, so that memory stays bounded whatever peers send.
struct RequestAdmission {
    /// The bounds.
    struct Limits: Sendable, Hashable {
        var requests: Int
        var requestsPerPeer: Int
        var bytes: Int
    }

    let limits: Limits
    private(set) var count = 0
    private(set) var byteCount = 0
    private var countByPeer: [[UInt8]: Int] = [:]

    init(limits: Limits) {
        self.limits = limits
    }

    /// Takes a request in hand; or says why not, and changes nothing.
    mutating func admit(peer: [UInt8], byteCount: Int) -> RequestRefusal? {
        let ofPeer = countByPeer[peer] ?? 0
        if ofPeer >= limits.requestsPerPeer { return .peerBusy }
        // One request is always taken, or a long one could never be.
        if count >= limits.requests || (count > 0 && self.byteCount + byteCount > limits.bytes) { return .serverBusy }
        countByPeer[peer] = ofPeer + 1
        count += 1
        self.byteCount += byteCount
        return nil
    }

    /// Lets go of a request that was admitted with the same values.
    mutating func release(peer: [UInt8], byteCount: Int) {
        guard let ofPeer = countByPeer[peer] else { preconditionFailure("released more requests than were admitted") }
        countByPeer[peer] = ofPeer == 1 ? nil : ofPeer - 1
        count -= 1
        self.byteCount -= byteCount
    }
}
