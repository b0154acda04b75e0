internal import Synchronization

/// The objects behind the API: versioned, watchable, all in memory.
///
/// Every method is one atomic step and may be called from any thread. Errors are the `APIStatus` that the HTTP API
/// would answer. Documents go in and come out as they are on the wire, with `apiVersion` and `kind`.
public final class ObjectStore: Sendable {
    private let state: Mutex<StoreState>
    private let historyCapacity: Int
    private let watchCapacity: Int
    private let watchers = ConditionWaiters()

    /// Makes a store that holds the namespaces `default` and `kube-system`.
    ///
    /// - Parameters:
    ///   - historyCapacity: how many changes are kept for watches that resume; older ones are compacted.
    ///   - watchQueueCapacity: how many events may wait for one watcher before its watch is ended.
    public init(historyCapacity: Int = 10_000, watchQueueCapacity: Int = 10_000) {
        self.historyCapacity = historyCapacity
        watchCapacity = watchQueueCapacity
        state = Mutex(StoreState(historyCapacity: historyCapacity, revision: 0))
    }

    /// The global resourceVersion: that of the last change.
    public var resourceVersion: Int64 { state.withLock { $0.revision } }

    // MARK: - Writing

    /// Creates an object. The namespace is required for namespaced types and must exist.
    ///
    /// - Throws: 400 malformed, 404 no such namespace, 409 exists already, 422 invalid.
    @discardableResult
    public func create(
        _ type: ResourceType, namespace: String? = nil, object: JSONValue, dryRun: Bool = false
    ) throws(APIStatus) -> JSONValue {
        try created(type, namespace: namespace, object: object, dryRun: dryRun).value
    }

    /// Replaces an object; with subresource `status` only the status of it.
    ///
    /// - Throws: 404 no such object, 409 the document's resourceVersion or uid is not the current one, 422 invalid.
    @discardableResult
    public func update(
        _ type: ResourceType, namespace: String? = nil, name: String, subresource: String? = nil, object: JSONValue,
        dryRun: Bool = false
    ) throws(APIStatus) -> JSONValue {
        try updated(
            type, namespace: namespace, name: name, subresource: subresource, object: object, dryRun: dryRun
        ).value
    }

    /// Patches an object; with subresource `status` only the status of it.
    ///
    /// - Throws: as `update`, and 400 or 422 for a patch that cannot be applied.
    @discardableResult
    public func patch(
        _ type: ResourceType, namespace: String? = nil, name: String, subresource: String? = nil, patch: JSONValue,
        kind: PatchKind = .merge, dryRun: Bool = false
    ) throws(APIStatus) -> JSONValue {
        try patched(
            type, namespace: namespace, name: name, subresource: subresource, patch: patch, kind: kind, dryRun: dryRun
        ).object.value
    }

    /// Deletes an object, or sets its deletionTimestamp when it has finalizers.
    ///
    /// - Returns: the last state of the object, and whether it is gone now.
    /// - Throws: 404 no such object, 409 a precondition does not hold.
    @discardableResult
    public func delete(
        _ type: ResourceType, namespace: String? = nil, name: String,
        preconditions: DeletePreconditions = DeletePreconditions(), dryRun: Bool = false
    ) throws(APIStatus) -> (object: JSONValue, isGone: Bool) {
        let result = try write(dryRun: dryRun) { (state) throws(APIStatus) -> (object: StoredObject, isGone: Bool) in
            try state.delete(type, namespace: namespace, name: name, preconditions: preconditions)
        }
        return (result.object.value, result.isGone)
    }

    // MARK: - Reading

    /// One object.
    ///
    /// - Throws: 404 no such object.
    public func get(_ type: ResourceType, namespace: String? = nil, name: String) throws(APIStatus) -> JSONValue {
        try found(type, namespace: namespace, name: name).value
    }

    /// The objects of a type in key order, and the resourceVersion of the list; namespace nil means all.
    ///
    /// - Throws: 400 for bad options, 410 for an expired token or revision, 504 for a revision of the future.
    public func list(
        _ type: ResourceType, namespace: String? = nil, options: ListOptions = ListOptions()
    ) throws(APIStatus) -> (items: [JSONValue], resourceVersion: Int64, continueToken: String?) {
        let page = try page(type, namespace: namespace, options: options)
        return (page.objects.map(\.value), page.revision, page.continueToken)
    }

    // MARK: - Time travel

    /// Forgets all history, so that every resourceVersion handed out so far is too old to watch from.
    ///
    /// The global resourceVersion moves on by one, as if something else had been written. Running watches go on.
    public func expireHistory() {
        state.withLock { state in
            state.revision += 1
            state.history.compact(at: state.revision)
        }
    }

    /// Goes back to the two built-in namespaces and ends all watches.
    ///
    /// - Parameter resourceVersion: where to count from; nil goes on from the current one. A smaller one than the
    ///   current is what clients see when a server comes back with an older database.
    public func reset(resourceVersion: Int64? = nil) {
        let old = state.withLock { state in
            let lastWatchID = state.lastWatchID
            let watches = state.watches.values.flatMap(\.values)
            state = StoreState(historyCapacity: historyCapacity, revision: max(0, resourceVersion ?? state.revision))
            state.lastWatchID = lastWatchID
            return watches
        }
        for subscription in old { subscription.end(.clean) }
        watchers.signal()
    }

    // MARK: - Watches

    /// How many watches run, of one type or of all.
    public func watchCount(_ type: ResourceType? = nil) -> Int {
        state.withLock { state in
            guard let type else { return state.watches.values.reduce(0) { $0 + $1.count } }
            return state.watches[type]?.count ?? 0
        }
    }

    /// Waits until at least this many watches of a type run. For tests: no polling, no time-out of its own.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    public func waitForWatches(_ type: ResourceType, atLeast count: Int) async throws {
        try await watchers.wait { self.watchCount(type) >= count }
    }

    /// Waits until no watch of a type runs.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    public func waitForNoWatches(_ type: ResourceType) async throws {
        try await watchers.wait { self.watchCount(type) == 0 }
    }

    // MARK: - For the HTTP layer

    func created(
        _ type: ResourceType, namespace: String?, object: JSONValue, dryRun: Bool
    ) throws(APIStatus) -> StoredObject {
        try write(dryRun: dryRun) { (state) throws(APIStatus) -> StoredObject in
            try state.create(type, namespace: namespace, object: object)
        }
    }

    func updated(
        _ type: ResourceType, namespace: String?, name: String, subresource: String?, object: JSONValue, dryRun: Bool
    ) throws(APIStatus) -> StoredObject {
        try write(dryRun: dryRun) { (state) throws(APIStatus) -> StoredObject in
            try state.update(type, namespace: namespace, name: name, subresource: subresource, object: object)
        }
    }

    func patched(
        _ type: ResourceType, namespace: String?, name: String, subresource: String?, patch: JSONValue,
        kind: PatchKind, dryRun: Bool
    ) throws(APIStatus) -> (object: StoredObject, wasCreated: Bool) {
        try write(dryRun: dryRun) { (state) throws(APIStatus) -> (object: StoredObject, wasCreated: Bool) in
            try state.patch(
                type, namespace: namespace, name: name, subresource: subresource, patch: patch, kind: kind)
        }
    }

    func found(_ type: ResourceType, namespace: String?, name: String) throws(APIStatus) -> StoredObject {
        try state.withLock { (state) throws(APIStatus) -> StoredObject in
            try state.find(type, namespace: namespace, name: name)
        }
    }

    func page(_ type: ResourceType, namespace: String?, options: ListOptions) throws(APIStatus) -> ObjectPage {
        try state.withLock { (state) throws(APIStatus) -> ObjectPage in
            try state.list(type, namespace: namespace, options: options)
        }
    }

    func startWatch(
        _ selection: WatchSubscription.Selection, options: WatchOptions
    ) throws(APIStatus) -> (subscription: WatchSubscription, initial: [WatchEvent]) {
        let started = try state.withLock { (state) throws(APIStatus) -> (WatchSubscription, [WatchEvent]) in
            let started = try state.startWatch(selection, options: options, capacity: watchCapacity)
            return (started.subscription, started.initial)
        }
        watchers.signal()
        return (started.0, started.1)
    }

    func endWatch(_ subscription: WatchSubscription) {
        state.withLock { $0.endWatch(subscription) }
        watchers.signal()
    }

    func offerBookmark(to subscription: WatchSubscription) {
        state.withLock { subscription.offerBookmark(revision: $0.revision) }
    }

    /// The running watches that match, oldest first.
    func watches(where isIncluded: (WatchSubscription) -> Bool) -> [WatchSubscription] {
        let all = state.withLock { $0.watches.values.flatMap(\.values) }
        return all.filter(isIncluded).sorted { $0.id < $1.id }
    }

    private func write<Value: Sendable>(
        dryRun: Bool, _ body: (inout StoreState) throws(APIStatus) -> Value
    ) throws(APIStatus) -> Value {
        try state.withLock { (state) throws(APIStatus) -> Value in
            guard dryRun else { return try body(&state) }
            var copy = state
            copy.isDryRun = true
            return try body(&copy)
        }
    }
}
