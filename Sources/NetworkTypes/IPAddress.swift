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
    @specialized(where Text == String)
    @specialized(where Text == Substring)
    public init<Text: StringProtocol>(_ text: Text) throws(AddressError) {
        // By bytes: to find the characters of thousands of addresses takes ten times as long as to read them.
        let bytes = Array(text.utf8)[...]
        self = bytes.contains(0x3A) ? try Self.parseIPv6(bytes, of: text) : try Self.parseIPv4(bytes, of: text)
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

    private static func parseIPv4(
        _ bytes: ArraySlice<UInt8>, of text: some StringProtocol
    ) throws(AddressError) -> IPAddress {
        let parts = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { throw AddressError(text, "is not an IPv4 or IPv6 address") }
        var bits: UInt128 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                let octet = UInt8(exactly: part.reduce(0) { $0 * 10 + UInt16($1 - 0x30) })
            else { throw AddressError(text, "has an octet that is not a number from 0 to 255") }
            guard part.count == 1 || part.first != 0x30 else {
                throw AddressError(text, "has an octet with a leading zero")
            }
            bits = bits << 8 | UInt128(octet)
        }
        return IPAddress(family: .ipv4, bits: bits)
    }

    private static func parseIPv6(
        _ bytes: ArraySlice<UInt8>, of text: some StringProtocol
    ) throws(AddressError) -> IPAddress {
        guard bytes.count <= 45 else { throw AddressError(text, "is too long for an IPv6 address") }
        guard !bytes.contains(0x25) else { throw AddressError(text, "has a zone identifier, which a VIP cannot have") }
        let gap = gap(in: bytes)
        let after = gap.map { bytes[($0 + 2)...] } ?? []
        guard self.gap(in: after) == nil, after.first != 0x3A else {
            throw AddressError(text, "has \"::\" more than once")
        }
        let head = try groups(gap.map { bytes[..<$0] } ?? bytes, of: text, mayEndInIPv4: gap == nil)
        let tail = try groups(after, of: text, mayEndInIPv4: true)
        let count = head.count + tail.count
        guard gap != nil ? count <= 7 : count == 8 else {
            throw AddressError(text, "does not have the eight groups of an IPv6 address")
        }
        return IPAddress(family: .ipv6, bits: head.bits << UInt128(16 * (8 - head.count)) | tail.bits)
    }

    /// Where the first `::` begins.
    private static func gap(in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.indices.dropLast().first { bytes[$0] == 0x3A && bytes[$0 + 1] == 0x3A }
    }

    /// Groups and how many there are; an IPv4 address at the end counts for two.
    private static func groups(
        _ half: ArraySlice<UInt8>, of text: some StringProtocol, mayEndInIPv4: Bool
    ) throws(AddressError) -> (bits: UInt128, count: Int) {
        guard !half.isEmpty else { return (0, 0) }
        var bits: UInt128 = 0
        var count = 0
        let parts = half.split(separator: 0x3A, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if part.contains(0x2E), index == parts.count - 1, mayEndInIPv4 {
                bits = bits << 32 | (try parseIPv4(part, of: text).bits)
                count += 2
                continue
            }
            guard let group = group(part) else {
                throw AddressError(text, "has a group that is not one to four hexadecimal digits")
            }
            bits = bits << 16 | UInt128(group)
            count += 1
        }
        return (bits, count)
    }

    private static func group(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var number: UInt16 = 0
        for digit in digits {
            switch digit {
            case 0x30...0x39: number = number << 4 | UInt16(digit - 0x30)
            case 0x41...0x46: number = number << 4 | UInt16(digit - 0x41 + 10)
            case 0x61...0x66: number = number << 4 | UInt16(digit - 0x61 + 10)
            default: return nil
            }
        }
        return number
    }
}

extension IPAddress: CustomStringConvertible, LosslessStringConvertible {
    /// Canonical text: dotted decimal, or RFC 5952 (lower case, longest run of zero groups shortened).
    public var description: String {
        switch family {
        case .ipv4:
            return "\(low >> 24).\(low >> 16 & 0xFF).\(low >> 8 & 0xFF).\(low & 0xFF)"
        case .ipv6:
            let halves = [high, low]
            return Self.describe(
                groups: (0..<8).map { UInt16(truncatingIfNeeded: halves[$0 / 4] >> UInt64(48 - 16 * ($0 % 4))) })
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
