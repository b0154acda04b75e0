/// One request as the API understands it: verb, resource, place, options.
struct APIRequest: Sendable {
    /// The verbs of resources, as in RBAC rules.
    enum Verb: String, Sendable, CaseIterable {
        case get
        case list
        case watch
        case create
        case update
        case patch
        case delete
        case deletecollection
    }

    /// Where a path leads.
    enum Target: Sendable {
        case resource(ResourceType, namespace: String?, name: String?, subresource: String?)
        /// Anything else: discovery, health, control; the parts between the slashes.
        case other([String])
    }

    let method: String
    let path: String
    let target: Target
    let query: QueryParameters

    init(method: String, path: String, query: String) {
        self.method = method
        self.path = path
        self.query = QueryParameters(parsing: query)
        target = Self.parse(path)
    }

    /// The resource that is concerned, if any.
    var type: ResourceType? {
        if case .resource(let type, _, _, _) = target { return type }
        return nil
    }

    /// The verb, or nil for methods that no verb has. Paths that are no resource count as `get`.
    var verb: Verb? {
        guard case .resource(_, _, let name, _) = target else { return .get }
        switch method {
        case "GET", "HEAD":
            // A watch of one object is an old form of a list with a field selector.
            if query.flag("watch") == true { return .watch }
            return name == nil ? .list : .get
        case "POST": return .create
        case "PUT": return .update
        case "PATCH": return .patch
        case "DELETE": return name == nil ? .deletecollection : .delete
        default: return nil
        }
    }

    private static func parse(_ path: String) -> Target {
        let parts = path.split(separator: "/").map { percentDecoded($0) }
        var rest = parts[...]
        let group: String
        switch parts.first {
        case "api": group = ""
        case "apis" where parts.count > 1:
            group = parts[1]
            rest = rest.dropFirst()
        default: return .other(parts)
        }
        rest = rest.dropFirst()
        guard let version = rest.first else { return .other(parts) }
        rest = rest.dropFirst()
        var namespace: String?
        // `/namespaces/X` is the namespace itself, `/namespaces/X/status` its status, all else is inside of it.
        if rest.first == "namespaces", rest.count >= 3, !["status", "finalize"].contains(rest[rest.startIndex + 2]) {
            namespace = rest[rest.startIndex + 1]
            rest = rest.dropFirst(2)
        }
        guard let plural = rest.first, rest.count <= 3,
            let type = ResourceType.find(group: group, version: version, plural: plural),
            type.isNamespaced || namespace == nil
        else { return .other(parts) }
        let name = rest.dropFirst().first
        if name != nil, type.isNamespaced, namespace == nil { return .other(parts) }
        return .resource(type, namespace: namespace, name: name, subresource: rest.dropFirst(2).first)
    }
}

/// The parameters of a query, decoded; of equal ones the first counts.
struct QueryParameters: Sendable {
    private var values: [String: String] = [:]

    init(parsing query: String) {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = percentDecoded(parts[0], plusIsSpace: true)
            if values[key] == nil { values[key] = parts.count > 1 ? percentDecoded(parts[1], plusIsSpace: true) : "" }
        }
    }

    subscript(key: String) -> String? { values[key] }

    /// A truth value as Go's decoder reads it: present and neither `false` nor `0`. Nil if absent.
    func flag(_ key: String) -> Bool? {
        guard let value = values[key] else { return nil }
        return value != "false" && value != "0"
    }

    /// A number that is not negative.
    ///
    /// - Throws: 400 for anything else; nil if absent or empty.
    func number(_ key: String) throws(APIStatus) -> Int? {
        guard let value = values[key], !value.isEmpty else { return nil }
        guard let number = Int(value), number >= 0 else {
            throw .badRequest("invalid value \"\(value)\" of \(key): must be a number that is not negative")
        }
        return number
    }
}

/// Decodes `%XX`; a broken escape stays as it is, and bytes that are not UTF-8 become U+FFFD.
func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
    var bytes: [UInt8] = []
    var source = Array(text.utf8)[...]
    while let byte = source.popFirst() {
        if byte == UInt8(ascii: "%"), source.count >= 2,
            let value = UInt8(String(decoding: source.prefix(2), as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            source = source.dropFirst(2)
        } else {
            bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
