/// A release of FRR, as far as configuration lines differ.
public struct FRRRelease: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// First number.
    public let major: Int
    /// Second number.
    public let minor: Int

    /// Reads `10.3` or `10.3.1`; nil when it is neither.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts.allSatisfy({ (1...3).contains($0.count) }),
            case let numbers = parts.compactMap({ UInt16($0) }), numbers.count == parts.count
        else { return nil }
        (major, minor) = (Int(numbers[0]), Int(numbers[1]))
    }

    private init(_ major: Int, _ minor: Int) { (self.major, self.minor) = (major, minor) }

    /// The first whose bgpd redistributes a table of its own in both address families.
    public static let firstWithTableDirect = FRRRelease(10, 1)
    /// The first with mgmtd.
    public static let first = FRRRelease(9, 0)

    /// `10.3`.
    public var description: String { "\(major).\(minor)" }

    /// By age.
    public static func < (a: FRRRelease, b: FRRRelease) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
}
