/// A label selector in the text form of list and watch requests, for instance `app=web,tier in (a, b),!old`.
public struct LabelSelector: Sendable, Equatable {
    enum Requirement: Sendable, Equatable {
        case isIn(key: String, values: [String])
        case isNotIn(key: String, values: [String])
        case exists(key: String)
        case doesNotExist(key: String)
    }

    var requirements: [Requirement] = []

    /// The selector that matches everything.
    public static let everything = LabelSelector()

    /// Parses a selector; an empty text matches everything.
    ///
    /// - Throws: `APIStatus` 400 that quotes the part which is not understood.
    public init(parsing text: String) throws(APIStatus) {
        for part in Self.split(text) {
            requirements.append(try Self.parse(part, of: text))
        }
    }

    private init() {}

    /// Whether an object with these labels is selected.
    public func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .isIn(let key, let values): labels[key].map(values.contains) ?? false
            case .isNotIn(let key, let values): labels[key].map { !values.contains($0) } ?? true
            case .exists(let key): labels[key] != nil
            case .doesNotExist(let key): labels[key] == nil
            }
        }
    }

    /// Splits at the commas that are not inside parentheses.
    private static func split(_ text: String) -> [Substring] {
        var parts: [Substring] = []
        var depth = 0
        var start = text.startIndex
        for index in text.indices {
            switch text[index] {
            case "(": depth += 1
            case ")": depth -= 1
            case "," where depth == 0:
                parts.append(text[start..<index])
                start = text.index(after: index)
            default: break
            }
        }
        parts.append(text[start...])
        return parts.filter { !$0.allSatisfy(\.isWhitespace) }
    }

    private static func parse(_ part: Substring, of whole: String) throws(APIStatus) -> Requirement {
        let failure = APIStatus.badRequest("unable to parse requirement \"\(part)\" of label selector \"\(whole)\"")
        let trimmed = part.trimmed
        if trimmed.hasPrefix("!") {
            return .doesNotExist(key: try key(trimmed.dropFirst(), failure))
        }
        if let open = trimmed.firstIndex(of: "("), trimmed.hasSuffix(")") {
            let words = trimmed[..<open].split(whereSeparator: \.isWhitespace)
            guard words.count == 2 else { throw failure }
            let inner = trimmed[trimmed.index(after: open)...].dropLast()
            let values = inner.split(separator: ",", omittingEmptySubsequences: false).map { String($0.trimmed) }
            switch words[1] {
            case "in": return .isIn(key: try key(words[0], failure), values: values)
            case "notin": return .isNotIn(key: try key(words[0], failure), values: values)
            default: throw failure
            }
        }
        guard let (name, isEqual, value) = splitComparison(trimmed) else {
            return .exists(key: try key(trimmed, failure))
        }
        let checked = try key(name, failure)
        return isEqual ? .isIn(key: checked, values: [value]) : .isNotIn(key: checked, values: [value])
    }

    private static func key(_ text: Substring, _ failure: APIStatus) throws(APIStatus) -> String {
        let trimmed = text.trimmed
        let isValid = trimmed.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "/"):
                true
            default: false
            }
        }
        guard !trimmed.isEmpty, isValid else { throw failure }
        return String(trimmed)
    }
}

/// A field selector, for instance `metadata.name=web,type!=Normal`.
public struct FieldSelector: Sendable, Equatable {
    struct Requirement: Sendable, Equatable {
        var path: String
        var value: String
        var isEqual: Bool
    }

    var requirements: [Requirement] = []

    /// The selector that matches everything.
    public static let everything = FieldSelector()

    /// Parses a selector for objects of a type; an empty text matches everything.
    ///
    /// - Throws: `APIStatus` 400 for a text that is no selector and for a field by which the type cannot be selected.
    public init(parsing text: String, for type: ResourceType) throws(APIStatus) {
        for part in text.split(separator: ",") where !part.allSatisfy(\.isWhitespace) {
            guard let (path, isEqual, value) = splitComparison(part.trimmed) else {
                throw .badRequest("invalid field selector \"\(text)\": no operator in \"\(part)\"")
            }
            guard Self.supportedPaths(type).contains(path.trimmedString) else {
                throw .badRequest("field label not supported: \(path)")
            }
            requirements.append(Requirement(path: path.trimmedString, value: value, isEqual: isEqual))
        }
    }

    private init() {}

    /// Whether the object is selected.
    func matches(_ object: StoredObject) -> Bool {
        requirements.allSatisfy { requirement in
            let actual =
                switch requirement.path {
                case "metadata.name": object.name
                case "metadata.namespace": object.namespace
                default: Self.value(of: requirement.path, in: object.value)
                }
            return (actual == requirement.value) == requirement.isEqual
        }
    }

    /// The name that a selector of the form `metadata.name=X` asks for.
    var exactName: String? {
        requirements.first { $0.path == "metadata.name" && $0.isEqual }?.value
    }

    private static func supportedPaths(_ type: ResourceType) -> Set<String> {
        let common: Set<String> = type.isNamespaced ? ["metadata.name", "metadata.namespace"] : ["metadata.name"]
        switch type {
        case .services: return common.union(["spec.clusterIP", "spec.type"])
        case .nodes: return common.union(["spec.unschedulable"])
        case .pods: return common.union(["spec.nodeName", "status.phase", "status.podIP"])
        case .namespaces: return common.union(["status.phase"])
        case .events:
            return common.union([
                "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
                "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
                "reportingComponent", "source", "type",
            ])
        default: return common
        }
    }

    private static func value(of path: String, in object: JSONValue) -> String {
        if path == "source" { return object.at("source", "component")?.string ?? "" }
        var value: JSONValue? = object
        for key in path.split(separator: ".") { value = value?[String(key)] }
        switch value {
        case .string(let text): return text
        case .bool(let flag): return String(flag)
        case .integer(let number): return String(number)
        default: return path == "spec.unschedulable" ? "false" : ""
        }
    }
}

/// Splits `key=value`, `key==value` or `key!=value`; nil if there is no operator.
private func splitComparison(_ text: Substring) -> (key: Substring, isEqual: Bool, value: String)? {
    guard let sign = text.firstIndex(of: "=") else { return nil }
    var key = text[..<sign]
    var value = text[text.index(after: sign)...]
    let isEqual = key.last != "!"
    if !isEqual { key = key.dropLast() }
    if isEqual, value.first == "=" { value = value.dropFirst() }
    return (key.trimmed, isEqual, value.trimmedString)
}

extension Substring {
    /// Without white space at both ends.
    var trimmed: Substring {
        var result = self
        while let first = result.first, first.isWhitespace { result = result.dropFirst() }
        while let last = result.last, last.isWhitespace { result = result.dropLast() }
        return result
    }

    /// The trimmed text as a string of its own.
    var trimmedString: String { String(trimmed) }
}
