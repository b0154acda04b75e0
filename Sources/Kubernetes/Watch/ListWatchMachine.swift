/// Decides what to ask the server next so that a set of objects is followed without a gap: list, pages, watch, bookmark,
/// expiry, reconnect. A value without I/O, clock or environment: inputs and times go in, changes and operations come out.
///
/// At any time one operation is under way, the last one that a step named. Its outcome is the next input. A step that
/// names a new operation while a watch runs means that this watch shall be given up.
///
/// What the source for each rule is: API concepts ("Resource versions"), client-go's reflector, and the observations in
/// the project's notes on the API server's behaviour.
public struct ListWatchMachine<Resource: KubernetesResource>: Sendable {
    /// What stays the same over the machine's life.
    public struct Settings: Sendable, Hashable {
        /// Which objects.
        public var scope: ResourceScope
        /// How many objects a page may have; nil for all in one.
        public var pageLimit: Int?
        /// When the server shall end a watch at the latest; each watch asks for up to a fifth less, at random.
        public var serverTimeout: Duration
        /// A watch that lasted this long and ended cleanly is resumed without a wait.
        public var steadyAfter: Duration
        /// How long to wait after failures.
        public var backoff: Backoff

        /// Makes settings.
        public init(
            scope: ResourceScope = .all, pageLimit: Int? = 500, serverTimeout: Duration = .seconds(290),
            steadyAfter: Duration = .seconds(1), backoff: Backoff = Backoff()
        ) {
            self.scope = scope
            self.pageLimit = pageLimit
            self.serverTimeout = serverTimeout
            self.steadyAfter = steadyAfter
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

    private struct Listing {
        var query: ListQuery
        var items: [Resource] = []
        var invalid: [InvalidObject] = []
    }

    private enum State {
        case idle
        case listing(Listing)
        case watching(openedAt: Duration?)
        /// Asking whether the server still knows our place, before a watch goes on there.
        case verifying
        case waiting(then: Continuation)
    }

    /// What follows a wait.
    private enum Continuation {
        case list(Listing)
        case verify
        case watch
    }

    private let settings: Settings
    private var generator: SeededGenerator
    private var state = State.idle
    private var backoff = Backoff.Progress()
    private var lastExpiry: Duration?
    /// From where the watch goes on; empty before the first list.
    private var resourceVersion = ""

    /// Makes a machine.
    ///
    /// - Parameter seed: for the jitter; the same seed and inputs give the same steps.
    public init(settings: Settings, seed: UInt64) {
        self.settings = settings
        generator = SeededGenerator(seed: seed)
    }

    /// Takes what happened and says what follows.
    ///
    /// An input that does not fit the operation under way (a late event of a watch that was given up) is ignored.
    ///
    /// - Parameter now: the time on any scale that does not run backwards.
    public mutating func handle(_ input: Input, at now: Duration) -> Step {
        switch (state, input) {
        case (.idle, .start):
            return list(.any)
        case (.listing(let listing), .page(let page)):
            return take(page, into: listing)
        case (.listing(let listing), .listFailed(let error)):
            return listFailed(listing, error, at: now)
        case (.watching, .watchOpened):
            state = .watching(openedAt: now)
            return Step(notice: .connected)
        case (.watching, .event(let event)):
            return take(event, at: now)
        case (.watching(let openedAt), .watchEnded(let error)):
            return watchEnded(error, openedAt: openedAt, at: now)
        case (.verifying, .page(let page)):
            return verified(by: page, at: now)
        case (.verifying, .listFailed(let error)):
            return verifyFailed(error, at: now)
        case (.waiting(.list(let listing)), .waited):
            state = .listing(listing)
            return Step(next: .list(listing.query))
        case (.waiting(.verify), .waited):
            return verify()
        case (.waiting(.watch), .waited):
            return watch()
        default:
            return Step()
        }
    }

    // MARK: - List

    private mutating func list(_ freshness: ListFreshness) -> Step {
        let query = ListQuery(scope: settings.scope, freshness: freshness, limit: settings.pageLimit)
        state = .listing(Listing(query: query))
        return Step(next: .list(query))
    }

    private mutating func take(_ page: ListPage<Resource>, into old: Listing) -> Step {
        // Out of the state first, so that appending does not copy what earlier pages brought.
        state = .idle
        var listing = old
        listing.items += page.items
        listing.invalid += page.invalid
        if let token = page.continueToken, !token.isEmpty {
            listing.query.continueToken = token
            state = .listing(listing)
            return Step(next: .list(listing.query))
        }
        resourceVersion = page.resourceVersion
        var step = watch()
        step.changes = listing.invalid.map { .invalid($0.name, reason: $0.reason) } + [.replaced(listing.items)]
        step.notice = .listed(objectCount: listing.items.count, invalidCount: listing.invalid.count)
        return step
    }

    private mutating func listFailed(_ listing: Listing, _ error: KubernetesError, at now: Duration) -> Step {
        var again = listing
        switch error.code {
        case .expired, .resourceVersionTooLarge:
            // Pages that outlived their snapshot, or a server that has less than we saw. As one big page from etcd
            // neither can happen again; what came so far belongs to another moment and is dropped.
            again = Listing(query: ListQuery(scope: settings.scope, freshness: .mostRecent))
            if listing.query.freshness != .mostRecent || listing.query.limit != nil {
                state = .listing(again)
                return Step(next: .list(again.query), notice: .relisting(error, after: .zero))
            }
        case .badRequest, .notFound, .malformedResponse, .tooLarge:
            // A continue token of another server, or a page cut short by something in between.
            again = Listing(query: ListQuery(scope: settings.scope, freshness: .mostRecent, limit: settings.pageLimit))
        default:
            // The token is good for minutes: go on with the same page.
            break
        }
        let wait = nextWait(error, at: now)
        state = .waiting(then: .list(again))
        return Step(next: .wait(wait), notice: .listFailed(error, after: wait))
    }

    // MARK: - Watch

    private mutating func watch() -> Step {
        state = .watching(openedAt: nil)
        let timeout = settings.serverTimeout * (1 - chance() / 5)
        return Step(
            next: .watch(
                WatchQuery(scope: settings.scope, resourceVersion: resourceVersion, serverTimeout: timeout)))
    }

    private mutating func take(_ event: WatchEvent<Resource>, at now: Duration) -> Step {
        switch event {
        case .applied(let object):
            advance(to: object.metadata.resourceVersion)
            return Step(changes: [.applied(object)])
        case .deleted(let object):
            advance(to: object.metadata.resourceVersion)
            return Step(changes: [.deleted(object)])
        case .invalid(let object):
            advance(to: object.resourceVersion)
            return Step(changes: [.invalid(object.name, reason: object.reason)])
        case .bookmark(let resourceVersion):
            advance(to: resourceVersion)
            return Step()
        case .error(let error):
            return watchEnded(error, openedAt: now, at: now)
        }
    }

    private mutating func advance(to version: String?) {
        if let version, !version.isEmpty { resourceVersion = version }
    }

    private mutating func watchEnded(_ error: KubernetesError?, openedAt: Duration?, at now: Duration) -> Step {
        guard let error else {
            if let openedAt, now - openedAt >= settings.steadyAfter {
                var step = watch()
                step.notice = .reconnecting(nil, after: .zero)
                return step
            }
            // A server that closes each watch at once must not make us spin.
            return rewatch(nil, at: now)
        }
        switch error.code {
        case .expired:
            // At once, unless it just happened: every node gets this together after a restore of etcd.
            let isRare = lastExpiry.map { now - $0 >= settings.backoff.resetAfter } ?? true
            lastExpiry = now
            return relist(.notOlderThan(resourceVersion), error, at: now, isImmediate: isRare)
        case .resourceVersionTooLarge, .badRequest, .notFound:
            return relist(.mostRecent, error, at: now, isImmediate: false)
        case .malformedResponse, .tooLarge:
            // An event was lost, and nobody can say of which object.
            return relist(.notOlderThan(resourceVersion), error, at: now, isImmediate: false)
        default:
            return rewatch(error, at: now)
        }
    }

    private mutating func rewatch(_ error: KubernetesError?, at now: Duration) -> Step {
        let wait = nextWait(error, at: now)
        // A server that was away may come back with an older database; see `verify()`.
        state = .waiting(then: error?.code == .connectionFailed ? .verify : .watch)
        return Step(next: .wait(wait), notice: .reconnecting(error, after: wait))
    }

    private mutating func relist(
        _ freshness: ListFreshness, _ error: KubernetesError, at now: Duration, isImmediate: Bool
    ) -> Step {
        if isImmediate {
            var step = list(freshness)
            step.notice = .relisting(error, after: .zero)
            return step
        }
        let wait = nextWait(error, at: now)
        let query = ListQuery(scope: settings.scope, freshness: freshness, limit: settings.pageLimit)
        state = .waiting(then: .list(Listing(query: query)))
        return Step(next: .wait(wait), notice: .relisting(error, after: wait))
    }

    // MARK: - A server that was away

    /// A server restored from an older backup accepts a watch from a version it has not reached yet, and then says
    /// nothing until it gets there, which may take days. A list says at once that the version is too large. One object
    /// is enough, so that a server that has just started is spared the full lists of all nodes.
    private mutating func verify() -> Step {
        state = .verifying
        return Step(
            next: .list(
                ListQuery(scope: settings.scope, freshness: .notOlderThan(resourceVersion), limit: 1)))
    }

    private mutating func verified(by page: ListPage<Resource>, at now: Duration) -> Step {
        // Versions of one kind compare as numbers (KEP-5504); where they are none, the server's word must do.
        if let theirs = UInt64(page.resourceVersion), let ours = UInt64(resourceVersion), theirs < ours {
            return verifyFailed(
                KubernetesError(
                    code: .resourceVersionTooLarge,
                    message: "the server is at resourceVersion \(theirs), but was at \(ours) before"), at: now)
        }
        return watch()
    }

    private mutating func verifyFailed(_ error: KubernetesError, at now: Duration) -> Step {
        switch error.code {
        case .resourceVersionTooLarge, .expired, .badRequest, .notFound:
            return relist(.mostRecent, error, at: now, isImmediate: true)
        default:
            let wait = nextWait(error, at: now)
            state = .waiting(then: .verify)
            return Step(next: .wait(wait), notice: .listFailed(error, after: wait))
        }
    }

    private mutating func nextWait(_ error: KubernetesError?, at now: Duration) -> Duration {
        backoff.fail(settings.backoff, at: now, chance: chance(), retryAfter: error?.retryAfter)
    }

    private mutating func chance() -> Double { Double.random(in: 0..<1, using: &generator) }
}
