/// Why a selector was refused.
public struct SelectorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The text as it was given, cut to 100 characters.
    public let text: String
    /// What is wrong, in words.
    public let reason: String

    init(_ text: some StringProtocol, _ reason: String) {
        self.text = String(text.prefix(100))
        self.reason = reason
    }

    /// One line: the text in quotes and the reason.
    public var description: String { "\"\(text)\" \(reason)" }
}

/// A label selector in the notation of Kubernetes: requirements joined by commas, all of which must hold.
///
/// | Requirement | Holds when the label |
/// |---|---|
/// | `key` / `!key` | is present / absent |
/// | `key=a`, `key==a` | is present with this value |
/// | `key!=a` | is absent or has another value |
/// | `key in (a, b)` | is present with one of the values |
/// | `key notin (a, b)` | is absent or has none of the values |
public struct LabelSelector: Sendable, Hashable, CustomStringConvertible {
    struct Requirement: Sendable, Hashable {
        enum Test: Sendable, Hashable {
            case exists, isAbsent
            case isOneOf(Set<String>), isNoneOf(Set<String>)
        }

        var key: String
        var test: Test

        func holds(for labels: [String: String]) -> Bool {
            switch test {
            case .exists: labels[key] != nil
            case .isAbsent: labels[key] == nil
            case .isOneOf(let values): labels[key].map(values.contains) ?? false
            case .isNoneOf(let values): !(labels[key].map(values.contains) ?? false)
            }
        }
    }

    /// As it was written.
    public let description: String
    let requirements: [Requirement]

    /// Reads a selector.
    ///
    /// - Throws: `SelectorError` when the text is none or is empty; to select everything, leave the selector out.
    public init(_ text: String) throws(SelectorError) {
        description = text
        var requirements: [Requirement] = []
        for term in Self.terms(text) { requirements.append(try Self.requirement(term, in: text)) }
        self.requirements = requirements
    }

    /// Whether all requirements hold.
    public func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { $0.holds(for: labels) }
    }

    /// The keys that it asks for.
    public var keys: Set<String> { Set(requirements.map(\.key)) }

    // MARK: - Reading

    /// The parts between commas outside parentheses.
    private static func terms(_ text: String) -> [Substring] {
        var terms: [Substring] = []
        var start = text.startIndex
        var depth = 0
        for index in text.indices {
            switch text[index] {
            case "(": depth += 1
            case ")": depth -= 1
            case "," where depth == 0:
                terms.append(text[start..<index])
                start = text.index(after: index)
            default: break
            }
        }
        return terms + [text[start...]]
    }

    private static func requirement(_ term: Substring, in text: String) throws(SelectorError) -> Requirement {
        let term = term.trimmed
        if term.first == "!", !term.contains("=") {
            return Requirement(key: try key(term.dropFirst(), in: text), test: .isAbsent)
        }
        if term.last == ")" { return try set(term, in: text) }
        if let sign = term.firstIndex(of: "=") {
            let isNegated = sign != term.startIndex && term[term.index(before: sign)] == "!"
            var value = term[term.index(after: sign)...]
            if !isNegated, value.first == "=" { value = value.dropFirst() }
            let name = try key(isNegated ? term[..<term.index(before: sign)] : term[..<sign], in: text)
            let values: Set = [try self.value(value, in: text)]
            return Requirement(key: name, test: isNegated ? .isNoneOf(values) : .isOneOf(values))
        }
        return Requirement(key: try key(term, in: text), test: .exists)
    }

    /// `key in (a, b)` or `key notin (a, b)`.
    private static func set(_ term: Substring, in text: String) throws(SelectorError) -> Requirement {
        guard let bracket = term.firstIndex(of: "(") else { throw SelectorError(text, "has a \")\" without \"(\"") }
        let words = term[..<bracket].split(separator: " ")
        guard words.count == 2, words[1] == "in" || words[1] == "notin" else {
            throw SelectorError(text, "has a requirement that is neither \"key in (…)\" nor \"key notin (…)\"")
        }
        var values: Set<String> = []
        let inside = term[term.index(after: bracket)...].dropLast()
        for part in inside.split(separator: ",", omittingEmptySubsequences: false) {
            values.insert(try value(part, in: text))
        }
        let name = try key(words[0], in: text)
        return Requirement(key: name, test: words[1] == "in" ? .isOneOf(values) : .isNoneOf(values))
    }

    private static func key(_ part: Substring, in text: String) throws(SelectorError) -> String {
        let key = part.trimmed
        guard LabelSyntax.isKey(key) else {
            throw SelectorError(
                text, key.isEmpty ? "has an empty requirement" : "has \"\(key)\", which is not a label key")
        }
        return String(key)
    }

    private static func value(_ part: Substring, in text: String) throws(SelectorError) -> String {
        let value = part.trimmed
        guard LabelSyntax.isValue(value) else {
            throw SelectorError(text, "has \"\(value)\", which is not a label value")
        }
        return String(value)
    }
}

/// What labels and taints may be called (API concepts, "Labels and Selectors").
enum LabelSyntax {
    /// A name of 1…63 characters, with an optional prefix `domain/` of up to 253.
    static func isKey(_ text: Substring) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, parts.count <= 2, !name.isEmpty, isValue(name) else { return false }
        guard parts.count == 2 else { return true }
        return (1...253).contains(parts[0].utf8.count) && isEdged(parts[0])
    }

    /// 0…63 characters of `A-Z a-z 0-9 - _ .`, letters or digits at both ends.
    static func isValue(_ text: Substring) -> Bool {
        text.isEmpty || (text.utf8.count <= 63 && isEdged(text))
    }

    private static func isEdged(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy { isAlphanumeric($0) || [0x2D, 0x2E, 0x5F].contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

extension Substring {
    /// Without spaces at either end.
    var trimmed: Substring {
        var rest = self
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return rest
    }
}
