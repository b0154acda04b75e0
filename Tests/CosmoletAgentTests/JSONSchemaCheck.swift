import Foundation

/// As much of JSON Schema as the configuration's needs: types, ranges, patterns, enumerations, lists, known keys.
struct JSONSchemaCheck {
    /// Where a value is not as the schema has it: paths, dotted.
    static func problems(_ value: Any, _ schema: [String: Any], at path: String = "") -> [String] {
        if let choices = schema["anyOf"] as? [[String: Any]] {
            return choices.contains { problems(value, $0, at: path).isEmpty } ? [] : [path]
        }
        if let words = schema["enum"] as? [String] {
            return (value as? String).map(words.contains) == true ? [] : [path]
        }
        switch schema["type"] as? String {
        case "string":
            guard let text = value as? String else { return [path] }
            guard let pattern = schema["pattern"] as? String else { return [] }
            return text.range(of: pattern, options: .regularExpression) == nil ? [path] : []
        case "integer":
            guard let number = value as? Int, !(value is Bool), let low = schema["minimum"] as? Int,
                let high = schema["maximum"] as? Int
            else { return [path] }
            return (low...high).contains(number) ? [] : [path]
        case "boolean": return value is Bool ? [] : [path]
        case "array":
            guard let items = value as? [Any], let schema = schema["items"] as? [String: Any] else { return [path] }
            return items.enumerated().flatMap { problems($1, schema, at: "\(path)[\($0)]") }
        case "object":
            guard let members = value as? [String: Any] else { return [path] }
            return members.sorted { $0.key < $1.key }.flatMap { key, value -> [String] in
                let child = path.isEmpty ? key : "\(path).\(key)"
                guard let member = self.schema(of: key, in: schema) else { return [child] }
                return problems(value, member, at: child)
            }
        default: return [path + ": a schema of an unknown kind"]
        }
    }

    private static func schema(of key: String, in schema: [String: Any]) -> [String: Any]? {
        if let names = schema["propertyNames"] as? [String: Any], let pattern = names["pattern"] as? String,
            key.range(of: pattern, options: .regularExpression) == nil
        {
            return nil
        }
        if let known = schema["properties"] as? [String: [String: Any]] { return known[key] }
        return schema["additionalProperties"] as? [String: Any]
    }

    /// The dotted paths of all mappings that a schema describes, with their keys.
    static func mappings(_ schema: [String: Any], at path: String = "") -> [(path: String, keys: [String])] {
        if let choices = schema["anyOf"] as? [[String: Any]] { return choices.flatMap { mappings($0, at: path) } }
        if let known = schema["properties"] as? [String: [String: Any]] {
            return [(path, known.keys.sorted())]
                + known.sorted { $0.key < $1.key }.flatMap {
                    mappings($0.value, at: path.isEmpty ? $0.key : "\(path).\($0.key)")
                }
        }
        if let value = schema["additionalProperties"] as? [String: Any] { return mappings(value, at: path + ".gold") }
        return []
    }
}
