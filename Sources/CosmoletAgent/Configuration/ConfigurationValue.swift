/// A value as it stands in a configuration file or a schema. Mappings keep their order.
indirect enum ConfigurationValue: Sendable, Hashable {
    case text(String)
    case integer(Int)
    case boolean(Bool)
    case list([ConfigurationValue])
    case mapping([Member])

    struct Member: Sendable, Hashable {
        var key: String
        var value: ConfigurationValue
    }

    /// A mapping of the keys that have a value.
    static func members(_ pairs: KeyValuePairs<String, ConfigurationValue?>) -> ConfigurationValue {
        .mapping(pairs.compactMap { key, value in value.map { Member(key: key, value: $0) } })
    }

    // MARK: - Text

    /// One line of YAML. Text that any reader of YAML 1.1 or 1.2 could take for something else is quoted.
    var yaml: String {
        switch self {
        case .text(let text): Self.isPlain(text) ? text : Self.quoted(text)
        case .integer(let number): String(number)
        case .boolean(let flag): String(flag)
        case .list(let items): "[" + items.map(\.yaml).joined(separator: ", ") + "]"
        case .mapping(let members):
            "{" + members.map { "\(Self.text($0.key).yaml): \($0.value.yaml)" }.joined(separator: ", ") + "}"
        }
    }

    /// JSON (RFC 8259), indented by two spaces.
    func json(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .text(let text): return Self.quoted(text)
        case .integer(let number): return String(number)
        case .boolean(let flag): return String(flag)
        case .list(let items):
            let isShort = items.allSatisfy { if case .mapping = $0 { false } else { true } }
            if isShort { return "[" + items.map { $0.json(indent: inner) }.joined(separator: ", ") + "]" }
            return "[\n" + items.map { inner + $0.json(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
        case .mapping(let members):
            guard !members.isEmpty else { return "{}" }
            let lines = members.map { "\(inner)\(Self.quoted($0.key)): \($0.value.json(indent: inner))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    private static func isPlain(_ text: String) -> Bool {
        let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        guard let first = text.utf8.first, !words.contains(text.lowercased()) else { return false }
        let isLetter = (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first)
        return (isLetter || first == 0x2F)
            && text.utf8.allSatisfy {
                (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0)
                    || "-_./".utf8.contains($0)
            }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
