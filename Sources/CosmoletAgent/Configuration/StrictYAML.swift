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
/// Every mapping is read through `mapping(_:)`, which names all the keys that it knows; any other key is an error with
/// its line and the closest known key as suggestion.
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

    /// The values of a mapping by key; refuses unknown and duplicate keys.
    func mapping(_ known: [String]) throws(ConfigurationError) -> [String: StrictYAML] {
        guard let mapping = node.mapping else {
            throw error(
                "is \(node.kindName), but a mapping is expected, with the keys \(known.joined(separator: ", "))")
        }
        var result: [String: StrictYAML] = [:]
        for (keyNode, value) in mapping {
            guard let key = keyNode.string else { throw error("has a key that is not text") }
            let child = path.isEmpty ? key : "\(path).\(key)"
            guard known.contains(key) else {
                let closest = known.min { $0.editDistance(to: key) < $1.editDistance(to: key) }
                let suggestion = closest.flatMap { $0.editDistance(to: key) <= 3 ? "; did you mean \($0)?" : nil }
                throw ConfigurationError(
                    child, line: keyNode.mark?.line,
                    "unknown key\(suggestion ?? "; known keys: \(known.joined(separator: ", "))")")
            }
            if value.isNull { continue }
            result[key] = StrictYAML(value, path: child)
        }
        return result
    }

    /// A mapping with free keys, in the order of the file.
    func freeMapping() throws(ConfigurationError) -> [(key: String, value: StrictYAML)] {
        guard let mapping = node.mapping else { throw error("is \(node.kindName), but a mapping is expected") }
        var result: [(String, StrictYAML)] = []
        for (keyNode, value) in mapping {
            guard let key = keyNode.string else { throw error("has a key that is not text") }
            result.append((key, StrictYAML(value, path: "\(path).\(key)")))
        }
        return result
    }

    func list() throws(ConfigurationError) -> [StrictYAML] {
        guard let sequence = node.sequence else { throw error("is \(node.kindName), but a list is expected") }
        return sequence.enumerated().map { StrictYAML($1, path: "\(path)[\($0)]") }
    }

    func string() throws(ConfigurationError) -> String {
        guard let scalar = node.scalar else { throw error("is \(node.kindName), but text is expected") }
        return scalar.string
    }

    func integer<Value: FixedWidthInteger>(_ range: ClosedRange<Value>) throws(ConfigurationError) -> Value {
        let text = try string()
        guard let value = Value(text), range.contains(value) else {
            throw error(
                "is \"\(text)\", but a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return value
    }

    func bool() throws(ConfigurationError) -> Bool {
        let text = try string()
        guard let value = ["true": true, "false": false][text] else {
            throw error("is \"\(text)\", but true or false is expected")
        }
        return value
    }

    func choice<Value: RawRepresentable & CaseIterable>(
        _ type: Value.Type
    ) throws(ConfigurationError) -> Value where Value.RawValue == String {
        let text = try string()
        guard let value = Value(rawValue: text) else {
            throw error(
                "is \"\(text)\", but one of \(Value.allCases.map(\.rawValue).joined(separator: ", ")) is expected")
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
