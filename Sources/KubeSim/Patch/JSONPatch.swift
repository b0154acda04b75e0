/// JSON Patch, RFC 6902.
struct JSONPatch {
    private struct Operation {
        var name: String
        var path: [String]
        var from: [String]
        var value: JSONValue?
        var text: String
    }

    private var operations: [Operation] = []

    /// - Throws: 400 for anything that is not a list of operations.
    init(parsing patch: JSONValue) throws(APIStatus) {
        guard let list = patch.array else {
            throw .badRequest("a JSON patch must be an array of operations, not \(patch.typeName)")
        }
        for item in list {
            guard let name = item["op"]?.string, let path = item["path"]?.string else {
                throw .badRequest("JSON patch operation without op or path: \(item.text)")
            }
            operations.append(
                Operation(
                    name: name, path: try Self.pointer(path), from: try Self.pointer(item["from"]?.string ?? ""),
                    value: item["value"], text: item.text))
        }
    }

    /// - Throws: 422 for the first operation that does not fit; none takes effect then.
    func apply(to object: JSONValue) throws(APIStatus) -> JSONValue {
        var result = object
        for operation in operations {
            do {
                try Self.apply(operation, to: &result)
            } catch {
                throw APIStatus(
                    code: 422, reason: "Invalid",
                    message: "the server rejected our request due to an error in our request: "
                        + "\(error.reason): \(operation.text)")
            }
        }
        return result
    }

    private struct Misfit: Error {
        var reason: String
    }

    private static func apply(_ operation: Operation, to document: inout JSONValue) throws(Misfit) {
        switch operation.name {
        case "add":
            guard let value = operation.value else { throw Misfit(reason: "add operation without a value") }
            try edit(&document, operation.path[...], .add(value))
        case "replace":
            guard let value = operation.value else { throw Misfit(reason: "replace operation without a value") }
            try edit(&document, operation.path[...], .replace(value))
        case "remove":
            try edit(&document, operation.path[...], .remove)
        case "move":
            if operation.path.starts(with: operation.from), operation.path != operation.from {
                throw Misfit(reason: "move into a child of itself")
            }
            let value = try read(document, operation.from)
            try edit(&document, operation.from[...], .remove)
            try edit(&document, operation.path[...], .add(value))
        case "copy":
            try edit(&document, operation.path[...], .add(try read(document, operation.from)))
        case "test":
            guard try read(document, operation.path) == operation.value ?? .null else {
                throw Misfit(reason: "testing value failed")
            }
        default: throw Misfit(reason: "unknown operation \"\(operation.name)\"")
        }
    }

    private enum Edit {
        case add(JSONValue)
        case replace(JSONValue)
        case remove
    }

    private static func edit(_ value: inout JSONValue, _ path: ArraySlice<String>, _ edit: Edit) throws(Misfit) {
        guard let key = path.first else {
            switch edit {
            case .add(let new), .replace(let new): value = new
            case .remove: throw Misfit(reason: "the whole document cannot be removed")
            }
            return
        }
        let rest = path.dropFirst()
        switch value {
        case .object(var members):
            if rest.isEmpty {
                switch edit {
                case .add(let new): members[key] = new
                case .replace(let new):
                    guard members[key] != nil else { throw Misfit(reason: "replace operation on a missing key") }
                    members[key] = new
                case .remove:
                    guard members.removeValue(forKey: key) != nil else {
                        throw Misfit(reason: "remove operation on a missing key")
                    }
                }
            } else {
                guard var child = members[key] else { throw Misfit(reason: "path does not exist") }
                try Self.edit(&child, rest, edit)
                members[key] = child
            }
            value = .object(members)
        case .array(var elements):
            if rest.isEmpty, case .add(let new) = edit {
                elements.insert(new, at: try index(key, upTo: elements.count))
            } else {
                let position = try index(key, upTo: elements.count - 1)
                if rest.isEmpty {
                    if case .replace(let new) = edit { elements[position] = new } else { elements.remove(at: position) }
                } else {
                    try Self.edit(&elements[position], rest, edit)
                }
            }
            value = .array(elements)
        default: throw Misfit(reason: "path does not exist")
        }
    }

    private static func read(_ document: JSONValue, _ path: [String]) throws(Misfit) -> JSONValue {
        var value = document
        for key in path {
            switch value {
            case .object(let members):
                guard let member = members[key] else { throw Misfit(reason: "path does not exist") }
                value = member
            case .array(let elements): value = elements[try index(key, upTo: elements.count - 1)]
            default: throw Misfit(reason: "path does not exist")
            }
        }
        return value
    }

    private static func index(_ text: String, upTo last: Int) throws(Misfit) -> Int {
        if text == "-" { return max(0, last) }
        guard let index = Int(text), index >= 0, index <= last, text == String(index) else {
            throw Misfit(reason: "array index out of bounds")
        }
        return index
    }

    /// Parses a JSON pointer (RFC 6901).
    private static func pointer(_ text: String) throws(APIStatus) -> [String] {
        guard !text.isEmpty else { return [] }
        guard text.hasPrefix("/") else { throw .badRequest("JSON pointer does not start with a slash: \(text)") }
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
            part.split(separator: "~1", omittingEmptySubsequences: false)
                .map { $0.split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~") }
                .joined(separator: "/")
        }
    }
}
