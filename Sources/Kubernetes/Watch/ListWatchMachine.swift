/// Decides what to ask the server next so that a set of objects is followed without a gap: list, pages, watch, bookmark,
/// expiry, reconnect. A value without I/O, clock or environment: inputs and times go in, changes and operations come out.
///
/// At any time one operation is under way, the last one that a step named. Its outcome is the next input. A step that
/// names a new operation while a watch runs means that this watch shall be given up.
///
/// Only a watch that spoke and ended in order, when its time was over, is followed by another one from the same place.
/// After every other end the server may be another one, with an older database, and is asked first; see `verify`.
///
/// What the source for each rule is: API concepts ("Resource versions"), client-go's reflector, and the observations in
/// the project's notes on the API server's behaviour.
public struct ListWatchMachine<Resource: KubernetesResource>: Sendable {
    private struct Listing {
        var query: ListQuery
        /// Of the first page; each further page must have the same.
        var resourceVersion: String?
        var items: [Resource] = []
        var invalid: [InvalidObject] = []

        init(_ query: ListQuery) { self.query = query }

        /// The same list from its beginning.
        var restarted: Listing {
            var query = query
            query.continueToken = nil
            return Listing(query)
        }
    }

    /// A watch that is open.
    private struct Watch {
        var openedAt: Duration
        /// When the server shall end it, after its opening.
        var timeout: Duration
        /// Whether anything came that only a server which knows our place says.
        var hasSpoken = false

        /// Whether an end now is the one that was asked for, to whole seconds. One that we hear of much later, as after
        /// this node was suspended, is not.
        func isOver(at now: Duration) -> Bool {
            (timeout - .seconds(2)...timeout + .seconds(60)).contains(now - openedAt)
        }
    }

    private enum State {
        case idle
        case listing(Listing)
        /// A watch of this length was asked for and has not been answered.
        case opening(Duration)
        case watching(Watch)
        /// Asking whether the server still knows our place, before a watch goes on there.
        case verifying
        case waiting(then: Continuation)
    }

    /// What follows a wait.
    private enum Continuation {
        case list(Listing)
        case verify
    }

    private let settings: Settings
    private var generator: SeededGenerator
    private var state = State.idle
    private var backoff = Backoff.Progress()
    private var lastExpiry: Duration?
    /// From where the watch goes on; empty before the first list.
    private var resourceVersion = ""
    /// When a server was last heard that knew this place.
    private var lastContact = Duration.zero

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
            return list(.mostRecent)
        case (.listing(let listing), .page(let page)):
            return take(page, into: listing, at: now)
        case (.listing(let listing), .listFailed(let error)):
            return listFailed(listing, error, at: now)
        case (.opening(let timeout), .watchOpened):
            state = .watching(Watch(openedAt: now, timeout: timeout))
            return Step(notice: .connected)
        case (.opening, .watchEnded(let error)):
            return watchEnded(error, at: now)
        case (.watching(let watch), .event(let event)):
            return take(event, of: watch, at: now)
        case (.watching(let watch), .watchEnded(nil)):
            return watchEndedInOrder(watch, at: now)
        case (.watching, .watchEnded(let error)):
            return watchEnded(error, at: now)
        case (.verifying, .page(let page)):
            return verified(by: page, at: now)
        case (.verifying, .listFailed(let error)):
            return verifyFailed(error, at: now)
        case (.waiting(.list(let listing)), .waited):
            state = .listing(listing)
            return Step(next: .list(listing.query))
        case (.waiting(.verify), .waited):
            return verify(at: now)
        default:
            return Step()
        }
    }

    /// The state's name, for tests.
    var stateName: StateName {
        switch state {
        case .idle: .idle
        case .listing(let listing): listing.query.continueToken == nil ? .listing : .listingFurther
        case .opening: .opening
        case .watching: .watching
        case .verifying: .verifying
        case .waiting(.list): .waitingToList
        case .waiting(.verify): .waitingToVerify
        }
    }

    // MARK: - List

    /// With a limit, servers before 1.33 or so read a list from etcd that their cache could answer. When one restarts, the
    /// nodes all list at once, so only what must come from etcd anyway is asked for in pages.
    private func query(_ freshness: ListFreshness) -> ListQuery {
        ListQuery(
            scope: settings.scope, freshness: freshness, limit: freshness == .mostRecent ? settings.pageLimit : nil)
    }

    private mutating func list(_ freshness: ListFreshness) -> Step {
        let query = query(freshness)
        state = .listing(Listing(query))
        return Step(next: .list(query))
    }

    private mutating func take(_ page: ListPage<Resource>, into old: Listing, at now: Duration) -> Step {
        // Out of the state first, so that appending does not copy what earlier pages brought.
        state = .idle
        var listing = old
        if let version = listing.resourceVersion, version != page.resourceVersion {
            let error = KubernetesError(
                code: .malformedResponse,
                message: "a page is of resourceVersion \(page.resourceVersion), the one before of \(version)")
            return listFailed(listing, error, at: now)
        }
        listing.resourceVersion = page.resourceVersion
        listing.items += page.items
        listing.invalid += page.invalid
        if let token = page.continueToken, !token.isEmpty {
            listing.query.continueToken = token
            state = .listing(listing)
            return Step(next: .list(listing.query))
        }
        resourceVersion = page.resourceVersion
        lastContact = now
        var step = watch()
        step.changes = [.replaced(listing.items, unreadable: listing.invalid)]
        step.notice = .listed(objectCount: listing.items.count, invalidCount: listing.invalid.count)
        return step
    }

    private mutating func listFailed(_ listing: Listing, _ error: KubernetesError, at now: Duration) -> Step {
        let again: Listing
        switch error.meaning {
        case .expired, .ahead:
            // Pages that outlived their snapshot, or a server that has less than we saw. As one big page from etcd
            // neither can happen again; what came so far belongs to another moment and is dropped.
            again = Listing(ListQuery(scope: settings.scope, freshness: .mostRecent))
            if listing.query.freshness != .mostRecent || listing.query.limit != nil {
                state = .listing(again)
                return Step(next: .list(again.query), notice: .relisting(error, after: .zero))
            }
        case .refused, .garbled:
            // A token of another server, or a page cut short by something in between.
            again = Listing(query(.mostRecent))
        case .away:
            // Another server may take the token of the old one for a moment of its own. So from the beginning.
            again = listing.restarted
        case .busy:
            // The token is good for minutes: go on with the same page.
            again = listing
        }
        let wait = nextWait(error, at: now)
        state = .waiting(then: .list(again))
        return Step(next: .wait(wait), notice: .listFailed(error, after: wait))
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
        state = .waiting(then: .list(Listing(query(freshness))))
        return Step(next: .wait(wait), notice: .relisting(error, after: wait))
    }

    // MARK: - Watch

    private mutating func watch() -> Step {
        let timeout = settings.serverTimeout * (1 - chance() / 5)
        state = .opening(timeout)
        return Step(
            next: .watch(
                WatchQuery(scope: settings.scope, resourceVersion: resourceVersion, serverTimeout: timeout)))
    }

    private mutating func take(_ event: WatchEvent<Resource>, of watch: Watch, at now: Duration) -> Step {
        let version: String?
        var step = Step()
        switch event {
        case .applied(let object):
            version = object.metadata.resourceVersion
            step.changes = [.applied(object)]
        case .invalid(let object):
            version = object.resourceVersion
            step.changes = [.invalid(object.name, reason: object.reason)]
        case .bookmark(let resourceVersion):
            version = resourceVersion
        case .deleted(let object):
            // Some servers send the object's last version here, which is an old one.
            version = isBehind(object.metadata.resourceVersion) ? nil : object.metadata.resourceVersion
            step.changes = [.deleted(object)]
        case .error(let error):
            return watchEnded(error, at: now)
        }
        if let version, isBehind(version) {
            return relist(.mostRecent, wentBack(to: version), at: now, isImmediate: isRare(at: now))
        }
        if let version, !version.isEmpty { resourceVersion = version }
        lastContact = now
        var watch = watch
        watch.hasSpoken = true
        state = .watching(watch)
        return step
    }

    private mutating func watchEndedInOrder(_ ended: Watch, at now: Duration) -> Step {
        // A server that closes each watch at once must not make us spin.
        guard now - ended.openedAt >= settings.steadyAfter else { return watchEnded(nil, at: now) }
        // Before its time: the server stops, and the next one may be another. Without even a bookmark: it may be one
        // that has yet to reach our place.
        var step = ended.hasSpoken && ended.isOver(at: now) ? watch() : verify(at: now)
        step.notice = .reconnecting(nil, after: .zero)
        return step
    }

    private mutating func watchEnded(_ error: KubernetesError?, at now: Duration) -> Step {
        guard let error else { return waitAndVerify(nil, at: now) }
        switch error.meaning {
        case .expired:
            // At once, unless it just happened: every node gets this together after a restore of etcd.
            return relist(.notOlderThan(resourceVersion), error, at: now, isImmediate: isRare(at: now))
        case .ahead, .refused:
            return relist(.mostRecent, error, at: now, isImmediate: false)
        case .garbled:
            // An event was lost, and nobody can say of which object.
            return relist(.notOlderThan(resourceVersion), error, at: now, isImmediate: false)
        case .busy, .away:
            return waitAndVerify(error, at: now)
        }
    }

    private mutating func waitAndVerify(_ error: KubernetesError?, at now: Duration) -> Step {
        let wait = nextWait(error, at: now)
        state = .waiting(then: .verify)
        return Step(next: .wait(wait), notice: .reconnecting(error, after: wait))
    }

    // MARK: - A server that may be another one

    /// A server restored from an older backup accepts a watch from a version it has not reached yet, and then says
    /// nothing until it gets there, which may take days; what it deleted until then is never told. A list says at once
    /// that the version is too large. One object is enough, which spares the server the full lists of all nodes.
    ///
    /// Once nothing was heard for `placeLifetime`, that server may have written its way past our place, and one object
    /// would prove nothing. A full list does not have to prove anything.
    private mutating func verify(at now: Duration) -> Step {
        guard now - lastContact <= settings.placeLifetime else {
            let error = KubernetesError(
                code: .expired, message: "the server was not heard for more than \(settings.placeLifetime)")
            return relist(.notOlderThan(resourceVersion), error, at: now, isImmediate: false)
        }
        state = .verifying
        return Step(
            next: .list(
                ListQuery(scope: settings.scope, freshness: .notOlderThan(resourceVersion), limit: 1)))
    }

    private mutating func verified(by page: ListPage<Resource>, at now: Duration) -> Step {
        if isBehind(page.resourceVersion) {
            return relist(.mostRecent, wentBack(to: page.resourceVersion), at: now, isImmediate: false)
        }
        lastContact = now
        return watch()
    }

    /// Never at once: all nodes hear this together, and after an outage the wait has grown to spread them.
    private mutating func verifyFailed(_ error: KubernetesError, at now: Duration) -> Step {
        switch error.meaning {
        case .ahead, .expired:
            // Perhaps a server whose cache lags behind that of the last one, and which will be there after the wait. To ask
            // for one object again would not do: an older server may have written its way past our place meanwhile.
            return relist(.notOlderThan(resourceVersion), error, at: now, isImmediate: false)
        case .refused:
            return relist(.mostRecent, error, at: now, isImmediate: false)
        case .garbled, .busy, .away:
            let wait = nextWait(error, at: now)
            state = .waiting(then: .verify)
            return Step(next: .wait(wait), notice: .listFailed(error, after: wait))
        }
    }

    /// Whether a version is before our place. Versions of one kind compare as numbers (KEP-5504); where they are none,
    /// the server's word must do.
    private func isBehind(_ version: String) -> Bool {
        guard let theirs = UInt64(version), let ours = UInt64(resourceVersion) else { return false }
        return theirs < ours
    }

    private func wentBack(to version: String) -> KubernetesError {
        KubernetesError(
            code: .resourceVersionTooLarge,
            message: "the server is at resourceVersion \(version), but was at \(resourceVersion) before")
    }

    // MARK: - Time

    /// Whether this is the first lost place for a while.
    private mutating func isRare(at now: Duration) -> Bool {
        defer { lastExpiry = now }
        return lastExpiry.map { now - $0 >= settings.backoff.resetAfter } ?? true
    }

    private mutating func nextWait(_ error: KubernetesError?, at now: Duration) -> Duration {
        backoff.fail(settings.backoff, at: now, chance: chance(), retryAfter: error?.retryAfter)
    }

    private mutating func chance() -> Double { Double.random(in: 0..<1, using: &generator) }
}

extension ListWatchMachine {
    /// What a machine is doing, without the details.
    enum StateName: String, CaseIterable {
        case idle, listing, listingFurther, opening, watching, verifying, waitingToList, waitingToVerify
    }
}
