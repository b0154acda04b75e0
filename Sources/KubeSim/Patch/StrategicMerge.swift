/// Strategic merge patch: maps are merged, known lists are merged by key, all others replaced.
///
/// Which lists those are is in the Go types of the API (`patchMergeKey` and `patchStrategy`), kept here as a table.
/// Directives: `$patch` (replace, delete, merge), `$retainKeys`, `$deleteFromPrimitiveList/LIST`,
/// `$setElementOrder/LIST`. Server-side apply uses the same table with the keys of its own (`listMapKeys`).
struct StrategicMerge {
    private enum ListStrategy {
        /// Elements are objects; they are one if these members agree.
        case byKeys([String])
        /// Elements are plain values, each at most once.
        case asSet
    }

    let type: ResourceType
    let takesDirectives: Bool

    /// - Throws: 400 for a directive or list element of the wrong shape.
    func apply(_ patch: JSONValue, to object: JSONValue) throws(APIStatus) -> JSONValue {
        try merge(patch, into: object, path: "")
    }

    private func strategy(_ path: String) -> ListStrategy? {
        switch path {
        case "metadata.finalizers": return .asSet
        case "metadata.ownerReferences": return .byKeys(["uid"])
        case "status.conditions": return .byKeys(["type"])
        case "spec.ports" where type == .services:
            return .byKeys(takesDirectives ? ["port"] : ["port", "protocol"])
        case "spec.podCIDRs" where type == .nodes: return .asSet
        case "status.addresses" where type == .nodes: return .byKeys(["type"])
        default: return nil
        }
    }

    private func merge(_ patch: JSONValue, into target: JSONValue, path: String) throws(APIStatus) -> JSONValue {
        guard var changes = patch.object else { return patch }
        if takesDirectives, let directive = changes.removeValue(forKey: "$patch") {
            switch directive.string {
            case "replace": return .object(changes)
            case "delete": return .object([:])
            case "merge": break
            default: throw .badRequest("unknown $patch directive \(directive.text)")
            }
        }
        var result = target.object ?? [:]
        if takesDirectives, let retained = changes.removeValue(forKey: "$retainKeys") {
            guard let names = retained.array?.compactMap(\.string) else {
                throw .badRequest("$retainKeys must be a list of strings")
            }
            result = result.filter { names.contains($0.key) }
        }
        var orders: [String: [JSONValue]] = [:]
        for (key, change) in changes {
            if takesDirectives, key.hasPrefix("$") {
                try applyListDirective(key, change, to: &result, orders: &orders)
            }
        }
        for (key, change) in changes where !(takesDirectives && key.hasPrefix("$")) {
            let childPath = path.isEmpty ? key : "\(path).\(key)"
            if change.isNull {
                result[key] = nil
            } else if let list = change.array {
                result[key] = .array(try mergeList(list, into: result[key]?.array ?? [], path: childPath))
            } else {
                result[key] = try merge(change, into: result[key] ?? .null, path: childPath)
            }
        }
        for (key, order) in orders {
            let childPath = path.isEmpty ? key : "\(path).\(key)"
            if let list = result[key]?.array { result[key] = .array(reorder(list, by: order, path: childPath)) }
        }
        return .object(result)
    }

    private func applyListDirective(
        _ key: String, _ change: JSONValue, to result: inout [String: JSONValue],
        orders: inout [String: [JSONValue]]
    ) throws(APIStatus) {
        guard let slash = key.firstIndex(of: "/"), let values = change.array else {
            throw .badRequest("unknown directive or wrong value: \(key)")
        }
        let list = String(key[key.index(after: slash)...])
        switch key[..<slash] {
        case "$deleteFromPrimitiveList":
            if let old = result[list]?.array { result[list] = .array(old.filter { !values.contains($0) }) }
        case "$setElementOrder": orders[list] = values
        default: throw .badRequest("unknown directive: \(key)")
        }
    }

    private func mergeList(_ patch: [JSONValue], into old: [JSONValue], path: String) throws(APIStatus) -> [JSONValue] {
        switch strategy(path) {
        case nil:
            return patch
        case .asSet:
            return old + patch.filter { !old.contains($0) }
        case .byKeys(let keys):
            var result = old
            if takesDirectives, patch.contains(where: { $0["$patch"]?.string == "replace" }) {
                return patch.filter { $0["$patch"] == nil }
            }
            for element in patch {
                guard element.object != nil, element[keys[0]] != nil else {
                    throw .badRequest("\(path): list element without its merge key \(keys[0]): \(element.text)")
                }
                let position = result.firstIndex { isSame($0, element, keys) }
                if takesDirectives, element["$patch"]?.string == "delete" {
                    if let position { result.remove(at: position) }
                } else if let position {
                    result[position] = try merge(element, into: result[position], path: path + "[]")
                } else {
                    result.append(try merge(element, into: [:], path: path + "[]"))
                }
            }
            return result
        }
    }

    /// Port entries without a protocol mean TCP.
    private func isSame(_ left: JSONValue, _ right: JSONValue, _ keys: [String]) -> Bool {
        keys.allSatisfy { key in
            let fallback: JSONValue? = key == "protocol" ? "TCP" : nil
            return (left[key] ?? fallback) == (right[key] ?? fallback)
        }
    }

    /// Elements that the order names come in that order; the others keep their place behind them.
    private func reorder(_ list: [JSONValue], by order: [JSONValue], path: String) -> [JSONValue] {
        func rank(_ element: JSONValue) -> Int {
            let index = order.firstIndex { wanted in
                switch strategy(path) {
                case .byKeys(let keys): wanted[keys[0]] != nil && wanted[keys[0]] == element[keys[0]]
                default: wanted == element
                }
            }
            return index ?? order.count
        }
        return list.enumerated().map { (rank($0.element), $0.offset, $0.element) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }
}
