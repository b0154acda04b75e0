/// The name of a set of BGP path attributes that an announcement carries: `default`, `drain`, `manual`, or one that the
/// operator defines.
///
/// On provider mgmtd a class is a route tag that the operator's route-map matches; on provider bgpd it is the route-map
/// `COSMOLET-<name>`. Names are 1…32 of `a-z 0-9 -`, starting with a letter, so that they are safe in both.
public struct AttributeClass: Sendable, Hashable, Comparable, Codable, RawRepresentable, CustomStringConvertible {
    /// The name.
    public let rawValue: String

    /// Takes a valid name, or nil.
    public init?(rawValue: String) {
        let isValid =
            (1...32).contains(rawValue.utf8.count)
            && rawValue.utf8.first.map { (0x61...0x7A).contains($0) } == true
            && rawValue.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        guard isValid else { return nil }
        self.rawValue = rawValue
    }

    private init(known name: String) { rawValue = name }

    /// What a healthy VIP is announced with.
    public static let `default` = AttributeClass(known: "default")
    /// What a VIP carries before it is withdrawn: GRACEFUL_SHUTDOWN (RFC 8326) by default.
    public static let drain = AttributeClass(known: "drain")
    /// What an operator announced by hand; the agent never touches it.
    public static let manual = AttributeClass(known: "manual")

    /// The name.
    public var description: String { rawValue }

    /// By name.
    public static func < (a: AttributeClass, b: AttributeClass) -> Bool { a.rawValue < b.rawValue }
}

/// Which route tag stands for which attribute class on provider mgmtd. Tags and names are both unique.
public struct TagMap: Sendable, Hashable {
    /// Ours in the private table are the tags in this range, all others are foreign.
    public let ownedTags: ClosedRange<UInt32>
    private let tagByClass: [AttributeClass: UInt32]
    private let classByTag: [UInt32: AttributeClass]

    /// Why a map was refused.
    public struct Failure: Error, CustomStringConvertible, Sendable, Hashable {
        /// Names the class or tag.
        public let description: String
    }

    /// Makes a map.
    ///
    /// - Throws: `Failure` when a tag lies outside the owned range or is used twice.
    public init(ownedTags: ClosedRange<UInt32>, classes: [AttributeClass: UInt32]) throws(Failure) {
        var byTag: [UInt32: AttributeClass] = [:]
        for (name, tag) in classes.sorted(by: { $0.key < $1.key }) {
            guard ownedTags.contains(tag) else {
                throw Failure(
                    description:
                        "class \(name): tag \(tag) lies outside the owned range \(ownedTags.lowerBound)-\(ownedTags.upperBound)"
                )
            }
            if let other = byTag[tag] {
                throw Failure(description: "tag \(tag) is used by class \(other) and by class \(name)")
            }
            byTag[tag] = name
        }
        self.ownedTags = ownedTags
        tagByClass = classes
        classByTag = byTag
    }

    private init(knownClasses: [AttributeClass: UInt32]) {
        ownedTags = 100...199
        tagByClass = knownClasses
        classByTag = Dictionary(uniqueKeysWithValues: knownClasses.map { ($1, $0) })
    }

    /// `default` 100, `manual` 198, `drain` 199 within 100–199.
    public static let standard = TagMap(knownClasses: [.default: 100, .manual: 198, .drain: 199])

    /// The tag of a class, or nil when the class is not defined.
    public func tag(of attributeClass: AttributeClass) -> UInt32? { tagByClass[attributeClass] }

    /// The class of a tag, or nil when none is defined for it.
    public func attributeClass(of tag: UInt32) -> AttributeClass? { classByTag[tag] }

    /// True when a route with this tag in the private table is ours, whether or not a class is defined for the tag.
    public func owns(_ tag: UInt32) -> Bool { ownedTags.contains(tag) }

    /// All classes in order of their tags.
    public var classes: [AttributeClass] { tagByClass.sorted { $0.value < $1.value }.map(\.key) }
}
