internal import NetworkTypes
internal import Northbound

extension RoutePlan {
    /// The frames' worth of edits for the protobuf dialect: SET and REMOVE entries only (hazard 17), bounded in number
    /// (hazard 3) and in bytes (hazard 1).
    func leafBatches(schema: StaticSchema, ownership: Ownership, limits: FrameLimits) -> [EditBatch] {
        let place = StaticPath(
            table: ownership.table, distance: Ownership.distance, tag: 0, nextHops: [.blackhole])
        var edits: [EditBatch.LeafEdit] = []
        for put in puts {
            let leaves = schema.leaves(put.prefix, place)
            if put.isNew { edits.append(.set(path: leaves.kind, value: StaticSchema.blackholeKind)) }
            edits.append(.set(path: leaves.tag, value: String(put.tag)))
        }
        edits += pathRemovals.map { .remove(path: schema.path($0.prefix, $0.path)) }
        edits += entryRemovals.map { .remove(path: schema.entry($0)) }

        var batches: [EditBatch] = []
        var batch: [EditBatch.LeafEdit] = []
        var byteCount = FrameLimits.messageOverhead
        for edit in edits {
            let size = edit.estimatedByteCount
            if batch.count == limits.maximumEntryCount || byteCount + size > limits.maximumByteCount, !batch.isEmpty {
                batches.append(.leaves(batch))
                batch = []
                byteCount = FrameLimits.messageOverhead
            }
            batch.append(edit)
            byteCount += size
        }
        if !batch.isEmpty { batches.append(.leaves(batch)) }
        return batches
    }

    /// Native edits: merges of all new and changed routes, then one removal each.
    func treeBatches(schema: StaticSchema, ownership: Ownership, limits: FrameLimits) -> [EditBatch] {
        let merges = Self.merges(
            puts.map { schema.routeListEntry($0.prefix, table: ownership.table, tag: $0.tag) }, limits: limits)
        let removals =
            pathRemovals.map { schema.path($0.prefix, $0.path) } + entryRemovals.map { schema.entry($0) }
        return merges + removals.map { .tree(.remove, path: $0, data: "") }
    }

    /// Native edits for many removals on releases where each would copy the whole configuration (hazard 19): the
    /// container as it was read under our locks, without what goes and with what comes, replaces itself. Where frames
    /// are bounded, the first one replaces and the others merge the rest; only the commit makes any of it real.
    ///
    /// - Throws: `protocolViolation` when the container is not as expected.
    func replacementBatches(
        container json: JSONValue, schema: StaticSchema, ownership: Ownership, limits: FrameLimits
    ) throws(ManagementError) -> [EditBatch] {
        var others: [JSONValue.Member] = []
        var entries: [JSONValue] = []
        if let container = json.member("staticd") {
            guard case .object(let members) = container else {
                throw ManagementError(.protocolViolation, "staticd's container is no JSON object")
            }
            others = members.filter { JSONValue.localName($0.name) != "route-list" }
            entries = container.member("route-list")?.elements ?? []
        }
        let goneEntries = Set(entryRemovals)
        let gonePaths = Dictionary(grouping: pathRemovals, by: \.prefix)
        var kept: [JSONValue] = []
        for entry in entries {
            let prefix = StaticSchema.unicastPrefix(
                entry.member("prefix")?.text, source: entry.member("src-prefix")?.text,
                afiSafi: entry.member("afi-safi")?.text)
            if let prefix, goneEntries.contains(prefix) { continue }
            guard let prefix, let gone = gonePaths[prefix], case .object(var members) = entry,
                let list = members.firstIndex(where: { JSONValue.localName($0.name) == "path-list" })
            else {
                kept.append(entry)
                continue
            }
            var paths: [JSONValue] = []
            for element in members[list].value.elements {
                let path = try StaticSchema.path(element, of: prefix)
                if !gone.contains(where: { $0.path == path }) { paths.append(element) }
            }
            members[list].value = .array(paths)
            kept.append(.object(members))
        }
        let parts = Self.chunks(kept, limits: limits, reserved: JSONValue.object(others).encoded.utf8.count)
        let first = Self.container(parts.first ?? [], others)
        return [.tree(.replace, path: StaticSchema.container, data: first)]
            + parts.dropFirst().map { .tree(.merge, path: StaticSchema.container, data: Self.container($0, [])) }
            + Self.merges(
                puts.map { schema.routeListEntry($0.prefix, table: ownership.table, tag: $0.tag) }, limits: limits)
    }

    private static func merges(_ entries: [JSONValue], limits: FrameLimits) -> [EditBatch] {
        chunks(entries, limits: limits, reserved: 0).map {
            .tree(.merge, path: StaticSchema.container, data: container($0, []))
        }
    }

    private static func container(_ entries: [JSONValue], _ others: [JSONValue.Member]) -> String {
        let list = entries.isEmpty ? [] : [JSONValue.Member(name: "route-list", value: .array(entries))]
        return JSONValue.object([.init(name: "frr-staticd:staticd", value: .object(others + list))]).encoded
    }

    /// Cuts entries so that each part fits a frame together with the message around it.
    private static func chunks(_ entries: [JSONValue], limits: FrameLimits, reserved: Int) -> [[JSONValue]] {
        var parts: [[JSONValue]] = []
        var part: [JSONValue] = []
        var byteCount = FrameLimits.messageOverhead + reserved
        for entry in entries {
            let size = entry.encoded.utf8.count + 1
            if byteCount + size > limits.maximumByteCount, !part.isEmpty {
                parts.append(part)
                part = []
                byteCount = FrameLimits.messageOverhead
            }
            part.append(entry)
            byteCount += size
        }
        if !part.isEmpty { parts.append(part) }
        return parts
    }
}

/// How large a request may be.
struct FrameLimits: Sendable, Hashable {
    /// Longest request frame that cannot wedge mgmtd, header included (hazard 1).
    var maximumByteCount: Int
    /// Most entries of one FeSetConfigReq; more than 80 (9.x) or 320 (10.0–10.3) crash mgmtd (hazard 3).
    var maximumEntryCount = 64

    /// Room for the frame header, the message header, the container's path and the JSON around the entries.
    static let messageOverhead = 512

    /// 9.0 and 9.1, and whenever the release is not known.
    static let small = FrameLimits(maximumByteCount: 8_992)
    /// 10.0 to 10.6.
    static let medium = FrameLimits(maximumByteCount: 65_528)
    /// 10.7 has no limit of its own; this one keeps a frame from being absurd.
    static let large = FrameLimits(maximumByteCount: 64 << 20)
}

extension EditBatch.LeafEdit {
    /// Upper bound of the packed size: text, and a tag and a length for each of the four levels around it.
    var estimatedByteCount: Int {
        switch self {
        case .set(let path, let value): path.utf8.count + value.utf8.count + 32
        case .remove(let path): path.utf8.count + 32
        }
    }
}
