public import NetworkTypes

/// A session that sees what BGP itself has, so also what BGP has of the other provider's announcements.
public protocol RedistributionWitness: ManagementSession {
    /// Looks whether BGP has prefixes by redistribution of the routing table that the other provider announces by. Also
    /// without prefixes it looks whether BGP takes that table at all.
    ///
    /// - Parameter families: those that BGP has to take, beside those of the prefixes.
    /// - Returns: what hinders it; nil when BGP has all of them.
    /// - Throws: `unsupported`, saying what helps, when it cannot tell.
    func redistributionGap(
        of prefixes: Set<IPPrefix>, in families: Set<AddressFamily>
    ) async throws(ManagementError) -> RedistributionGap?
}

/// Why BGP would lose prefixes if only the other provider announced them.
public struct RedistributionGap: Sendable, Hashable {
    /// What lacks, with the line to add.
    public var reason: String
    /// Waiting does not help.
    public var needsOperator: Bool
    /// Prefixes that BGP does not have from there.
    public var missing: Set<IPPrefix>
    /// False when nobody can tell whether there is a gap.
    public var isCertain: Bool

    /// Makes a gap.
    public init(_ reason: String, needsOperator: Bool, missing: Set<IPPrefix> = [], isCertain: Bool = true) {
        self.reason = reason
        self.needsOperator = needsOperator
        self.missing = missing
        self.isCertain = isCertain
    }
}
