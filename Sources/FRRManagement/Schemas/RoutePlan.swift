internal import NetworkTypes
internal import Northbound

/// What a transaction changes in staticd's configuration, worked out from what is there under our locks.
struct RoutePlan: Sendable, Hashable {
    /// Routes to make or to give another tag.
    var puts: [Put] = []
    /// Single paths of ours to remove, next to which something else stays.
    var pathRemovals: [PathRemoval] = []
    /// Prefixes that hold nothing but what we remove: the whole list entry goes, so that no shell stays (hazard 26).
    var entryRemovals: [IPPrefix] = []

    struct Put: Sendable, Hashable {
        var prefix: IPPrefix
        var tag: UInt32
        /// False when the route is there and only its tag changes.
        var isNew: Bool
    }

    struct PathRemoval: Sendable, Hashable {
        var prefix: IPPrefix
        var path: StaticPath
    }

    /// True when running is as wanted already.
    var isEmpty: Bool { puts.isEmpty && removalCount == 0 }

    /// Number of removals, each of which is a request of its own in the native dialect.
    var removalCount: Int { pathRemovals.count + entryRemovals.count }

    /// Plans edits against the configuration.
    ///
    /// - Parameters:
    ///   - edits: in order; a later edit of the same prefix wins.
    ///   - routes: running, at least for the prefixes of the edits.
    /// - Throws: `invalidEdit` for a class without a tag, `rejected` when a foreign route occupies the place of ours.
    ///   Nothing has been changed then.
    init(
        edits: [NetworkEdit], routes: StaticRoutes, ownership: Ownership
    ) throws(ManagementError) {
        for edit in Self.effective(edits) {
            let prefix = edit.prefix
            let paths = routes[prefix] ?? []
            let ours = paths.filter(ownership.owns)
            switch edit {
            case .remove:
                guard !ours.isEmpty else { continue }
                if ours.count == paths.count {
                    entryRemovals.append(prefix)
                } else {
                    pathRemovals += ours.map { PathRemoval(prefix: prefix, path: $0) }
                }
            case .set(let network):
                guard let tag = ownership.tag(of: network.attributeClass) else {
                    throw ManagementError(
                        .invalidEdit, "\(prefix): \(ClassRefusal.noTag(network.attributeClass))")
                }
                if let foreign = paths.first(where: { ownership.isOurPlace($0) && !ownership.owns($0) }) {
                    throw ManagementError(
                        .rejected,
                        "\(prefix): table \(foreign.table) has a static route with tag \(foreign.tag) that is not ours")
                }
                // In schema C our route is the one with our next hop; elsewhere the one at our distance.
                let kept = ours.first { ownership.isOurPlace($0) && $0.nextHops.contains(.blackhole) }
                pathRemovals += ours.filter { $0 != kept }.map { PathRemoval(prefix: prefix, path: $0) }
                if let kept, kept.tag == tag { continue }
                puts.append(Put(prefix: prefix, tag: tag, isNew: kept == nil))
            }
        }
    }

    /// The last edit of each prefix, in order of first mention.
    static func effective(_ edits: [NetworkEdit]) -> [NetworkEdit] {
        var places: [IPPrefix: Int] = [:]
        var result: [NetworkEdit] = []
        for edit in edits {
            if let place = places[edit.prefix] {
                result[place] = edit
            } else {
                places[edit.prefix] = result.count
                result.append(edit)
            }
        }
        return result
    }

    /// Edits that running does not show, in words; empty when all are in place.
    static func missing(
        _ edits: [NetworkEdit], in routes: StaticRoutes, ownership: Ownership
    ) -> [String] {
        effective(edits).compactMap { edit in
            let tags = (routes[edit.prefix] ?? []).filter(ownership.owns).map(\.tag)
            switch edit {
            case .remove: return tags.isEmpty ? nil : "\(edit.prefix) is still there"
            case .set(let network):
                guard tags != [ownership.tag(of: network.attributeClass)] else { return nil }
                return "\(edit.prefix) is not \(network.attributeClass)"
            }
        }
    }
}
