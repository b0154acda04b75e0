/// The four kinds of patch that the API takes, by their media types.
public enum PatchKind: String, Sendable, CaseIterable {
    /// RFC 6902: a list of operations.
    case json = "application/json-patch+json"
    /// RFC 7386: an object laid over the old one; null removes.
    case merge = "application/merge-patch+json"
    /// Kubernetes' own: as merge, but known lists are merged by key, with `$patch` directives.
    case strategic = "application/strategic-merge-patch+json"
    /// Server-side apply, here only as a merge by key: no field ownership, so nothing is removed by leaving it out.
    case apply = "application/apply-patch+yaml"

    /// The object with the patch applied.
    ///
    /// - Throws: 400 for a patch of the wrong shape, 422 for one that does not fit the object.
    func apply(_ patch: JSONValue, to object: JSONValue, type: ResourceType) throws(APIStatus) -> JSONValue {
        switch self {
        case .json:
            return try JSONPatch(parsing: patch).apply(to: object)
        case .merge:
            guard patch.object != nil else {
                throw .badRequest("a merge patch must be a JSON object, not \(patch.typeName)")
            }
            return MergePatch.apply(patch, to: object)
        case .strategic, .apply:
            guard patch.object != nil else {
                throw .badRequest("the patch must be a JSON object, not \(patch.typeName)")
            }
            let merger = StrategicMerge(type: type, takesDirectives: self == .strategic)
            return try merger.apply(patch, to: object)
        }
    }
}

/// JSON Merge Patch, RFC 7386.
enum MergePatch {
    static func apply(_ patch: JSONValue, to target: JSONValue) -> JSONValue {
        guard let changes = patch.object else { return patch }
        var result = target.object ?? [:]
        for (key, change) in changes {
            if change.isNull {
                result[key] = nil
            } else {
                result[key] = apply(change, to: result[key] ?? .null)
            }
        }
        return .object(result)
    }
}
