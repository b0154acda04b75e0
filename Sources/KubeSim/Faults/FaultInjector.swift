internal import NIOCore
internal import Synchronization

/// Holds the faults that wait for requests, and works those that act at once. Any thread.
public final class FaultInjector: Sendable {
    private struct State {
        var pending: [PendingFault] = []
        var lastID: UInt64 = 0
        var stalledRequests: [UInt64: AsyncStream<Void>.Continuation] = [:]
        var isShutDown = false
    }

    private let store: ObjectStore
    private let state = Mutex(State())
    private let waiters = ConditionWaiters()

    init(store: ObjectStore) { self.store = store }

    /// The faults that still wait for requests, in the order in which they were ordered.
    public var pending: [PendingFault] { state.withLock { $0.pending } }

    /// Orders a fault.
    ///
    /// - Returns: the number of a fault that waits for requests, nil for one that acted at once; and how many running
    ///   watches it hit.
    @discardableResult
    public func inject(_ fault: Fault) -> (id: UInt64?, watchesHit: Int) {
        guard !fault.isImmediate else { return (nil, act(fault)) }
        let id = state.withLock { state in
            state.lastID += 1
            state.pending.append(PendingFault(id: state.lastID, fault: fault, remaining: fault.count))
            return state.lastID
        }
        return (id, 0)
    }

    /// Removes one fault; false if there is none of that number (any more).
    @discardableResult
    public func remove(id: UInt64) -> Bool {
        state.withLock { state in
            guard let index = state.pending.firstIndex(where: { $0.id == id }) else { return false }
            state.pending.remove(at: index)
            return true
        }
    }

    /// Removes all faults, lets stalled watches go on, and cuts the connections of stalled requests.
    public func clear() {
        let stalled = state.withLock { state in
            state.pending.removeAll()
            defer { state.stalledRequests.removeAll() }
            return Array(state.stalledRequests.values)
        }
        for continuation in stalled { continuation.finish() }
        for watch in store.watches(where: { _ in true }) { watch.setStalled(false) }
    }

    /// Waits until at least this many requests are held by a stall; a stalled watch is not counted here.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    public func waitForStalledRequests(atLeast count: Int) async throws {
        try await waiters.wait { self.state.withLock { $0.stalledRequests.count >= count } }
    }

    /// Whether the server is ending: a watch that begins now has to end at once.
    var isShutDown: Bool { state.withLock { $0.isShutDown } }

    /// Ends all watches cleanly and lets go of everything that is held, for the end of the server.
    func shutDown() {
        state.withLock { $0.isShutDown = true }
        clear()
        for watch in store.watches(where: { _ in true }) {
            watch.end(.clean)
            // A client that does not read must not hold up the end.
            watch.connection?.cutIfStillOpen(after: .seconds(1))
        }
    }

    /// The effects that hit a request: any delays, and the first other one.
    func take(type: ResourceType?, verb: APIRequest.Verb) -> [Fault.Effect] {
        state.withLock { state in
            var effects: [Fault.Effect] = []
            for index in state.pending.indices where matches(state.pending[index].fault, type, verb) {
                if let remaining = state.pending[index].remaining {
                    guard remaining > 0 else { continue }
                    state.pending[index].remaining = remaining - 1
                }
                effects.append(state.pending[index].fault.effect)
                if case .delay = state.pending[index].fault.effect { continue }
                break
            }
            state.pending.removeAll { $0.remaining == 0 }
            return effects
        }
    }

    /// A gate for a stalled request: its stream ends when the faults are cleared.
    func makeGate() -> (stream: AsyncStream<Void>, open: @Sendable () -> Void) {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let id = state.withLock { state in
            state.lastID += 1
            if state.isShutDown {
                continuation.finish()
            } else {
                state.stalledRequests[state.lastID] = continuation
            }
            return state.lastID
        }
        waiters.signal()
        return (
            stream,
            {
                let continuation = self.state.withLock { $0.stalledRequests.removeValue(forKey: id) }
                continuation?.finish()
            }
        )
    }

    private func matches(_ fault: Fault, _ type: ResourceType?, _ verb: APIRequest.Verb) -> Bool {
        if let wanted = fault.verb, wanted != verb.rawValue { return false }
        guard let wanted = fault.resource else { return true }
        return type?.isNamed(wanted) ?? false
    }

    private func act(_ fault: Fault) -> Int {
        if fault.effect == .expireHistory {
            store.expireHistory()
            return 0
        }
        let matching = store.watches { watch in matches(fault, watch.selection.type, .watch) }
        let hit = matching.prefix(fault.count ?? matching.count)
        for watch in hit {
            switch fault.effect {
            case .dropWatches: watch.cut()
            case .endWatches: watch.end(.clean)
            case .truncateWatches: watch.end(.truncated)
            case .stallWatches: watch.setStalled(true)
            case .resumeWatches: watch.setStalled(false)
            default: break
            }
        }
        return hit.count
    }
}
