/// What a watch request asks for.
struct WatchOptions: Sendable {
    /// The resourceVersion after which to start; nil, empty and `0` mean everything, then changes.
    var resourceVersion: String?
    var resourceVersionMatch: String?
    var sendInitialEvents: Bool?
    var allowsBookmarks = false
    var connection: ConnectionControl?
}

extension StoreState {
    /// Registers a watch and says what it is told first; nothing that is committed later can be missed or come twice.
    mutating func startWatch(
        _ selection: WatchSubscription.Selection, options: WatchOptions, capacity: Int
    ) throws(APIStatus) -> (subscription: WatchSubscription, initial: [WatchEvent]) {
        let version = options.resourceVersion ?? ""
        let asked = version.isEmpty ? 0 : try Self.parseRevision(version)
        try check(options)
        lastWatchID += 1
        func subscription(from start: Int64) -> WatchSubscription {
            WatchSubscription(
                id: lastWatchID, selection: selection, allowsBookmarks: options.allowsBookmarks, startRevision: start,
                capacity: capacity, connection: options.connection)
        }
        if options.sendInitialEvents ?? (asked == 0) {
            if asked > revision { throw .tooLargeResourceVersion(asked, current: revision) }
            var initial: [WatchEvent] = (tables[selection.type]?.ordered(in: selection.namespace) ?? [])
                .filter(selection.matches).map { .change(.added, $0) }
            if options.sendInitialEvents == true, options.allowsBookmarks {
                initial.append(.bookmark(revision: revision, endsInitialEvents: true))
            }
            return (register(subscription(from: revision)), initial)
        }
        if asked == 0 { return (register(subscription(from: revision)), []) }
        guard asked >= history.compactedRevision else {
            // The headers of a watch have gone out by the time the real server notices: 200, then an ERROR event.
            let status = APIStatus.expired("too old resource version: \(asked) (\(history.compactedRevision))")
            let ended = subscription(from: asked)
            ended.end(.clean)
            return (ended, [.error(status)])
        }
        let missed = history.entries(after: asked).filter { $0.type == selection.type }
        return (register(subscription(from: asked)), missed.compactMap(selection.event(for:)))
    }

    mutating func endWatch(_ subscription: WatchSubscription) {
        watches[subscription.selection.type]?[subscription.id] = nil
    }

    private mutating func register(_ subscription: WatchSubscription) -> WatchSubscription {
        watches[subscription.selection.type, default: [:]][subscription.id] = subscription
        return subscription
    }

    private func check(_ options: WatchOptions) throws(APIStatus) {
        let match = options.resourceVersionMatch ?? ""
        let cause: APIStatus.Cause
        if options.sendInitialEvents != nil, match != "NotOlderThan" {
            cause = .init(
                reason: "FieldValueForbidden",
                message: "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                field: "resourceVersionMatch")
        } else if options.sendInitialEvents == nil, !match.isEmpty {
            cause = .init(
                reason: "FieldValueForbidden",
                message: "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
                field: "resourceVersionMatch")
        } else {
            return
        }
        throw APIStatus(
            code: 422, reason: "Invalid",
            message: "ListOptions.meta.k8s.io \"\" is invalid: \(cause.field): \(cause.message)", group: "meta.k8s.io",
            kind: "ListOptions", causes: [cause])
    }
}
