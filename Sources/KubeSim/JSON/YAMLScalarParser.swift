/// Parses what stands on one line of YAML: scalars and flow collections.
struct YAMLScalarParser {
    private(set) var rest: Substring
    private let line: Int
    private var depth = 0

    init(text: Substring, line: Int) {
        rest = text
        self.line = line
    }

    /// Parses the text as one value, which only a comment may follow.
    mutating func parseWhole() throws(YAMLError) -> JSONValue {
        let value = try parseValue(isInFlow: false)
        skipSpaces()
        guard rest.isEmpty || rest.first == "#" else { throw failure("unexpected \"\(rest)\"") }
        return value
    }

    /// Parses a quoted scalar; the text starts with the quote.
    mutating func parseQuoted() throws(YAMLError) -> JSONValue {
        rest.first == "'" ? .string(try parseSingleQuoted()) : .string(try parseDoubleQuoted())
    }

    private mutating func parseValue(isInFlow: Bool) throws(YAMLError) -> JSONValue {
        skipSpaces()
        switch rest.first {
        case "\"", "'": return try parseQuoted()
        case "[", "{":
            guard depth < JSONValue.nestingLimit else { throw failure("nesting too deep") }
            depth += 1
            defer { depth -= 1 }
            return rest.first == "[" ? try parseFlowSequence() : try parseFlowMapping()
        case "&", "*": throw failure("anchors and aliases are not supported")
        case "!": throw failure("tags are not supported")
        case "@", "`": throw failure("a plain scalar cannot start with \"\(rest.prefix(1))\"")
        default: return Self.resolve(takePlain(isInFlow: isInFlow))
        }
    }

    private mutating func parseFlowSequence() throws(YAMLError) -> JSONValue {
        var elements: [JSONValue] = []
        rest = rest.dropFirst()
        skipSpaces()
        while rest.first != "]" {
            elements.append(try parseValue(isInFlow: true))
            skipSpaces()
            if rest.first == "," {
                rest = rest.dropFirst()
                skipSpaces()
            } else if rest.first != "]" {
                throw failure("flow sequence without an end on its line")
            }
        }
        rest = rest.dropFirst()
        return .array(elements)
    }

    private mutating func parseFlowMapping() throws(YAMLError) -> JSONValue {
        var members: [String: JSONValue] = [:]
        rest = rest.dropFirst()
        skipSpaces()
        while rest.first != "}" {
            let key: String
            if rest.first == "\"" || rest.first == "'" {
                key = try parseQuoted().string ?? ""
            } else {
                key = takePlain(isInFlow: true)
            }
            skipSpaces()
            if rest.first == ":" {
                rest = rest.dropFirst()
                skipSpaces()
                members[key] = rest.first == "," || rest.first == "}" ? .null : try parseValue(isInFlow: true)
            } else {
                members[key] = .null
            }
            skipSpaces()
            if rest.first == "," {
                rest = rest.dropFirst()
                skipSpaces()
            } else if rest.first != "}" {
                throw failure("flow mapping without an end on its line")
            }
        }
        rest = rest.dropFirst()
        return .object(members)
    }

    private mutating func parseSingleQuoted() throws(YAMLError) -> String {
        var result = ""
        rest = rest.dropFirst()
        while let character = rest.popFirst() {
            if character == "'" {
                guard rest.first == "'" else { return result }
                rest = rest.dropFirst()
            }
            result.append(character)
        }
        throw failure("quoted scalar without an end on its line")
    }

    private mutating func parseDoubleQuoted() throws(YAMLError) -> String {
        // The escapes that manifests use are those of JSON.
        var end = rest.index(after: rest.startIndex)
        while end < rest.endIndex, rest[end] != "\"" {
            if rest[end] == "\\" { end = rest.index(after: end) }
            if end < rest.endIndex { end = rest.index(after: end) }
        }
        guard end < rest.endIndex else { throw failure("quoted scalar without an end on its line") }
        let quoted = rest[...end]
        rest = rest[rest.index(after: end)...]
        do {
            return try JSONValue(parsing: String(quoted)).string ?? ""
        } catch {
            throw failure("quoted scalar: \(error.reason)")
        }
    }

    /// Takes a plain scalar up to a comment or, in a flow collection, up to what ends the entry.
    private mutating func takePlain(isInFlow: Bool) -> String {
        var index = rest.startIndex
        var previous: Character = " "
        while index < rest.endIndex {
            let character = rest[index]
            if character == "#", previous == " " { break }
            if isInFlow, ",[]{}".contains(character) { break }
            if isInFlow, character == ":" {
                let next = rest.index(after: index)
                if next == rest.endIndex || " ,]}".contains(rest[next]) { break }
            }
            previous = character
            index = rest.index(after: index)
        }
        defer { rest = rest[index...] }
        return rest[..<index].trimmedString
    }

    /// What a plain scalar means in the core schema of YAML 1.2, and as Kubernetes reads it.
    private static func resolve(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        guard let first = text.utf8.first, first < UInt8(ascii: "A") else { return .string(text) }
        if let whole = Int64(text) { return .integer(whole) }
        let isNumeric = text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
        if isNumeric, let number = Double(text), number.isFinite { return .number(number) }
        return .string(text)
    }

    private mutating func skipSpaces() {
        while rest.first == " " || rest.first == "\t" { rest = rest.dropFirst() }
    }

    private func failure(_ reason: String) -> YAMLError { YAMLError(reason: reason, line: line) }
}
