/// What `cosmolet config` prints.
extension AgentConfiguration {
    /// The JSON Schema (draft 2020-12) of the configuration file.
    public static var jsonSchema: String {
        guard case .mapping(let members) = fields.shape(AgentConfiguration()).schema else { return "{}" }
        let head: [ConfigurationValue.Member] = [
            .init(key: "$schema", value: .text("https://json-schema.org/draft/2020-12/schema")),
            .init(key: "title", value: .text("Configuration of Cosmolet \(CosmoletVersion.current)")),
        ]
        return ConfigurationValue.mapping(head + members).json() + "\n"
    }

    /// This configuration as a file, each key on a line of its own.
    ///
    /// - Parameter origins: name and configuration of each step on the way here, such as what the file said and what the
    ///   environment made of it. A key that a later step than the first changed has that step's name beside it.
    public func yaml(origins: [(name: String, configuration: AgentConfiguration)] = []) -> String {
        let steps = origins.map { (name: $0.name, value: Self.fields.written($0.configuration)) }
        return Self.lines(Self.fields.written(self), steps, indent: "").joined(separator: "\n") + "\n"
    }

    private static func lines(
        _ value: ConfigurationValue, _ steps: [(name: String, value: ConfigurationValue?)], indent: String
    ) -> [String] {
        guard case .mapping(let members) = value else { return [] }
        return members.flatMap { member -> [String] in
            let before = steps.map { (name: $0.name, value: $0.value?.member(member.key)) }
            // A short mapping, such as that of a class, fits on its line.
            if case .mapping(let inner) = member.value, !inner.isEmpty, indent.isEmpty || !member.value.isFlat {
                return ["\(indent)\(member.key):"] + lines(member.value, before, indent: indent + "  ")
            }
            let line = "\(indent)\(member.key): \(member.value.yaml)"
            return [line + (origin(before).map { "  # \($0)" } ?? "")]
        }
    }

    /// The last step that changed a value, if it was not the first.
    private static func origin(_ steps: [(name: String, value: ConfigurationValue?)]) -> String? {
        let changes = zip(steps, steps.dropFirst()).filter { $0.value != $1.value }
        return changes.last?.1.name
    }

    /// The keys in which another configuration differs, by when a change of them counts.
    func changedKeys(to other: AgentConfiguration) -> (live: [String], restart: [String]) {
        let changed = Self.fields.flatMap(\.leaves).filter { $0.write(self) != $0.write(other) }
        return (
            changed.filter { $0.effect == .live }.map(\.path), changed.filter { $0.effect == .restart }.map(\.path)
        )
    }
}

extension ConfigurationValue {
    fileprivate func member(_ key: String) -> ConfigurationValue? {
        guard case .mapping(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// A mapping without mappings in it.
    fileprivate var isFlat: Bool {
        guard case .mapping(let members) = self else { return true }
        return members.allSatisfy { if case .mapping = $0.value { false } else { true } }
    }
}
