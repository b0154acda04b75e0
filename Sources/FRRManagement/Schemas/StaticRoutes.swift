internal import NetworkTypes

/// A static route as staticd's configuration has it: one path of one prefix in one table. The parts that no decision
/// depends on (metric, onlink, colours and so on) are not read.
struct StaticPath: Sendable, Hashable {
    var table: UInt32
    var distance: UInt32
    var tag: UInt32
    var nextHops: [NextHop]

    /// The keys of a next hop.
    struct NextHop: Sendable, Hashable {
        var type: String
        var vrf: String
        var gateway: String
        var interface: String

        /// What the command line writes for `Null0`, so that it can remove the route too.
        static let blackhole = NextHop(type: "blackhole", vrf: "default", gateway: "", interface: "(null)")
    }
}

/// Unicast static routes of the default VRF by canonical prefix (hazard 26). A prefix without paths is an empty shell
/// that somebody's removal left behind.
typealias StaticRoutes = [IPPrefix: [StaticPath]]

/// What makes a static route ours (design D5): our table, one of our tags, and nothing but blackholes as next hops.
struct Ownership: Sendable, Hashable {
    var table: UInt32
    var tags: TagMap

    /// The distance of the routes that we make.
    static let distance: UInt32 = 1

    func owns(_ path: StaticPath) -> Bool {
        path.table == table && tags.owns(path.tag) && !path.nextHops.isEmpty
            && path.nextHops.allSatisfy { $0.type == StaticPath.NextHop.blackhole.type }
    }

    /// True when the path sits where ours goes.
    func isOurPlace(_ path: StaticPath) -> Bool {
        path.table == table && path.distance == Self.distance
    }

    /// The class of one of our tags. A tag without a class is called `tag-<number>`, so that it is not lost.
    func attributeClass(of tag: UInt32) -> AttributeClass? {
        guard tags.owns(tag) else { return nil }
        return tags.attributeClass(of: tag) ?? AttributeClass(rawValue: Self.unnamedPrefix + String(tag))
    }

    /// The tag of a class, nil when it is not defined.
    func tag(of attributeClass: AttributeClass) -> UInt32? {
        if let tag = tags.tag(of: attributeClass) { return tag }
        guard attributeClass.rawValue.hasPrefix(Self.unnamedPrefix),
            let tag = UInt32(attributeClass.rawValue.dropFirst(Self.unnamedPrefix.count)),
            self.attributeClass(of: tag) == attributeClass
        else { return nil }
        return tag
    }

    private static let unnamedPrefix = "tag-"
}
