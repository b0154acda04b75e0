/// The frames between `Publisher` and `Subscriber`.
///
/// ```
/// record     topic | body | number of the record among those of its topic, 8 bytes, big-endian
/// greeting   0x00 "hello" and 16 bytes of the subscriber's own choice | empty
/// ```
///
/// The subscriber subscribes to its topics and last to a greeting nobody else has. Subscriptions of one connection are
/// taken in order, so when the publisher sees the greeting's and sends it back, all of them are in force. Another
/// reader than ours can do without both: the first two frames of a record are all it needs.
enum PublicationFrames {
    static let greetingPrefix: [UInt8] = [0] + Array("hello".utf8)
    static let greetingByteCount = greetingPrefix.count + 16

    static func makeGreeting() -> [UInt8] {
        greetingPrefix + (0..<16).map { _ in UInt8.random(in: .min ... .max) }
    }

    /// The greeting that a publisher's socket was told somebody subscribes to; nil for anything else. A subscription
    /// arrives as one frame, 1 and the topic.
    static func greeting(inSubscription frames: [[UInt8]]) -> [UInt8]? {
        guard frames.count == 1, let frame = frames.first, frame.count == greetingByteCount + 1, frame[0] == 1,
            frame.dropFirst().starts(with: greetingPrefix)
        else { return nil }
        return Array(frame.dropFirst())
    }

    static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
    }

    static func number(_ bytes: [UInt8]) -> UInt64? {
        guard bytes.count == 8 else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
