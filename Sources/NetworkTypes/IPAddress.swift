/// The two address families of the project, with the names of FRR's YANG identities (`frr-routing.yang`).
public enum AddressFamily: String, Sendable, Hashable, CaseIterable, Comparable, Codable {
    /// IPv4, 32-bit addresses.
    case ipv4
    /// IPv6, 128-bit addresses.
    case ipv6

    /// Number of bits in an address: 32 or 128.
    public var bitWidth: Int { self == .ipv4 ? 32 : 128 }

    /// IPv4 sorts before IPv6.
    public static func < (a: AddressFamily, b: AddressFamily) -> Bool { a == .ipv4 && b == .ipv6 }
}

/// Text that is not an address or a prefix. The description names the text and what is wrong with it.
public struct AddressError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The text as it was given, cut to 64 characters.
    public let text: String
    /// What is wrong, in words.
    public let reason: String

    init(_ text: some StringProtocol, _ reason: String) {
        self.text = String(text.prefix(64))
        self.reason = reason
    }

    /// One line: the text in quotes and the reason.
    public var description: String { "\"\(text)\" \(reason)" }
}

/// An IPv4 or IPv6 address. IPv4 addresses occupy the low 32 bits of `bits`.
///
/// Text follows RFC 4632 dotted decimal (no leading zeros) and RFC 5952 for IPv6. IPv4-mapped IPv6 addresses
/// (`::ffff:192.0.2.1`) stay IPv6. Zone identifiers are refused: a VIP is not link-local.
public struct IPAddress: Sendable, Hashable, Comparable {
    /// IPv4 or IPv6.
    public let family: AddressFamily
    // Two halves and not a UInt128: with its 16-byte alignment, results of task groups that held one crashed a debug
    // build of Swift 6.3.1 at the start of the child task.
    private let high: UInt64
    private let low: UInt64

    /// The address as a number in host order.
    public var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// Makes an address from its number. IPv4 keeps the low 32 bits only.
    public init(family: AddressFamily, bits: UInt128) {
        self.family = family
        high = family == .ipv4 ? 0 : UInt64(truncatingIfNeeded: bits >> 64)
        low = family == .ipv4 ? UInt64(bits & 0xFFFF_FFFF) : UInt64(truncatingIfNeeded: bits)
    }

    /// Reads an address.
    ///
    /// - Throws: `AddressError` when the text is not exactly one address.
    public init(_ text: some StringProtocol) throws(AddressError) {
        self = text.contains(":") ? try Self.parseIPv6(text) : try Self.parseIPv4(text)
    }

    /// IPv4 first, then by number.
    public static func < (a: IPAddress, b: IPAddress) -> Bool {
        a.family == b.family ? a.bits < b.bits : a.family < b.family
    }

    /// False for what no router carries as a host route: unspecified, loopback, link-local, multicast, IPv4 "this
    /// network" and reserved, IPv4-mapped (RFC 6890, RFC 4291).
    public var isRoutableUnicast: Bool {
        switch family {
        case .ipv4:
            let octet = low >> 24
            return octet != 0 && octet != 127 && octet < 224 && low >> 16 != 0xA9FE
        case .ipv6:
            let isMapped = high == 0 && low >> 32 == 0xFFFF
            return !(high == 0 && low <= 1) && !isMapped && high >> 54 != 0xFE80 >> 6 && high >> 56 != 0xFF
        }
    }

    // MARK: - Text

    private static func parseIPv4(_ text: some StringProtocol) throws(AddressError) -> IPAddress {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { throw AddressError(text, "is not an IPv4 or IPv6 address") }
        var bits: UInt128 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let octet = UInt8(part)
            else { throw AddressError(text, "has an octet that is not a number from 0 to 255") }
            guard part.utf8.count == 1 || part.utf8.first != 0x30 else {
                throw AddressError(text, "has an octet with a leading zero")
            }
            bits = bits << 8 | UInt128(octet)
        }
        return IPAddress(family: .ipv4, bits: bits)
    }

    private static func parseIPv6(_ text: some StringProtocol) throws(AddressError) -> IPAddress {
        guard text.utf8.count <= 45 else { throw AddressError(text, "is too long for an IPv6 address") }
        guard !text.contains("%") else { throw AddressError(text, "has a zone identifier, which a VIP cannot have") }
        let halves = String(text).split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2, !text.contains(":::") else {
            throw AddressError(text, "has \"::\" more than once")
        }
        let head = try groups(halves[0], of: text, mayEndInIPv4: halves.count == 1)
        let tail = halves.count == 2 ? try groups(halves[1], of: text, mayEndInIPv4: true) : []
        let count = head.count + tail.count
        guard halves.count == 2 ? count <= 7 : count == 8 else {
            throw AddressError(text, "does not have the eight groups of an IPv6 address")
        }
        let all = head + Array(repeating: 0, count: 8 - count) + tail
        return IPAddress(family: .ipv6, bits: all.reduce(0) { $0 << 16 | UInt128($1) })
    }

    private static func groups(
        _ half: Substring, of text: some StringProtocol, mayEndInIPv4: Bool
    ) throws(AddressError) -> [UInt16] {
        guard !half.isEmpty else { return [] }
        var result: [UInt16] = []
        let parts = half.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if part.contains("."), index == parts.count - 1, mayEndInIPv4 {
                let embedded = try parseIPv4(part).bits
                result.append(UInt16(embedded >> 16))
                result.append(UInt16(embedded & 0xFFFF))
                continue
            }
            let isHex = part.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
            }
            guard (1...4).contains(part.utf8.count), isHex, let group = UInt16(part, radix: 16) else {
                throw AddressError(text, "has a group that is not one to four hexadecimal digits")
            }
            result.append(group)
        }
        return result
    }
}

extension IPAddress: CustomStringConvertible, LosslessStringConvertible {
    /// Canonical text: dotted decimal, or RFC 5952 (lower case, longest run of zero groups shortened).
    public var description: String {
        switch family {
        case .ipv4:
            return [24, 16, 8, 0].map { String(UInt8(truncatingIfNeeded: bits >> UInt128($0))) }.joined(separator: ".")
        case .ipv6:
            return Self.describe(groups: (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) })
        }
    }

    /// Reads an address, or nil when the text is none; `init(_:) throws` says why.
    public init?(_ description: String) {
        guard let address = try? IPAddress(description[...]) else { return nil }
        self = address
    }

    private static func describe(groups: [UInt16]) -> String {
        var best = 0..<0
        var start = 0
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(best.count, 1) { best = start..<end }
            start = end + 1
        }
        let hex = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard !best.isEmpty else {
            // RFC 5952 §5: the mapped form keeps its dotted tail, but that always has a run of zeros.
            return hex(groups[...])
        }
        if best == 0..<5, groups[5] == 0xFFFF {
            let embedded = IPAddress(family: .ipv4, bits: UInt128(groups[6]) << 16 | UInt128(groups[7]))
            return "::ffff:\(embedded)"
        }
        return "\(hex(groups[..<best.lowerBound]))::\(hex(groups[best.upperBound...]))"
    }
}

extension IPAddress: Codable {
    /// Reads canonical or other valid text.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self)[...])
    }

    /// Writes canonical text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
