/// Messages of the northbound API as the wire has them. `Protos/cosmolet_northbound.proto` says what each field means.
///
/// Every field that is not repeated is optional, as on the wire; enums are their numbers. What has to be there, which
/// numbers are known and how long a text may be is checked by the codec above (`NorthboundRPC/Protocol`).
public enum NorthboundWire {}

/// A message of the northbound API: packed bytes to a Swift value and back. Nothing of protobuf-c outlives a call.
public protocol NorthboundMessage: Sendable, Hashable {
    /// Reads a message. The bytes are checked whole before protobuf-c allocates for them.
    ///
    /// - Throws: `NorthboundMessageError` naming message and field when the bytes do not parse or exceed the limits.
    init(decoding bytes: [UInt8], limits: NorthboundMessageLimits) throws(NorthboundMessageError)

    /// The message as protobuf-c packs it: fields in ascending order. Text ends at its first NUL.
    func encoded() -> [UInt8]

    /// How many bytes `encoded()` returns.
    var encodedByteCount: Int { get }
}

/// What bytes from outside may cost.
public struct NorthboundMessageLimits: Sendable, Hashable {
    /// Size of the message.
    public var byteCount: Int
    /// Elements of each repeated field.
    public var repeatedCount: Int
    /// Size of each text.
    public var textByteCount: Int
    /// Fields that this version does not know, in the whole message.
    public var unknownFieldCount: Int

    /// Makes limits.
    public init(byteCount: Int, repeatedCount: Int, textByteCount: Int, unknownFieldCount: Int) {
        self.byteCount = byteCount
        self.repeatedCount = repeatedCount
        self.textByteCount = textByteCount
        self.unknownFieldCount = unknownFieldCount
    }
}

/// Bytes that are no message, or one that exceeds the limits.
public struct NorthboundMessageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Message and field, `CommitRequest.edits[3].path_value.path`.
    public let field: String
    /// What is wrong with it.
    public let reason: String

    /// `CommitRequest.edits[3].path_value.path: is not UTF-8`
    public var description: String { "\(field): \(reason)" }
}
