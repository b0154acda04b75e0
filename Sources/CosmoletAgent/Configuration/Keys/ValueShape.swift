/// What a value of the configuration may look like, as far as a JSON Schema can say it.
indirect enum ValueShape: Sendable, Hashable {
    /// Text; a pattern is a regular expression of ECMA-262 that finds it whole.
    case text(pattern: String? = nil)
    case integer(ClosedRange<Int>)
    case boolean
    case choice([String])
    case list(ValueShape, isSet: Bool)
    /// A mapping with known keys and no others.
    case object([Member])
    /// A mapping whose keys match a pattern.
    case map(keys: String, ValueShape)
    case either([ValueShape])

    struct Member: Sendable, Hashable {
        var key: String
        var summary: String
        var shape: ValueShape
        var standard: ConfigurationValue?
    }

    /// As a JSON Schema, draft 2020-12.
    var schema: ConfigurationValue { .mapping(members) }

    private var members: [ConfigurationValue.Member] {
        let value: ConfigurationValue =
            switch self {
            case .text(let pattern):
                .members(["type": .text("string"), "pattern": pattern.map { .text($0) }])
            case .integer(let range):
                .members([
                    "type": .text("integer"), "minimum": .integer(range.lowerBound),
                    "maximum": .integer(range.upperBound),
                ])
            case .boolean: .members(["type": .text("boolean")])
            case .choice(let words): .members(["enum": .list(words.map { .text($0) })])
            case .list(let items, let isSet):
                .members([
                    "type": .text("array"), "items": items.schema, "uniqueItems": isSet ? .boolean(true) : nil,
                ])
            case .object(let members):
                .members([
                    "type": .text("object"), "additionalProperties": .boolean(false),
                    "properties": .mapping(members.map { .init(key: $0.key, value: $0.schema) }),
                ])
            case .map(let keys, let value):
                .members([
                    "type": .text("object"), "propertyNames": .members(["pattern": .text(keys)]),
                    "additionalProperties": value.schema,
                ])
            case .either(let shapes): .members(["anyOf": .list(shapes.map(\.schema))])
            }
        if case .mapping(let members) = value { return members }
        return []
    }
}

extension ValueShape.Member {
    /// The value's schema with what people want to know.
    var schema: ConfigurationValue {
        guard case .mapping(let members) = shape.schema else { return shape.schema }
        var all = [ConfigurationValue.Member(key: "description", value: .text(summary))] + members
        if let standard { all.append(.init(key: "default", value: standard)) }
        return .mapping(all)
    }
}
