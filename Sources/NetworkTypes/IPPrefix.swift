/// An IP prefix in canonical form: host bits are zero, so that two equal prefixes compare equal.
///
/// FRR clears host bits silently (`198.18.0.9/24` becomes `198.18.0.0/24`); this type refuses them instead, since a VIP
/// that turns into a subnet is a mistake.
public struct IPPrefix: Sendable, Hashable, Comparable {
    /// The network address, host bits zero.
    public let address: IPAddress
    /// Number of leading bits, 0…32 or 0…128.
    public let length: Int

    /// IPv4 or IPv6.
    public var family: AddressFamily { address.family }

    /// The prefix of one address: /32 or /128.
    public init(host address: IPAddress) {
        self.address = address
        length = address.family.bitWidth
    }

    /// Makes a prefix, clearing host bits.
    ///
    /// - Precondition: `length` is within the family's bit width.
    public init(network address: IPAddress, length: Int) {
        precondition((0...address.family.bitWidth).contains(length), "prefix length \(length)")
        let hostBits = address.family.bitWidth - length
        let mask: UInt128 = hostBits == 128 ? 0 : UInt128.max << UInt128(hostBits)
        self.address = IPAddress(family: address.family, bits: address.bits & mask)
        self.length = length
    }

    /// Reads `address/length`, or a bare address as a host prefix.
    ///
    /// - Throws: `AddressError` when the text is no prefix or has host bits set.
    @specialized(where Text == String)
    @specialized(where Text == Substring)
    public init<Text: StringProtocol>(_ text: Text) throws(AddressError) {
        let slash = text.utf8.firstIndex(of: 0x2F) ?? text.endIndex
        let address: IPAddress
        do { address = try IPAddress(text[..<slash]) } catch { throw AddressError(text, error.reason) }
        guard slash < text.endIndex else {
            self.init(host: address)
            return
        }
        let digits = text.utf8[slash...].dropFirst()
        guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            case let length = digits.reduce(0, { $0 * 10 + Int($1 - 0x30) }), length <= address.family.bitWidth
        else { throw AddressError(text, "has a length that is not a number from 0 to \(address.family.bitWidth)") }
        let canonical = IPPrefix(network: address, length: length)
        guard canonical.address == address else {
            throw AddressError(text, "has host bits set; the network is \(canonical)")
        }
        self = canonical
    }

    /// True when the whole of `other` lies inside this prefix; a prefix contains itself. Families never contain each
    /// other.
    public func contains(_ other: IPPrefix) -> Bool {
        family == other.family && other.length >= length
            && IPPrefix(network: other.address, length: length).address == address
    }

    /// True when the address lies inside.
    public func contains(_ address: IPAddress) -> Bool {
        contains(IPPrefix(host: address))
    }

    /// By address, then the shorter prefix first.
    public static func < (a: IPPrefix, b: IPPrefix) -> Bool {
        a.address == b.address ? a.length < b.length : a.address < b.address
    }
}

extension IPPrefix: CustomStringConvertible, Codable {
    /// Canonical text, `address/length`.
    public var description: String { "\(address)/\(length)" }

    /// Reads `address/length` or a bare address. Throws `DecodingError`, which says where the text stands.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do { try self.init(text[...]) } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
        }
    }

    /// Writes canonical text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
