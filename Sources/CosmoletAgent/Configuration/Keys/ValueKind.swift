internal import Yams

/// How values of one kind are read, written and described.
struct ValueKind<Value: Sendable>: Sendable {
    let shape: ValueShape
    /// Reads a value; nil when it is refused, and then there is a further error.
    let read: @Sendable (StrictYAML, inout [ConfigurationError]) -> Value?
    /// As it stands in a file; nil when it stands in none.
    let write: @Sendable (Value) -> ConfigurationValue?

    init(
        _ shape: ValueShape, read: @escaping @Sendable (StrictYAML, inout [ConfigurationError]) -> Value?,
        write: @escaping @Sendable (Value) -> ConfigurationValue?
    ) {
        self.shape = shape
        self.read = read
        self.write = write
    }

    /// From a reader that throws the one thing that is wrong.
    init(
        _ shape: ValueShape, write: @escaping @Sendable (Value) -> ConfigurationValue?,
        reading: @escaping @Sendable (StrictYAML) throws(ConfigurationError) -> Value
    ) {
        self.init(
            shape,
            read: { yaml, errors in
                do throws(ConfigurationError) { return try reading(yaml) } catch {
                    errors.append(error)
                    return nil
                }
            }, write: write)
    }

    /// The same, where nil means that nothing was said.
    var optional: ValueKind<Value?> {
        ValueKind<Value?>(
            shape, read: { [read] yaml, errors in read(yaml, &errors).map { .some($0) } },
            write: { [write] in $0.flatMap(write) })
    }

    /// The same, or `off`, which is nil.
    var orOff: ValueKind<Value?> {
        ValueKind<Value?>(
            .either([.choice(["off"]), shape]),
            read: { [read] yaml, errors in
                guard let text = yaml.node.scalar?.string, text == "off" else {
                    return read(yaml, &errors).map { .some($0) }
                }
                return .some(nil)
            },
            write: { [write] in $0.map(write) ?? .text("off") })
    }
}

extension ValueKind where Value == String {
    static let text = ValueKind(.text(), write: { .text($0) }) { yaml throws(ConfigurationError) in try yaml.text() }
}

extension ValueKind where Value == Bool {
    static let boolean = ValueKind(.boolean, write: { .boolean($0) }) { yaml throws(ConfigurationError) in
        try yaml.bool()
    }
}

extension ValueKind where Value: FixedWidthInteger {
    static func integer(_ range: ClosedRange<Value>) -> ValueKind {
        ValueKind(.integer(Int(range.lowerBound)...Int(range.upperBound)), write: { .integer(Int($0)) }) {
            yaml throws(ConfigurationError) in try yaml.integer(range)
        }
    }
}

extension ValueKind where Value == Duration {
    static func seconds(_ range: ClosedRange<Int>) -> ValueKind {
        ValueKind(.integer(range), write: { .integer(Int($0.components.seconds)) }) {
            yaml throws(ConfigurationError) in .seconds(try yaml.integer(range))
        }
    }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    static var choice: ValueKind {
        ValueKind(.choice(Value.allCases.map(\.rawValue)), write: { .text($0.rawValue) }) {
            yaml throws(ConfigurationError) in try yaml.choice(Value.self)
        }
    }
}

extension ValueKind {
    /// A list in which nothing stands twice, unless `repeats`.
    static func list<Element: Hashable & Sendable>(
        of kind: ValueKind<Element>, repeats: Bool = false, atMost limit: Int = 1000
    ) -> ValueKind<[Element]> where Value == [Element] {
        ValueKind(
            .list(kind.shape, isSet: !repeats),
            read: { yaml, errors in
                let items: [StrictYAML]
                do throws(ConfigurationError) { items = try yaml.list(atMost: limit) } catch {
                    errors.append(error)
                    return nil
                }
                var result: [Element] = []
                for item in items {
                    guard let value = kind.read(item, &errors) else { continue }
                    if !repeats, let first = result.firstIndex(of: value) {
                        errors.append(item.error("stands in the list already, as item \(first); take one of them out"))
                    }
                    result.append(value)
                }
                return result
            },
            write: { .list($0.compactMap(kind.write)) })
    }

    /// A mapping with these keys; what is not said is as in `initial`.
    static func mapping(_ fields: [Field<Value>], initial: Value) -> ValueKind {
        ValueKind(
            fields.shape(initial),
            read: { yaml, errors in
                var value = initial
                let before = errors.count
                yaml.read(fields, into: &value, &errors)
                return errors.count == before ? value : nil
            },
            write: { value in fields.written(value) })
    }
}
