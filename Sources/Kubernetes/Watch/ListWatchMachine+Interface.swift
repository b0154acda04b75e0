extension ListWatchMachine {
    /// What stays the same over the machine's life.
    public struct Settings: Sendable, Hashable {
        /// Which objects.
        public var scope: ResourceScope
        /// How many objects a page of a most recent list may have; nil for all in one. Other lists have no limit.
        public var pageLimit: Int?
        /// When the server shall end a watch at the latest; each watch asks for up to a fifth less, at random.
        public var serverTimeout: Duration
        /// After a watch that lasted this long and ended cleanly nothing is waited for.
        public var steadyAfter: Duration
        /// How long the place of a watch is worth asking for once the server is no longer heard; then it is listed anew.
        public var placeLifetime: Duration
        /// How long to wait after failures.
        public var backoff: Backoff

        /// Makes settings.
        public init(
            scope: ResourceScope = .all, pageLimit: Int? = 500, serverTimeout: Duration = .seconds(290),
            steadyAfter: Duration = .seconds(1), placeLifetime: Duration = .seconds(600), backoff: Backoff = Backoff()
        ) {
            self.scope = scope
            self.pageLimit = pageLimit
            self.serverTimeout = serverTimeout
            self.steadyAfter = steadyAfter
            self.placeLifetime = placeLifetime
            self.backoff = backoff
        }
    }

    /// What happened.
    public enum Input: Sendable {
        /// Begin. Only once, first.
        case start
        /// The page that was asked for.
        case page(ListPage<Resource>)
        /// The page that was asked for did not come.
        case listFailed(KubernetesError)
        /// The server answered the watch with success; events follow.
        case watchOpened
        /// An event of the watch.
        case event(WatchEvent<Resource>)
        /// The watch is over, or could not be opened; nil for a clean end.
        case watchEnded(KubernetesError?)
        /// The wait is over.
        case waited
    }

    /// What to do.
    public enum Operation: Sendable, Hashable {
        /// Ask for a page.
        case list(ListQuery)
        /// Open a watch.
        case watch(WatchQuery)
        /// Do nothing for this long.
        case wait(Duration)
    }

    /// The answer to an input.
    public struct Step: Sendable {
        /// What to tell the consumer, in order.
        public var changes: [ResourceChange<Resource>] = []
        /// What to do now; nil to go on with what is under way.
        public var next: Operation?
        /// What to tell whoever counts.
        public var notice: WatcherNotice?
    }
}
