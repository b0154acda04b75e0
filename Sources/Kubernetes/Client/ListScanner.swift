/// Cuts the JSON text of a list into its items while it arrives, so that the whole of it is never in memory.
///
/// It knows where values begin and end and reads nothing in them. What is inside an item, and whether that is JSON at
/// all, is for whoever decodes the item.
struct ListScanner: Sendable {
    /// What was found.
    enum Part: Sendable, Equatable {
        /// The value of `metadata`.
        case metadata([UInt8])
        /// The next element of `items`.
        case item([UInt8])
    }

    /// What may come next outside of values; spaces may come anywhere.
    private enum Expected {
        case list, firstField, field, colon, fieldValue, fieldEnd, firstItem, item, itemEnd, nothing
    }

    /// What the value under way is.
    private enum Role {
        case fieldName, field, item
    }

    /// A value that has begun and not ended.
    private struct Value {
        var role: Role
        var depth = 0
        var isInString = false
        var isEscaped = false
    }

    private var expected = Expected.list
    private var value: Value?
    private var fieldName = ""
    private var seenFields: Set<String> = []
    /// The text of the value under way, if it is wanted.
    private var text: [UInt8] = []
    private var piece: [UInt8] = []
    private var position = 0
    private let itemByteLimit: Int

    /// How many items were found.
    private(set) var itemCount = 0

    /// How many bytes of text are kept.
    var heldByteCount: Int { text.count + piece.count }

    /// - Parameter itemByteLimit: a longer item makes `next()` throw.
    init(itemByteLimit: Int = 16 << 20) {
        self.itemByteLimit = itemByteLimit
    }

    /// Takes a piece of the text. Ask for all parts of the one before first.
    mutating func append(_ bytes: [UInt8]) {
        assert(position == piece.count, "the piece before was not read to its end")
        piece = bytes
        position = 0
    }

    /// The next part; nil until more text comes.
    ///
    /// - Throws: `malformedResponse` when the text is no list, `tooLarge` for an item beyond the limit.
    mutating func next() throws(KubernetesError) -> Part? {
        while position < piece.count {
            if var current = value.take() {
                let hasEnded = try pass(&current)
                if !hasEnded {
                    value = current
                } else if let part = try ended(current) {
                    return part
                }
            } else {
                try step(piece[position])
            }
        }
        return nil
    }

    /// Says that no more text comes.
    ///
    /// - Throws: `malformedResponse` when the list has not ended, or is none: any object has a `metadata`, and one that is
    ///   taken for an empty list would withdraw everything.
    func finish() throws(KubernetesError) {
        guard expected == .nothing else { throw malformed("it ends early") }
        guard seenFields.contains("items") else { throw malformed("it has no items") }
    }

    // MARK: - Between values

    private mutating func step(_ byte: UInt8) throws(KubernetesError) {
        if byte == UInt8(ascii: " ") || (9...13).contains(byte) {
            position += 1
            return
        }
        switch (expected, byte) {
        case (.list, UInt8(ascii: "{")): go(.firstField)
        case (.firstField, UInt8(ascii: "}")), (.fieldEnd, UInt8(ascii: "}")): go(.nothing)
        case (.firstField, UInt8(ascii: "\"")), (.field, UInt8(ascii: "\"")): begin(.fieldName)
        case (.colon, UInt8(ascii: ":")): go(.fieldValue)
        case (.fieldEnd, UInt8(ascii: ",")): go(.field)
        case (.fieldValue, UInt8(ascii: "[")) where fieldName == "items": go(.firstItem)
        case (.fieldValue, UInt8(ascii: "n")) where fieldName == "items": begin(.field)
        case (.fieldValue, _) where fieldName != "items" && beginsValue(byte): begin(.field)
        case (.firstItem, UInt8(ascii: "]")), (.itemEnd, UInt8(ascii: "]")): go(.fieldEnd)
        case (.itemEnd, UInt8(ascii: ",")): go(.item)
        case (.firstItem, _) where beginsValue(byte), (.item, _) where beginsValue(byte): begin(.item)
        default: throw malformed("it has a wrong character")
        }
    }

    private mutating func go(_ next: Expected) {
        expected = next
        position += 1
    }

    /// Begins a value at the byte under way, which belongs to it.
    private mutating func begin(_ role: Role) {
        value = Value(role: role)
        text.removeAll(keepingCapacity: text.count < 64 << 10)
    }

    private func beginsValue(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"), UInt8(ascii: "t"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    // MARK: - Within a value

    /// Passes over what the piece has of a value; true when the value has ended.
    private mutating func pass(_ value: inout Value) throws(KubernetesError) -> Bool {
        let start = position
        let (end, hasEnded) = Self.end(of: &value, in: piece, from: start)
        position = end
        if value.role != .field || fieldName == "metadata" {
            text += piece[start..<end]
            if text.count > itemByteLimit {
                throw KubernetesError(
                    code: .tooLarge, message: "items[\(itemCount)] of the list is longer than \(itemByteLimit) bytes")
            }
        }
        return hasEnded
    }

    private static func end(of value: inout Value, in piece: [UInt8], from start: Int) -> (Int, Bool) {
        var index = start
        while index < piece.count {
            let byte = piece[index]
            if value.isInString {
                if value.isEscaped {
                    value.isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    value.isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    value.isInString = false
                    if value.depth == 0 { return (index + 1, true) }
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): value.isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): value.depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    // What closes the object or list around ends a number or a word, and is no part of it.
                    if value.depth == 0 { return (index, true) }
                    value.depth -= 1
                    if value.depth == 0 { return (index + 1, true) }
                case UInt8(ascii: ","), UInt8(ascii: " "), 9...13:
                    if value.depth == 0 { return (index, true) }
                default: break
                }
            }
            index += 1
        }
        return (index, false)
    }

    private mutating func ended(_ value: Value) throws(KubernetesError) -> Part? {
        switch value.role {
        case .fieldName:
            fieldName = String(decoding: text.dropFirst().dropLast(), as: UTF8.self)
            guard seenFields.insert(fieldName).inserted else { throw malformed("a field is there twice") }
            expected = .colon
            return nil
        case .field:
            expected = .fieldEnd
            return fieldName == "metadata" ? .metadata(text) : nil
        case .item:
            expected = .itemEnd
            itemCount += 1
            return .item(text)
        }
    }

    private func malformed(_ what: String) -> KubernetesError {
        let place = itemCount == 0 ? "before its first item" : "after \(itemCount) items"
        return KubernetesError(code: .malformedResponse, message: "\(what), \(place)")
    }
}
