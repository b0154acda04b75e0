/// One change of the set of objects that a watcher follows.
///
/// Applying the changes in order to an empty dictionary keyed by `objectName` gives the server's state, if a little late.
public enum ResourceChange<Resource: KubernetesResource>: Sendable {
    /// The whole set, as of one moment: everything known before and not in it is gone. Comes once at the start and after
    /// each relist, and only when the list was complete.
    ///
    /// `unreadable` are the objects of that list that could not be decoded: they exist, and what was known of them stays
    /// known. One without a readable name may be any object that is known and not in the list.
    case replaced([Resource], unreadable: [InvalidObject] = [])
    /// An object is new or has changed; the same state may come again.
    case applied(Resource)
    /// An object is gone; its last state, or only its metadata (see `KubernetesResource.init(metadata:)`).
    case deleted(Resource)
    /// An object could not be decoded and was skipped; what was known of it stays known, until a `replaced` or `deleted`
    /// says otherwise.
    case invalid(ObjectName, reason: String)
}

extension ResourceChange: Equatable where Resource: Equatable {}
extension ResourceChange: Hashable where Resource: Hashable {}

/// A page of a list.
public struct ListPage<Resource: KubernetesResource>: Sendable {
    /// The objects that could be decoded, in the server's order.
    public var items: [Resource]
    /// The objects that could not.
    public var invalid: [InvalidObject]
    /// What to watch from; the same on each page of one list.
    public var resourceVersion: String
    /// What to ask the next page with; nil on the last page.
    public var continueToken: String?

    /// Makes a page.
    public init(
        items: [Resource], invalid: [InvalidObject] = [], resourceVersion: String, continueToken: String? = nil
    ) {
        self.items = items
        self.invalid = invalid
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
    }
}

/// An object that could not be decoded.
public struct InvalidObject: Sendable, Hashable {
    /// Its key, as far as it could be read.
    public var name: ObjectName
    /// Which field is wrong and how.
    public var reason: String
    /// Its resourceVersion; nil if it could not be read.
    public var resourceVersion: String?

    /// Makes a report.
    public init(name: ObjectName, reason: String, resourceVersion: String? = nil) {
        self.name = name
        self.reason = reason
        self.resourceVersion = resourceVersion
    }
}

/// One event of a watch (API concepts, "Efficient detection of changes").
public enum WatchEvent<Resource: KubernetesResource>: Sendable {
    /// ADDED or MODIFIED.
    case applied(Resource)
    /// DELETED.
    case deleted(Resource)
    /// An object of any of these that could not be decoded.
    case invalid(InvalidObject)
    /// BOOKMARK: nothing changed up to this resourceVersion.
    case bookmark(resourceVersion: String)
    /// ERROR: the watch is over.
    case error(KubernetesError)
}
