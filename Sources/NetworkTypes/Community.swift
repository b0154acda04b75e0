/// Text that is not a community, an AS number or the like. The description names the text and what is wrong with it.
public struct AttributeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line: the text in quotes and the reason.
    public let description: String

    init(_ text: some StringProtocol, _ reason: String) { description = "is \"\(text.prefix(64))\", \(reason)" }
}

/// A BGP community (RFC 1997): two 16-bit numbers, the first of them an AS number, or one of the well-known ones.
public struct Community: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The 32 bits as they are sent.
    public let rawValue: UInt32

    /// The registered ones (IANA, "BGP Well-known Communities"), with the names that FRR gives them.
    public static let wellKnown: [(name: String, community: Community)] = {
        let all: [(String, UInt32)] = [
            ("graceful-shutdown", 0xFFFF_0000), ("accept-own", 0xFFFF_0001),
            ("route-filter-translated-v4", 0xFFFF_0002),
            ("route-filter-v4", 0xFFFF_0003), ("route-filter-translated-v6", 0xFFFF_0004),
            ("route-filter-v6", 0xFFFF_0005), ("llgr-stale", 0xFFFF_0006), ("no-llgr", 0xFFFF_0007),
            ("accept-own-nexthop", 0xFFFF_0008), ("blackhole", 0xFFFF_029A), ("no-export", 0xFFFF_FF01),
            ("no-advertise", 0xFFFF_FF02), ("local-AS", 0xFFFF_FF03), ("no-peer", 0xFFFF_FF04),
        ]
        return all.map { (name: $0, community: Community(rawValue: $1)) }
    }()

    /// GRACEFUL_SHUTDOWN (RFC 8326), 65535:0.
    public static let gracefulShutdown = Community(rawValue: 0xFFFF_0000)

    /// Takes the 32 bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Reads `AS:VALUE`, both 0 to 65535, or the name of a well-known one.
    ///
    /// - Throws: `AttributeError` when it is neither.
    public init(_ text: String) throws(AttributeError) {
        if let known = Self.wellKnown.first(where: { $0.name == text }) {
            self = known.community
            return
        }
        guard let parts = text.decimalParts(2), let high = UInt16(exactly: parts[0]),
            let low = UInt16(exactly: parts[1])
        else {
            throw AttributeError(
                text,
                "but AS:VALUE with numbers from 0 to 65535, or a well-known name such as graceful-shutdown or "
                    + "no-export, is expected")
        }
        rawValue = UInt32(high) << 16 | UInt32(low)
    }

    /// The well-known name, else `AS:VALUE`.
    public var description: String {
        Self.wellKnown.first { $0.community == self }?.name ?? "\(rawValue >> 16):\(rawValue & 0xFFFF)"
    }

    /// By number.
    public static func < (a: Community, b: Community) -> Bool { a.rawValue < b.rawValue }
}

/// A large BGP community (RFC 8092): an AS number and two numbers of its owner, each of 32 bits.
public struct LargeCommunity: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The AS that says what the other two mean.
    public let globalAdministrator: UInt32
    /// First part of the value.
    public let localData1: UInt32
    /// Second part of the value.
    public let localData2: UInt32

    /// Reads `AS:VALUE:VALUE` without leading zeros (RFC 8092 section 5).
    ///
    /// - Throws: `AttributeError`; also for an AS that nobody can have (section 6).
    public init(_ text: String) throws(AttributeError) {
        guard let parts = text.decimalParts(3) else {
            throw AttributeError(text, "but AS:VALUE:VALUE with numbers from 0 to 4294967295 is expected")
        }
        guard ![0, 65535, UInt32.max].contains(parts[0]) else {
            throw AttributeError(text, "but \(parts[0]) is reserved (RFC 8092); begin with your AS number")
        }
        (globalAdministrator, localData1, localData2) = (parts[0], parts[1], parts[2])
    }

    /// `AS:VALUE:VALUE`.
    public var description: String { "\(globalAdministrator):\(localData1):\(localData2)" }

    /// By the parts in order.
    public static func < (a: LargeCommunity, b: LargeCommunity) -> Bool {
        (a.globalAdministrator, a.localData1, a.localData2) < (b.globalAdministrator, b.localData1, b.localData2)
    }
}

extension String {
    /// So many decimal numbers without sign or leading zeros, with colons between; nil when it is anything else.
    fileprivate func decimalParts(_ count: Int) -> [UInt32]? {
        let texts = split(separator: ":", omittingEmptySubsequences: false)
        guard texts.count == count else { return nil }
        let parts = texts.compactMap { text in
            text.utf8.allSatisfy { (0x30...0x39).contains($0) } && (text.count == 1 || text.first != "0")
                ? UInt32(text) : nil
        }
        return parts.count == count ? parts : nil
    }
}
