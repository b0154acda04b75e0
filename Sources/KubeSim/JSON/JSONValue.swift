/// A JSON document without a schema, so that fields this server knows nothing of survive a round trip.
///
/// Whole numbers that fit stay exact as `integer`; everything else numeric is a `number`. Key order is not kept.
public enum JSONValue: Sendable, Hashable {
    /// JSON `null`.
    case null
    /// JSON `true` or `false`.
    case bool(Bool)
    /// A number without fraction or exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number.
    case number(Double)
    /// A string, already unescaped.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object; keys are unique, the last one in the text wins.
    case object([String: JSONValue])

    /// The member of an object, or nil if this is no object or has no such key.
    ///
    /// Setting a member of something that is not an object replaces it by an object; setting nil removes the key.
    public subscript(key: String) -> JSONValue? {
        get {
            if case .object(let members) = self { return members[key] }
            return nil
        }
        set {
            var members = takeMembers()
            members[key] = newValue
            self = .object(members)
        }
    }

    /// The value under a chain of keys, or nil if any of them is missing.
    public func at(_ path: String...) -> JSONValue? {
        var value = self
        for key in path {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value
    }

    /// Sets, or with nil removes, the value under a chain of keys, making the objects in between.
    public mutating func set(_ path: [String], to newValue: JSONValue?) {
        guard let first = path.first else { return }
        if path.count == 1 {
            self[first] = newValue
            return
        }
        var members = takeMembers()
        var child = members[first] ?? .object([:])
        members[first] = .null  // so that `child` is the only reference while it changes
        child.set(Array(path.dropFirst()), to: newValue)
        members[first] = child
        self = .object(members)
    }

    /// The string, if this is one.
    public var string: String? {
        if case .string(let value) = self { return value }
        return nil
    }

    /// The truth value, if this is one.
    public var bool: Bool? {
        if case .bool(let value) = self { return value }
        return nil
    }

    /// The whole number, if this is one; a `number` counts when it has no fraction.
    public var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The elements, if this is an array.
    public var array: [JSONValue]? {
        if case .array(let value) = self { return value }
        return nil
    }

    /// The members, if this is an object.
    public var object: [String: JSONValue]? {
        if case .object(let value) = self { return value }
        return nil
    }

    /// Whether this is JSON `null`.
    public var isNull: Bool { self == .null }

    /// The name of the JSON type, for messages.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// The members of the object, leaving `null` behind so that the dictionary is uniquely referenced.
    private mutating func takeMembers() -> [String: JSONValue] {
        guard case .object(let members) = self else { return [:] }
        self = .null
        return members
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object; of equal keys the last one wins.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
    /// JSON `null`.
    public init(nilLiteral: ()) { self = .null }
}
