/// Which objects of a kind a watcher follows.
public struct ResourceScope: Sendable, Hashable {
    /// Only this namespace; nil for all.
    public var namespace: String?
    /// A field selector in the API's syntax; nil for none.
    public var fieldSelector: String?
    /// A label selector in the API's syntax; nil for none.
    public var labelSelector: String?

    /// Makes a scope.
    public init(namespace: String? = nil, fieldSelector: String? = nil, labelSelector: String? = nil) {
        self.namespace = namespace
        self.fieldSelector = fieldSelector
        self.labelSelector = labelSelector
    }

    /// Every object of the kind.
    public static let all = ResourceScope()

    /// One object, by field selector: the watch says DELETED when it goes and ADDED when it comes back.
    public static func object(named name: String, namespace: String? = nil) -> ResourceScope {
        ResourceScope(namespace: namespace, fieldSelector: "metadata.name=\(name)")
    }
}

/// How fresh a list must be (API concepts, "Resource versions in list").
public enum ListFreshness: Sendable, Hashable {
    /// Whatever the server's cache has, which may be behind: cheap, and works while etcd is away.
    case any
    /// Not older than a resourceVersion that was seen before.
    case notOlderThan(String)
    /// The newest: the server asks etcd.
    case mostRecent
}

/// A request for a page.
public struct ListQuery: Sendable, Hashable {
    /// Which objects.
    public var scope: ResourceScope
    /// How fresh; not said on pages after the first, whose token says it.
    public var freshness: ListFreshness
    /// How many objects a page may have; nil for all in one. The server may give more.
    public var limit: Int?
    /// The token of the page before; nil for the first page.
    public var continueToken: String?

    /// Makes a query.
    public init(
        scope: ResourceScope = .all, freshness: ListFreshness = .mostRecent, limit: Int? = nil,
        continueToken: String? = nil
    ) {
        self.scope = scope
        self.freshness = freshness
        self.limit = limit
        self.continueToken = continueToken
    }
}

/// A request for a watch. Bookmarks are always asked for.
public struct WatchQuery: Sendable, Hashable {
    /// Which objects.
    public var scope: ResourceScope
    /// Where to begin: changes after this one.
    public var resourceVersion: String
    /// When the server shall end the watch, so that clients spread anew over the servers. Whole seconds.
    public var serverTimeout: Duration

    /// Makes a query.
    public init(scope: ResourceScope = .all, resourceVersion: String, serverTimeout: Duration = .seconds(290)) {
        self.scope = scope
        self.resourceVersion = resourceVersion
        self.serverTimeout = serverTimeout
    }
}
