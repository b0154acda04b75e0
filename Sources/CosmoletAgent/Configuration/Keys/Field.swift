/// What becomes of a changed key while the agent runs.
enum KeyEffect: Sendable, Hashable {
    /// It counts as soon as the file has been read again.
    case live
    /// It counts from the next start.
    case restart
}

/// A value that changes as a whole, for comparing two configurations.
struct Leaf<Root: Sendable>: Sendable {
    /// Dotted, from the top of the file.
    var path: String
    let effect: KeyEffect
    let write: @Sendable (Root) -> ConfigurationValue?
}

/// One key of a mapping in the configuration file: the only description of it. The reader, `cosmolet config print`, the
/// JSON Schema and the comparison at a reload all follow it.
struct Field<Root: Sendable>: Sendable {
    let name: String
    /// For people, in the schema.
    let summary: String
    let shape: @Sendable (Root) -> ValueShape
    let read: @Sendable (inout Root, StrictYAML, inout [ConfigurationError]) -> Void
    let write: @Sendable (Root) -> ConfigurationValue?
    let leaves: [Leaf<Root>]

    /// A key with a value of some kind.
    init<Value: Sendable>(
        _ name: String, _ place: any WritableKeyPath<Root, Value> & Sendable, _ kind: ValueKind<Value>,
        _ effect: KeyEffect, _ summary: String
    ) {
        let write: @Sendable (Root) -> ConfigurationValue? = { kind.write($0[keyPath: place]) }
        self.init(
            name: name, summary: summary, shape: { _ in kind.shape },
            read: { root, yaml, errors in
                if let value = kind.read(yaml, &errors) { root[keyPath: place] = value }
            }, write: write, leaves: [Leaf(path: name, effect: effect, write: write)])
    }

    /// A key that is live.
    init<Value: Sendable>(
        _ name: String, _ place: any WritableKeyPath<Root, Value> & Sendable, _ kind: ValueKind<Value>,
        _ summary: String
    ) {
        self.init(name, place, kind, .live, summary)
    }

    /// A key that holds further keys.
    init(_ name: String, _ summary: String, _ fields: [Field<Root>]) {
        self.init(
            name: name, summary: summary, shape: { fields.shape($0) },
            read: { root, yaml, errors in yaml.read(fields, into: &root, &errors) },
            write: { fields.written($0) }, leaves: fields.leaves(under: name))
    }

    init(
        name: String, summary: String, shape: @escaping @Sendable (Root) -> ValueShape,
        read: @escaping @Sendable (inout Root, StrictYAML, inout [ConfigurationError]) -> Void,
        write: @escaping @Sendable (Root) -> ConfigurationValue?, leaves: [Leaf<Root>]
    ) {
        self.name = name
        self.summary = summary
        self.shape = shape
        self.read = read
        self.write = write
        self.leaves = leaves
    }
}

extension Array {
    /// The shape of a mapping with these keys; `standard` has the values of the keys that are not given.
    func shape<Root: Sendable>(_ standard: Root) -> ValueShape where Element == Field<Root> {
        .object(
            map { field in
                let shape = field.shape(standard)
                let isMapping = if case .object = shape { true } else { false }
                return ValueShape.Member(
                    key: field.name, summary: field.summary, shape: shape,
                    standard: isMapping ? nil : field.write(standard))
            })
    }

    func written<Root: Sendable>(_ root: Root) -> ConfigurationValue where Element == Field<Root> {
        .mapping(compactMap { field in field.write(root).map { .init(key: field.name, value: $0) } })
    }

    func leaves<Root: Sendable>(under name: String) -> [Leaf<Root>] where Element == Field<Root> {
        flatMap(\.leaves).map { Leaf(path: "\(name).\($0.path)", effect: $0.effect, write: $0.write) }
    }
}

extension StrictYAML {
    /// Reads a mapping in the order of the fields, and refuses every key that is none of them. What is empty counts as
    /// not given.
    func read<Root: Sendable>(_ fields: [Field<Root>], into root: inout Root, _ errors: inout [ConfigurationError]) {
        let members: [String: StrictYAML]
        do throws(ConfigurationError) { members = try mapping(fields.map(\.name), &errors) } catch {
            errors.append(error)
            return
        }
        for field in fields {
            if let value = members[field.name] { field.read(&root, value, &errors) }
        }
    }
}
