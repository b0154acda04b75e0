import FoundationEssentials

/// What a list request asks for.
public struct ListOptions: Sendable, Equatable {
    /// Which labels the objects must have.
    public var labelSelector: LabelSelector = .everything
    /// Which fields the objects must have.
    public var fieldSelector: FieldSelector = .everything
    /// At most this many objects in one answer; 0 for all.
    public var limit = 0
    /// The token of the page before, or nil for the first page.
    public var continueToken: String?
    /// The resourceVersion asked for; nil or empty for the newest.
    public var resourceVersion: String?
    /// `Exact`, `NotOlderThan` or nil.
    public var resourceVersionMatch: String?

    /// The options of a plain list.
    public init() {}
}

/// One page of a list.
struct ObjectPage: Sendable {
    var objects: [StoredObject]
    /// The resourceVersion of the list: the same on each of its pages.
    var revision: Int64
    /// Nil on the last page.
    var continueToken: String?
    /// How many objects follow; nil where the real server does not say (selectors, last page).
    var remainingCount: Int?
}

extension StoreState {
    func list(_ type: ResourceType, namespace: String?, options: ListOptions) throws(APIStatus) -> ObjectPage {
        let (asked, start) = try resolve(options)
        let snapshot: [StoredObject]
        if let asked, asked < revision {
            snapshot = objects(type, namespace: namespace, at: asked)
        } else {
            snapshot = tables[type]?.ordered(in: namespace) ?? []
        }
        let page = ObjectPage(objects: [], revision: asked ?? revision, continueToken: nil, remainingCount: nil)
        return cut(snapshot, after: start, options: options, into: page)
    }

    /// The snapshot to read, nil for the newest, and the key after which to start.
    private func resolve(_ options: ListOptions) throws(APIStatus) -> (revision: Int64?, start: ObjectKey?) {
        let version = options.resourceVersion ?? ""
        if let text = options.continueToken, !text.isEmpty {
            guard version.isEmpty || version == "0" else {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            let token = try ContinueToken(parsing: text)
            guard token.revision >= 0 else { return (nil, token.start) }
            guard token.revision <= revision else { throw .tooLargeResourceVersion(token.revision, current: revision) }
            guard token.revision >= history.compactedRevision else {
                var status = APIStatus.expired(
                    "The provided continue parameter is too old to display a consistent list result. You can start a "
                        + "new list without the continue parameter, or use the continue token in this response to "
                        + "retrieve the remainder of the results.")
                status.continueToken = ContinueToken(revision: -1, start: token.start).text
                throw status
            }
            return (token.revision, token.start)
        }
        if let match = options.resourceVersionMatch, !match.isEmpty {
            guard match == "Exact" || match == "NotOlderThan" else {
                throw .badRequest("unknown resourceVersionMatch \"\(match)\": supported are Exact and NotOlderThan")
            }
            guard !version.isEmpty else {
                throw .badRequest("resourceVersionMatch is forbidden unless resourceVersion is provided")
            }
        }
        guard !version.isEmpty else { return (nil, nil) }
        let asked = try Self.parseRevision(version)
        if asked > revision { throw .tooLargeResourceVersion(asked, current: revision) }
        guard options.resourceVersionMatch == "Exact" else { return (nil, nil) }
        guard asked != 0 else {
            throw .badRequest("resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"")
        }
        guard asked >= history.compactedRevision else {
            throw .expired("The resourceVersion for the provided list is too old.")
        }
        return (asked, nil)
    }

    /// Parses a resourceVersion of a request.
    static func parseRevision(_ text: String) throws(APIStatus) -> Int64 {
        guard let value = Int64(text), value >= 0 else {
            throw .badRequest("Invalid value: \"\(text)\": resourceVersion must be a number that is not negative")
        }
        return value
    }

    /// The objects as they were at a revision that the history still reaches, by undoing the changes since.
    private func objects(_ type: ResourceType, namespace: String?, at revision: Int64) -> [StoredObject] {
        var undone: [ObjectKey: StoredObject?] = [:]
        for entry in history.entries(after: revision).reversed() where entry.type == type {
            guard let key = entry.object?.key else { continue }
            undone[key] = .some(entry.previous)
        }
        let now = tables[type]?.ordered(in: namespace) ?? []
        guard !undone.isEmpty else { return now }
        // Two sorted rows into one: a large list is read in many pages, each of which comes by here.
        let kept = now.filter { undone[$0.key] == nil }
        let restored = undone.values.compactMap(\.self).filter { namespace == nil || $0.namespace == namespace }
            .sorted { $0.key < $1.key }
        var result: [StoredObject] = []
        result.reserveCapacity(kept.count + restored.count)
        var next = 0
        for object in kept {
            while next < restored.count, restored[next].key < object.key {
                result.append(restored[next])
                next += 1
            }
            result.append(object)
        }
        return result + restored[next...]
    }

    private func cut(
        _ snapshot: [StoredObject], after start: ObjectKey?, options: ListOptions, into empty: ObjectPage
    ) -> ObjectPage {
        var page = empty
        let isSelective = options.labelSelector != .everything || options.fieldSelector != .everything
        let name = options.fieldSelector.exactName
        var index = start.map { start in snapshot.firstIndex { start < $0.key } ?? snapshot.count } ?? 0
        while index < snapshot.count {
            let object = snapshot[index]
            index += 1
            if let name, object.name != name { continue }
            guard
                !isSelective || (options.labelSelector.matches(object.labels) && options.fieldSelector.matches(object))
            else { continue }
            page.objects.append(object)
            if options.limit > 0, page.objects.count == options.limit { break }
        }
        if index < snapshot.count, let last = page.objects.last {
            page.continueToken = ContinueToken(revision: page.revision, start: last.key).text
            page.remainingCount = isSelective ? nil : snapshot.count - index
        }
        return page
    }
}

/// Where the next page starts: opaque to clients, base64 of a small JSON object.
struct ContinueToken {
    /// The snapshot of the list; negative for "whatever is newest", as the real server offers after expiry.
    var revision: Int64
    /// The last key of the page before.
    var start: ObjectKey?

    init(revision: Int64, start: ObjectKey?) {
        self.revision = revision
        self.start = start
    }

    init(parsing text: String) throws(APIStatus) {
        guard let data = Data(base64Encoded: text), let token = try? JSONValue(parsing: data),
            let revision = token["rv"]?.integer, let namespace = token["namespace"]?.string,
            let name = token["name"]?.string
        else { throw .badRequest("continue key is not valid") }
        self.init(revision: revision, start: ObjectKey(namespace: namespace, name: name))
    }

    var text: String {
        let token: JSONValue = [
            "rv": .integer(revision), "namespace": .string(start?.namespace ?? ""), "name": .string(start?.name ?? ""),
        ]
        return Data(token.serialized()).base64EncodedString()
    }
}
