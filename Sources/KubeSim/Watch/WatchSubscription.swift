internal import Synchronization

/// What a watcher is told.
enum WatchEvent: Sendable {
    enum Change: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
    }

    case change(Change, StoredObject)
    /// All changes up to this revision have been sent.
    case bookmark(revision: Int64, endsInitialEvents: Bool)
    /// The watch cannot go on; it ends after this.
    case error(APIStatus)
}

/// One running watch: what it selects, and the bounded queue between the writers of the store and the connection.
///
/// Writers call `offer` under the store's lock and never wait: when the queue is full the watch is ended, which its
/// client sees as a clean end of the stream. One task reads with `next`.
final class WatchSubscription: Sendable {
    /// How a watch comes to its end.
    enum Ending: Sendable, Equatable {
        /// The stream is finished properly, after what is queued.
        case clean
        /// What is queued is sent, then half a line, then the connection is cut.
        case truncated
        /// Nothing more is sent: the connection is being cut or is gone.
        case disconnected
    }

    /// What the reading task has to do next.
    enum Step: Sendable {
        case send([WatchEvent])
        case end(Ending)
    }

    /// What a watch selects.
    struct Selection: Sendable {
        var type: ResourceType
        /// Nil for all namespaces.
        var namespace: String?
        var labelSelector: LabelSelector = .everything
        var fieldSelector: FieldSelector = .everything

        func matches(_ object: StoredObject) -> Bool {
            (namespace == nil || namespace == object.namespace) && labelSelector.matches(object.labels)
                && fieldSelector.matches(object)
        }

        /// The event that a change is for this selection: leaving it is a deletion, entering it an addition.
        func event(for entry: HistoryEntry) -> WatchEvent? {
            let before = entry.previous.map(matches) ?? false
            guard let current = entry.current else {
                guard before, let removed = entry.removed else { return nil }
                return .change(.deleted, removed)
            }
            switch (before, matches(current)) {
            case (false, true): return .change(.added, current)
            case (true, true): return .change(.modified, current)
            case (true, false):
                return entry.previous.map { .change(.deleted, $0.withRevision(entry.revision)) }
            case (false, false): return nil
            }
        }
    }

    private struct State {
        var queue: [WatchEvent] = []
        var ending: Ending?
        var isStalled = false
        /// Set when events were lost while nothing was being sent; the watch ends when it is resumed.
        var hasOverflowedWhileStalled = false
        var waiter: CheckedContinuation<Void, Never>?

        /// What the reader gets now, or nil if it has to wait.
        mutating func takeStep() -> Step? {
            if ending == .disconnected { return .end(.disconnected) }
            if isStalled, ending == nil { return nil }
            if !queue.isEmpty {
                defer { queue.removeAll(keepingCapacity: true) }
                return .send(queue)
            }
            return ending.map(Step.end)
        }
    }

    let id: UInt64
    let selection: Selection
    let allowsBookmarks: Bool
    /// Events up to this revision are not sent; it is greater than the store's after a step back in time.
    let startRevision: Int64
    /// What carries the stream; nil for a watch that no connection stands behind.
    let connection: ConnectionControl?
    private let capacity: Int
    private let state = Mutex(State())

    init(
        id: UInt64, selection: Selection, allowsBookmarks: Bool, startRevision: Int64, capacity: Int,
        connection: ConnectionControl? = nil
    ) {
        self.connection = connection
        self.id = id
        self.selection = selection
        self.allowsBookmarks = allowsBookmarks
        self.startRevision = startRevision
        self.capacity = capacity
    }

    /// Queues the event that a change is for this watch, if it is one. Called under the store's lock.
    func offer(_ entry: HistoryEntry) {
        guard entry.revision > startRevision, let event = selection.event(for: entry) else { return }
        enqueue(event)
    }

    /// Queues a bookmark. Called under the store's lock, so that no event below its revision can follow.
    func offerBookmark(revision: Int64) {
        guard allowsBookmarks, revision >= startRevision else { return }
        enqueue(.bookmark(revision: revision, endsInitialEvents: false))
    }

    /// Ends the watch. The first ending stands, except that a disconnect overrides the others.
    func end(_ ending: Ending) {
        change { state in
            if state.ending == nil || ending == .disconnected { state.ending = ending }
        }
    }

    /// Ends the watch by a reset of its connection, also when the reading task is stuck in a write.
    func cut() {
        connection?.cut(withReset: true)
        end(.disconnected)
    }

    /// Holds back everything until resumed. A watch whose queue overflows meanwhile ends when it is resumed.
    func setStalled(_ isStalled: Bool) {
        change { state in
            state.isStalled = isStalled
            if !isStalled, state.hasOverflowedWhileStalled, state.ending == nil { state.ending = .clean }
        }
    }

    /// Waits for events or the end. Only one task may wait.
    func next() async -> Step {
        await withTaskCancellationHandler {
            while true {
                if let step = state.withLock({ $0.takeStep() }) { return step }
                await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
                    let isReady = state.withLock { state in
                        if state.ending != nil || (!state.isStalled && !state.queue.isEmpty) { return true }
                        state.waiter = waiter
                        return false
                    }
                    if isReady { waiter.resume() }
                }
            }
        } onCancel: {
            end(.disconnected)
        }
    }

    private func enqueue(_ event: WatchEvent) {
        change { state in
            guard state.ending == nil, !state.hasOverflowedWhileStalled else { return }
            guard state.queue.count < capacity else {
                // What is lost cannot be told in order any more; the client resumes from the last it saw.
                state.queue.removeAll()
                if !state.isStalled { state.ending = .clean } else { state.hasOverflowedWhileStalled = true }
                return
            }
            state.queue.append(event)
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            body(&state)
            guard state.ending != nil || (!state.isStalled && !state.queue.isEmpty) else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
