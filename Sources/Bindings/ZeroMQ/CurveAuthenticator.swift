/// Answers libzmq's questions about CURVE clients with a list of allowed public keys (ZAP, RFC 27).
///
/// ```
/// request  "1.0" | request id | domain | address | identity | "CURVE" | public key, 32 bytes
/// reply    "1.0" | request id | "200" or "400" | text | public key in Z85 | no metadata
/// ```
///
/// It must be listening before the server socket is bound and be closed after it: without a handler libzmq lets every
/// key in. Belongs to one thread, as the sockets do; the owner calls `serve()` when `socket` has input.
public final class CurveAuthenticator: @unchecked Sendable {
    // Sendable, since the socket checks its thread and the counters are used with it only.

    /// To be watched for input.
    public let socket: ZeroMQSocket
    /// The public keys let in, in Z85. A change counts for later handshakes only.
    public var allowedKeys: Set<String>
    /// Clients let in so far.
    public private(set) var acceptedCount = 0
    /// Clients refused so far.
    public private(set) var refusedCount = 0

    /// Listens at the context's `inproc://zeromq.zap.01`.
    ///
    /// - Throws: `addressInUse` when the context has a handler already, `system`.
    public init(context: ZeroMQContext, allowedKeys: Set<String>) throws(ZeroMQError) {
        self.allowedKeys = allowedKeys
        socket = try ZeroMQSocket(.reply, context: context, options: ZeroMQSocketOptions())
        do throws(ZeroMQError) {
            _ = try socket.bind("inproc://zeromq.zap.01")
        } catch {
            socket.close()
            throw error
        }
    }

    /// Stops listening. The server socket must be closed already.
    public func close() { socket.close() }

    /// Answers everything that was asked.
    ///
    /// - Throws: `terminated`, `system`.
    public func serve() throws(ZeroMQError) {
        while let request = try socket.receive(frameLimit: 8) {
            let (reply, isAllowed) = Self.answer(request.frames, count: request.frameCount, allowing: allowedKeys)
            if isAllowed { acceptedCount += 1 } else { refusedCount += 1 }
            _ = try socket.send(reply)
        }
    }

    /// The decision as a function: whatever is not a well-formed question about an allowed key is refused.
    static func answer(
        _ frames: [[UInt8]], count: Int, allowing allowedKeys: Set<String>
    ) -> (reply: [[UInt8]], isAllowed: Bool) {
        let requestID = frames.count > 1 ? frames[1] : []
        func reply(_ status: String, _ text: String, _ user: String) -> [[UInt8]] {
            [Array("1.0".utf8), requestID, Array(status.utf8), Array(text.utf8), Array(user.utf8), []]
        }
        guard count == 7, frames.count == 7, frames[0] == Array("1.0".utf8),
            frames[2] == Array(ZeroMQSocket.authenticationDomain.utf8), frames[5] == Array("CURVE".utf8),
            let key = CurveKeyPair.text(ofKey: frames[6]), allowedKeys.contains(key)
        else {
            return (reply("400", "key not allowed", ""), false)
        }
        return (reply("200", "OK", key), true)
    }
}
