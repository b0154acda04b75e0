public import NetworkTypes

/// What clients may do through the northbound. Checked whole before anything is written or sent: a transaction that
/// breaks one rule is refused, and nothing of it is applied.
public struct NorthboundPolicy: Sendable, Hashable, Codable {
    /// Prefixes that may be announced lie within one of these; empty allows all.
    public var allowedPrefixes: [IPPrefix]
    /// Classes that may be used; empty allows all that have a tag.
    public var allowedClasses: Set<AttributeClass>
    /// How many networks of ours may be announced at once.
    public var maximumNetworks: Int
    /// How many edits one transaction may have.
    public var maximumEdits: Int

    /// Makes a policy; the defaults bound the numbers only.
    public init(
        allowedPrefixes: [IPPrefix] = [], allowedClasses: Set<AttributeClass> = [], maximumNetworks: Int = 16_384,
        maximumEdits: Int = 16_384
    ) {
        self.allowedPrefixes = allowedPrefixes
        self.allowedClasses = allowedClasses
        self.maximumNetworks = maximumNetworks
        self.maximumEdits = maximumEdits
    }

    /// Why a transaction is refused.
    public enum Refusal: Sendable, Hashable {
        /// Not allowed at all; the text names the path.
        case permissionDenied(String)
        /// Too much; the text names the limit.
        case resourceExhausted(String)
    }

    /// Checks a transaction against what is announced now, the class of each prefix.
    ///
    /// Removals are always allowed: a policy that became tighter must not keep what it forbids.
    public func refusal(of edits: [NetworkEdit], running: [IPPrefix: AttributeClass]) -> Refusal? {
        guard edits.count <= maximumEdits else {
            return .resourceExhausted("\(edits.count) edits in one transaction, at most \(maximumEdits) are allowed")
        }
        for case .set(let network) in edits {
            if !allowedPrefixes.isEmpty, !allowedPrefixes.contains(where: { $0.contains(network.prefix) }) {
                return .permissionDenied("\(NetworkPath.entry(network.prefix)) lies outside the allowed prefixes")
            }
            if !allowedClasses.isEmpty, !allowedClasses.contains(network.attributeClass) {
                return .permissionDenied(
                    "\(NetworkPath.pathValue(network).path): class \(network.attributeClass) is not allowed")
            }
        }
        guard running.count + edits.count > maximumNetworks else { return nil }
        var after = running
        after.apply(edits)
        guard after.count <= max(maximumNetworks, running.count) else {
            return .resourceExhausted("\(after.count) networks after this transaction, at most \(maximumNetworks)")
        }
        return nil
    }
}
