internal import CZeroMQ

/// What libzmq's monitor tells of the connections of a socket (zmq_socket_monitor(3)).
///
/// ```
/// frame 1   event, 2 bytes | value, 4 bytes       both in the machine's byte order
/// frame 2   the endpoint
/// ```
public enum ConnectionEvent: Sendable, Hashable {
    /// A peer is connected and, with CURVE, authenticated.
    case established
    /// A connection that had been made is gone.
    case lost
    /// The peer refused us, or we it: wrong key (code 300 to 500 of ZAP), or a handshake that is none.
    case handshakeFailed(reason: String)

    static let watched =
        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL

    /// Reads a message of the monitor socket; nil when it is something else.
    public init?(_ message: ZeroMQSocket.Message) {
        guard let bytes = message.frames.first, bytes.count == 6 else { return nil }
        var event: UInt16 = 0
        var value: UInt32 = 0
        for index in 0..<2 { event |= UInt16(bytes[index]) << (8 * UInt16(index)) }
        for index in 0..<4 { value |= UInt32(bytes[2 + index]) << (8 * UInt32(index)) }
        // The bytes are put together as on a little-endian machine, and turned round on another.
        self.init(event: Int32(UInt16(littleEndian: event)), value: UInt32(littleEndian: value))
    }

    private init?(event: Int32, value: UInt32) {
        switch event {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: self = .established
        case ZMQ_EVENT_DISCONNECTED: self = .lost
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: self = .handshakeFailed(reason: "key refused, ZAP status \(value)")
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            self = .handshakeFailed(reason: "protocol error 0x\(String(value, radix: 16)), maybe a wrong server key")
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            self = .handshakeFailed(reason: ZeroMQError(number: Int32(bitPattern: value), doing: "handshake").message)
        default: return nil
        }
    }
}
