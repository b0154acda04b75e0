internal import Bindings
internal import Northbound

/// The messages of the northbound API as bytes, and back. Pure: no socket, no clock.
///
/// Each direction checks the same limits, so that what one side encodes the other decodes. Decoding trusts nothing; an
/// error is `invalidArgument` and names message and field, `CommitRequest.edits[3].path_value.path: is not UTF-8`.
///
/// - `MessageCodec+Frames.swift`: headers, whole requests and replies, the commit log
/// - `MessageCodec+Requests.swift`, `MessageCodec+Replies.swift`: second frames
/// - `MessageCodec+Records.swift`: what both carry
public enum MessageCodec {
    static func invalid(_ field: String, _ reason: String) -> NorthboundError {
        NorthboundError(.invalidArgument, "\(field): \(reason)")
    }

    static func decode<Message: NorthboundMessage>(
        _: Message.Type, _ bytes: [UInt8], limits: NorthboundMessageLimits = Limits.message
    ) throws(NorthboundError) -> Message {
        do { return try Message(decoding: bytes, limits: limits) } catch { throw invalid(error.field, error.reason) }
    }

    /// Packs a message whose fields were checked, and checks its size.
    static func encode(
        _ message: some NorthboundMessage, maximum: Int = Limits.messageByteCount
    ) throws(NorthboundError) -> [UInt8] {
        let bytes = message.encoded()
        guard bytes.count <= maximum else {
            throw invalid("\(type(of: message))", "has \(bytes.count) bytes, at most \(maximum) are allowed")
        }
        return bytes
    }

    // MARK: - Fields

    /// A field that has to be there.
    static func required<Value>(_ value: Value?, _ field: @autoclosure () -> String) throws(NorthboundError) -> Value {
        guard let value else { throw invalid(field(), "is missing") }
        return value
    }

    /// Text within a limit and without NUL.
    @discardableResult
    static func text(
        _ text: String, _ field: @autoclosure () -> String, maximum: Int = Limits.nameByteCount, minimum: Int = 0
    ) throws(NorthboundError) -> String {
        let count = text.utf8.count
        guard count <= maximum else {
            throw invalid(field(), "has \(count) bytes, at most \(maximum) are allowed")
        }
        guard count >= minimum else { throw invalid(field(), "is empty") }
        guard !text.utf8.contains(0) else { throw invalid(field(), "contains NUL") }
        return text
    }

    /// Text that may be absent, else as `text`.
    static func optionalText(
        _ value: String?, _ field: @autoclosure () -> String, maximum: Int = Limits.nameByteCount
    ) throws(NorthboundError) -> String? {
        guard let value else { return nil }
        return try text(value, field(), maximum: maximum)
    }

    /// A name that has to be there and not be empty.
    static func name(
        _ value: String?, _ field: @autoclosure () -> String, maximum: Int = Limits.nameByteCount
    ) throws(NorthboundError) -> String {
        try text(try required(value, field()), field(), maximum: maximum, minimum: 1)
    }

    /// Passes when a repeated field has no more elements than allowed.
    static func count(_ count: Int, _ field: @autoclosure () -> String, maximum: Int) throws(NorthboundError) {
        guard count <= maximum else {
            throw invalid(field(), "has \(count) elements, at most \(maximum) are allowed")
        }
    }

    /// A number that is not negative.
    static func natural(_ number: Int64, _ field: @autoclosure () -> String) throws(NorthboundError) -> Int64 {
        guard number >= 0 else { throw invalid(field(), "is \(number), below 0") }
        return number
    }

    /// The value of an enum's number. 0 and a missing field mean that no choice was made.
    static func choice<Value: WireNumbered>(
        _ number: Int32?, _ field: @autoclosure () -> String, _: Value.Type = Value.self
    ) throws(NorthboundError) -> Value {
        guard let number, number != 0 else { throw invalid(field(), "is missing") }
        guard let value = Value.allCases.first(where: { $0.wireNumber == number }) else {
            throw invalid(field(), "there is no \(Value.self) with number \(number)")
        }
        return value
    }

    /// Text for people that fits: without NUL, and cut between characters where it is too long.
    static func cut(_ text: String, to maximum: Int) -> String {
        let clean =
            text.utf8.contains(0) ? String(text.unicodeScalars.filter { $0.value != 0 }.map(Character.init)) : text
        guard clean.utf8.count > maximum else { return clean }
        let ellipsis = "…"
        var end = clean.utf8.index(clean.startIndex, offsetBy: maximum - ellipsis.utf8.count)
        while end.samePosition(in: clean.unicodeScalars) == nil { end = clean.utf8.index(before: end) }
        return clean[..<end] + ellipsis
    }
}

/// An enum with its numbers in `Protos/cosmolet_northbound.proto`.
protocol WireNumbered: CaseIterable, Sendable {
    /// The number, from 1.
    var wireNumber: Int32 { get }
}

extension NorthboundDataset: WireNumbered {
    var wireNumber: Int32 {
        switch self {
        case .config: 1
        case .state: 2
        }
    }
}

extension Datastore: WireNumbered {
    var wireNumber: Int32 {
        switch self {
        case .running: 1
        case .candidate: 2
        case .operational: 3
        case .startup: 4
        }
    }
}

extension CommitRequest.Phase: WireNumbered {
    var wireNumber: Int32 {
        switch self {
        case .validate: 1
        case .all: 2
        }
    }
}

extension TransactionKind: WireNumbered {
    var wireNumber: Int32 {
        switch self {
        case .commit: 1
        case .rollback: 2
        case .unconfirmed: 3
        case .leaseDrain: 4
        case .leaseWithdrawal: 5
        case .observed: 6
        }
    }
}

extension TransactionOutcome: WireNumbered {
    var wireNumber: Int32 {
        switch self {
        case .pending: 1
        case .applied: 2
        case .rejected: 3
        case .unknown: 4
        }
    }
}

extension CommitPhase: WireNumbered {
    var wireNumber: Int32 {
        switch self {
        case .lock: 1
        case .clean: 2
        case .edit: 3
        case .commit: 4
        case .unlock: 5
        case .readBack: 6
        }
    }
}

/// What an `Edit` does.
enum EditOperation: WireNumbered {
    case set, remove

    var wireNumber: Int32 {
        switch self {
        case .set: 1
        case .remove: 2
        }
    }
}
