/// Why a text is not YAML that this reader takes, and where.
public struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in words.
    public let reason: String
    /// Line, from 1.
    public let line: Int

    /// The reason with its line.
    public var description: String { "line \(line): \(reason)" }
}

/// Reads the part of YAML that Kubernetes manifests are written in.
///
/// That is: block mappings and sequences, plain and quoted scalars, literal and folded blocks, flow collections on one
/// line, comments, several documents. Not read, and refused by name: anchors, aliases, tags, complex keys,
/// directives, tabs as indentation, scalars and flow collections over several lines.
enum YAMLReader {
    /// The documents of a text; empty ones are left out.
    static func documents(_ text: String) throws(YAMLError) -> [JSONValue] {
        var documents: [JSONValue] = []
        var lines: [YAMLBlockParser.Line] = []
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.last == "\r" ? raw.dropLast() : raw
            if line == "---" || line.hasPrefix("--- ") || line == "..." {
                if let document = try document(lines) { documents.append(document) }
                lines = []
                continue
            }
            if line.hasPrefix("%") { throw YAMLError(reason: "directives are not supported", line: index + 1) }
            lines.append(.init(number: index + 1, text: line))
        }
        if let last = try document(lines) { documents.append(last) }
        return documents
    }

    private static func document(_ lines: [YAMLBlockParser.Line]) throws(YAMLError) -> JSONValue? {
        var parser = YAMLBlockParser(lines: lines)
        return try parser.parseDocument()
    }
}

/// Parses the lines of one document by their indentation.
struct YAMLBlockParser {
    struct Line {
        var number: Int
        var text: Substring

        var indentation: Int { text.prefix { $0 == " " }.count }
        var content: Substring { text.trimmed }
        /// Neither empty nor only a comment.
        var isSignificant: Bool { !content.isEmpty && content.first != "#" }
    }

    var lines: [Line]
    var position = 0
    private var depth = 0

    init(lines: [Line]) { self.lines = lines }

    mutating func parseDocument() throws(YAMLError) -> JSONValue? {
        guard let first = try peek() else { return nil }
        let value = try parseNode(indentation: first.indentation)
        if let rest = try peek() { throw YAMLError(reason: "wrong indentation", line: rest.number) }
        return value
    }

    /// The next significant line, without taking it.
    private mutating func peek() throws(YAMLError) -> Line? {
        while position < lines.count {
            let line = lines[position]
            if line.isSignificant {
                if line.text.dropFirst(line.indentation).first == "\t" {
                    throw YAMLError(reason: "tab used as indentation", line: line.number)
                }
                return line
            }
            position += 1
        }
        return nil
    }

    /// Parses the block that starts on the next line, which is indented by exactly this much.
    private mutating func parseNode(indentation: Int) throws(YAMLError) -> JSONValue {
        guard let line = try peek() else { return .null }
        guard depth < JSONValue.nestingLimit else {
            throw YAMLError(reason: "nesting deeper than \(JSONValue.nestingLimit) levels", line: line.number)
        }
        depth += 1
        defer { depth -= 1 }
        if Self.isSequenceItem(line.content) { return try parseSequence(indentation: indentation) }
        if try Self.splitKey(line.content, line.number) != nil { return try parseMapping(indentation: indentation) }
        position += 1
        return try parseInline(line.content, line, parentIndentation: indentation - 1)
    }

    private mutating func parseSequence(indentation: Int) throws(YAMLError) -> JSONValue {
        var elements: [JSONValue] = []
        while let line = try peek(), line.indentation == indentation, Self.isSequenceItem(line.content) {
            let rest = line.content.dropFirst().trimmed
            if rest.isEmpty || rest.first == "#" {
                position += 1
                if let next = try peek(), next.indentation > indentation {
                    elements.append(try parseNode(indentation: next.indentation))
                } else {
                    elements.append(.null)
                }
                continue
            }
            // What follows the dash is a block of its own, indented to where it starts.
            let offset = line.text.distance(from: line.text.startIndex, to: rest.startIndex)
            lines[position].text = Substring(String(repeating: " ", count: offset) + rest)
            elements.append(try parseNode(indentation: offset))
        }
        if let line = try peek(), line.indentation > indentation {
            throw YAMLError(reason: "wrong indentation", line: line.number)
        }
        return .array(elements)
    }

    private mutating func parseMapping(indentation: Int) throws(YAMLError) -> JSONValue {
        var members: [String: JSONValue] = [:]
        while let line = try peek(), line.indentation == indentation {
            guard let (key, rest) = try Self.splitKey(line.content, line.number) else {
                throw YAMLError(reason: "expected \"key: value\"", line: line.number)
            }
            guard members[key] == nil else { throw YAMLError(reason: "key \"\(key)\" comes twice", line: line.number) }
            position += 1
            if rest.isEmpty || rest.first == "#" {
                members[key] = try parseNested(below: indentation)
            } else {
                members[key] = try parseInline(rest, line, parentIndentation: indentation)
            }
        }
        if let line = try peek(), line.indentation > indentation {
            throw YAMLError(reason: "wrong indentation", line: line.number)
        }
        return .object(members)
    }

    /// The value of a key that has none on its line: a deeper block, a sequence at the same depth, or null.
    private mutating func parseNested(below indentation: Int) throws(YAMLError) -> JSONValue {
        guard let next = try peek() else { return .null }
        if next.indentation > indentation { return try parseNode(indentation: next.indentation) }
        if next.indentation == indentation, Self.isSequenceItem(next.content) {
            return try parseSequence(indentation: indentation)
        }
        return .null
    }

    private mutating func parseInline(
        _ text: Substring, _ line: Line, parentIndentation: Int
    ) throws(YAMLError) -> JSONValue {
        if let first = text.first, first == "|" || first == ">" {
            return .string(try parseBlockScalar(text, line, parentIndentation: parentIndentation))
        }
        var scalar = YAMLScalarParser(text: text, line: line.number)
        return try scalar.parseWhole()
    }

    /// A literal (`|`) or folded (`>`) block, with `-` or `+` for what becomes of the line ends after it.
    private mutating func parseBlockScalar(
        _ header: Substring, _ line: Line, parentIndentation: Int
    ) throws(YAMLError) -> String {
        let marks = header.prefix { $0 != " " && $0 != "#" }.dropFirst()
        guard marks.isEmpty || marks == "-" || marks == "+" else {
            throw YAMLError(reason: "block scalar header \"\(header)\" is not supported", line: line.number)
        }
        var texts: [Substring] = []
        var indentation: Int?
        while position < lines.count {
            let next = lines[position]
            if next.content.isEmpty {
                texts.append("")
            } else {
                if next.indentation <= parentIndentation { break }
                let wanted = indentation ?? next.indentation
                indentation = wanted
                guard next.indentation >= wanted else { break }
                texts.append(next.text.dropFirst(wanted))
            }
            position += 1
        }
        var trailing = 0
        while texts.last == "" {
            texts.removeLast()
            trailing += 1
        }
        let isFolded = header.first == ">"
        var result = ""
        for (index, text) in texts.enumerated() {
            if index > 0 {
                if isFolded {
                    if text.isEmpty { result += "\n" } else if texts[index - 1] != "" { result += " " }
                } else {
                    result += "\n"
                }
            }
            result += text
        }
        switch marks {
        case "-": return result
        case "+": return result + String(repeating: "\n", count: trailing + 1)
        default: return texts.isEmpty ? result : result + "\n"
        }
    }

    private static func isSequenceItem(_ content: Substring) -> Bool { content == "-" || content.hasPrefix("- ") }

    /// Splits `key: rest`; nil if the line is no mapping entry.
    private static func splitKey(_ content: Substring, _ line: Int) throws(YAMLError) -> (String, Substring)? {
        if content.first == "?" { throw YAMLError(reason: "complex keys are not supported", line: line) }
        if content.first == "\"" || content.first == "'" {
            var scalar = YAMLScalarParser(text: content, line: line)
            guard case .string(let key) = try scalar.parseQuoted() else { return nil }
            let rest = scalar.rest.trimmed
            guard rest.first == ":" else { return nil }
            return (key, rest.dropFirst().trimmed)
        }
        if content.first == "{" || content.first == "[" { return nil }
        var index = content.startIndex
        while let colon = content[index...].firstIndex(of: ":") {
            let next = content.index(after: colon)
            if next == content.endIndex || content[next] == " " {
                let key = content[..<colon]
                if key.contains(" #") { return nil }
                return (String(key.trimmed), content[next...].trimmed)
            }
            index = next
        }
        return nil
    }
}
