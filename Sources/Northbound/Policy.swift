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
    /// How many edits one transaction may have. A rollback is one transaction whatever its size.
    public var maximumEdits: Int
    /// The routing table that carries the networks; nil where they are in none of their own.
    public var table: UInt32?
    /// Routes of that table with these tags are ours; nil without tags.
    public var ownedTags: ClosedRange<UInt32>?
    /// The tag of each class; a class that has none is refused. Nil where classes have no tags.
    public var classTags: [AttributeClass: UInt32]?
    /// Datastores that requests may name; empty allows all.
    public var allowedDatastores: Set<Datastore>

    /// Makes a policy; the defaults bound the numbers only.
    ///
    /// - Parameter tags: which classes have which tags, where the provider tells classes apart by tags.
    public init(
        allowedPrefixes: [IPPrefix] = [], allowedClasses: Set<AttributeClass> = [], maximumNetworks: Int = 16_384,
        maximumEdits: Int = 16_384, table: UInt32? = nil, tags: TagMap? = nil, allowedDatastores: Set<Datastore> = []
    ) {
        self.allowedPrefixes = allowedPrefixes
        self.allowedClasses = allowedClasses
        self.maximumNetworks = maximumNetworks
        self.maximumEdits = maximumEdits
        self.table = table
        self.allowedDatastores = allowedDatastores
        if let tags { use(tags, table: table) }
    }

    /// Takes over the table of the networks, which tags are ours there and which class has which.
    public mutating func use(_ tags: TagMap, table: UInt32?) {
        self.table = table
        ownedTags = tags.ownedTags
        classTags = Dictionary(
            uniqueKeysWithValues: tags.classes.compactMap { name in tags.tag(of: name).map { (name, $0) } })
    }

    /// Why a transaction is refused.
    public enum Refusal: Sendable, Hashable {
        /// Not allowed at all; the text names the path.
        case permissionDenied(String)
        /// Too much; the text names the limit.
        case resourceExhausted(String)

        /// The refusal as the API tells it.
        public var error: NorthboundError {
            switch self {
            case .permissionDenied(let message): NorthboundError(.permissionDenied, message)
            case .resourceExhausted(let message): NorthboundError(.resourceExhausted, message)
            }
        }
    }

    /// Checks a transaction against what is announced now, the class of each prefix.
    ///
    /// Removals are always allowed: a policy that became tighter must not keep what it forbids.
    ///
    /// - Parameter isRollback: the size of the transaction is not looked at.
    public func refusal(
        of edits: [NetworkEdit], running: [IPPrefix: AttributeClass], isRollback: Bool = false
    ) -> Refusal? {
        guard isRollback || edits.count <= maximumEdits else {
            return .resourceExhausted("\(edits.count) edits in one transaction, at most \(maximumEdits) are allowed")
        }
        for case .set(let network) in edits {
            if let reason = refusal(of: network) { return .permissionDenied(reason) }
        }
        guard running.count + edits.count > maximumNetworks else { return nil }
        var after = running
        after.apply(edits)
        guard after.count <= max(maximumNetworks, running.count) else {
            return .resourceExhausted("\(after.count) networks after this transaction, at most \(maximumNetworks)")
        }
        return nil
    }

    /// Checks the datastore that a request names; the text names the path, or what else was asked for.
    public func refusal(of datastore: Datastore, path: @autoclosure () -> String) -> Refusal? {
        guard !allowedDatastores.isEmpty, !allowedDatastores.contains(datastore) else { return nil }
        return .permissionDenied("\(path()): the datastore \(datastore.rawValue) is not allowed")
    }

    private func refusal(of network: Network) -> String? {
        if !allowedPrefixes.isEmpty, !allowedPrefixes.contains(where: { $0.contains(network.prefix) }) {
            return "\(NetworkPath.entry(network.prefix)) lies outside the allowed prefixes"
        }
        let name = network.attributeClass
        if !allowedClasses.isEmpty, !allowedClasses.contains(name) {
            return "\(NetworkPath.pathValue(network).path): \(ClassRefusal.notAllowed(name))"
        }
        guard let classTags else { return nil }
        guard let tag = classTags[name] else {
            return "\(NetworkPath.pathValue(network).path): \(ClassRefusal.noTag(name)) here"
        }
        if let ownedTags, !ownedTags.contains(tag) {
            return "\(NetworkPath.pathValue(network).path): tag \(tag) of class \(name) lies outside "
                + "\(ownedTags.lowerBound)-\(ownedTags.upperBound)"
        }
        return nil
    }
}
