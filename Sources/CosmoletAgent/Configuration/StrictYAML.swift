internal import Yams

/// Why a configuration file was refused: where, what, and what to do about it.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Dotted path of the key, empty for the file as a whole.
    public let path: String
    /// Line in the file, from 1; nil when it is not known.
    public let line: Int?
    /// What is wrong and what is expected.
    public let message: String

    /// Makes an error; `path` may also be a command line flag.
    public init(_ path: String, line: Int? = nil, _ message: String) {
        self.path = path
        self.line = line
        self.message = message
    }

    /// `line 3: frr.table: …`
    public var description: String {
        [line.map { "line \($0)" }, path.isEmpty ? nil : path, message].compactMap(\.self).joined(separator: ": ")
    }
}

/// A cursor into a YAML document that reads typed values and refuses what nobody asked for.
///
/// Every mapping is read by the `Field`s that it may have; any other key is an error with its line and the closest known
/// key as suggestion.
struct StrictYAML {
    let node: Node
    let path: String

    init(_ node: Node, path: String = "") {
        self.node = node
        self.path = path
    }

    func error(_ message: String) -> ConfigurationError {
        ConfigurationError(path, line: node.mark?.line, message)
    }

    /// The values of a mapping by key. Each key that is not known is a further error.
    ///
    /// - Throws: when it is no mapping.
    func mapping(
        _ known: [String], _ errors: inout [ConfigurationError]
    ) throws(ConfigurationError) -> [String: StrictYAML] {
        guard node.mapping != nil else {
            throw error(
                "is \(node.kindName), but a mapping is expected, with the keys \(known.joined(separator: ", "))")
        }
        var result: [String: StrictYAML] = [:]
        for (key, value) in try freeMapping() {
            if known.contains(key.text) {
                result[key.text] = value.node.isNull ? nil : value
            } else {
                let suggestion = key.text.closest(of: known).map { "; did you mean \($0)?" }
                errors.append(
                    ConfigurationError(
                        value.path, line: key.line,
                        "unknown key\(suggestion ?? "; known keys: \(known.joined(separator: ", "))")"))
            }
        }
        return result
    }

    /// A mapping with free keys, in the order of the file.
    func freeMapping() throws(ConfigurationError) -> [(key: (text: String, line: Int?), value: StrictYAML)] {
        guard let mapping = node.mapping else { throw error("is \(node.kindName), but a mapping is expected") }
        var result: [(key: (text: String, line: Int?), value: StrictYAML)] = []
        for (keyNode, value) in mapping {
            guard let key = keyNode.scalar?.string else { throw error("has a key that is not text") }
            let child = path.isEmpty ? key : "\(path).\(key)"
            result.append(((key, keyNode.mark?.line), StrictYAML(value, path: child)))
        }
        return result
    }

    func list(atMost limit: Int = 1000) throws(ConfigurationError) -> [StrictYAML] {
        guard let sequence = node.sequence else { throw error("is \(node.kindName), but a list is expected") }
        guard sequence.count <= limit else { throw error("has \(sequence.count) items, but at most \(limit) may be") }
        return sequence.enumerated().map { StrictYAML($1, path: "\(path)[\($0)]") }
    }

    /// Any single value as it is written.
    func string() throws(ConfigurationError) -> String {
        guard let scalar = node.scalar else { throw error("is \(node.kindName), but text is expected") }
        return scalar.string
    }

    /// Text; what YAML takes for a number or a truth value must be quoted.
    func text() throws(ConfigurationError) -> String {
        let text = try string()
        let isOther = Int(text) != nil || ["true", "false"].contains(text)
        guard node.scalar?.style != .plain || !isOther else {
            throw error("is \(text), but text is expected; if it is meant so, put it in quotes: \"\(text)\"")
        }
        guard !text.isEmpty else { throw error("is empty, but text is expected") }
        return text
    }

    func integer<Value: FixedWidthInteger>(_ range: ClosedRange<Value>) throws(ConfigurationError) -> Value {
        let text = try string()
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        try refuseQuotes(expected)
        guard let value = Value(text), range.contains(value) else {
            throw error("is \"\(text.prefix(64))\", but \(expected) is expected")
        }
        return value
    }

    func bool() throws(ConfigurationError) -> Bool {
        let text = try string()
        try refuseQuotes("true or false")
        guard let value = ["true": true, "false": false][text] else {
            throw error("is \"\(text.prefix(64))\", but true or false is expected")
        }
        return value
    }

    private func refuseQuotes(_ expected: String) throws(ConfigurationError) {
        guard let scalar = node.scalar, ![.plain, .any].contains(scalar.style) else { return }
        throw error("is the text \"\(scalar.string.prefix(64))\", but \(expected) is expected, without quotes")
    }

    func choice<Value: RawRepresentable & CaseIterable>(
        _ type: Value.Type
    ) throws(ConfigurationError) -> Value where Value.RawValue == String {
        let text = try string()
        guard let value = Value(rawValue: text) else {
            throw error(
                "is \"\(text.prefix(64))\", but one of \(Value.allCases.map(\.rawValue).joined(separator: ", ")) is expected"
            )
        }
        return value
    }
}

extension Node {
    fileprivate var kindName: String {
        switch self {
        case .scalar: isNull ? "empty" : "a single value"
        case .mapping: "a mapping"
        case .sequence: "a list"
        default: "an alias"
        }
    }

    var isNull: Bool { null != nil }
}

extension String {
    /// The one of these words that this was probably meant to be.
    func closest(of words: [String]) -> String? {
        guard utf8.count <= 64 else { return nil }
        let closest = words.map { (word: $0, distance: $0.editDistance(to: self)) }.min { $0.distance < $1.distance }
        return closest.flatMap { $0.distance <= 3 ? $0.word : nil }
    }

    /// Levenshtein distance, for suggestions.
    fileprivate func editDistance(to other: String) -> Int {
        let other = Array(other)
        var row = Array(0...other.count)
        for (i, character) in enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for j in other.indices {
                let substitution = previous + (character == other[j] ? 0 : 1)
                previous = row[j + 1]
                row[j + 1] = Swift.min(substitution, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[other.count]
    }
}
