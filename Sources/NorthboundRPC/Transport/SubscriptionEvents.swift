internal import Synchronization

/// What a subscriber learns, in order.
public enum SubscriptionEvent: Sendable, Hashable {
    /// Why records may be missing.
    public enum Gap: Sendable, Hashable {
        /// The subscription has just come into force, the first time or after a lost connection.
        case subscribed
        /// The reader of these events was too slow; what was waiting for it was thrown away.
        case overflow
        /// The publisher dropped records, since the connection was too slow.
        case dropped
    }

    /// Records before this point may be missing: read them from the journal now. All later ones follow here, up to the
    /// next `catchUp` or `disconnected`; some may be in the journal's answer as well.
    case catchUp(Gap)
    /// A record.
    case record(topic: [UInt8], body: [UInt8])
    /// The connection is gone. Records may be missing until the next `catchUp`.
    case disconnected(reason: String)
}

/// The events of a `Subscriber`, for one reader. It ends when the subscriber is closed.
///
/// Bounded: when the reader is so far behind that there is no room, all that waits is replaced by one
/// `.catchUp(.overflow)`, since the journal has it anyway.
public final class SubscriptionEvents: AsyncSequence, Sendable {
    /// What it consists of.
    public typealias Element = SubscriptionEvent

    /// Reads the events; two iterators would share them.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let events: SubscriptionEvents

        /// Waits for the next event; nil at the end, or when the task is cancelled.
        public func next() async -> SubscriptionEvent? { await events.next() }
    }

    private struct State {
        var events: [SubscriptionEvent] = []
        var position = 0
        var isEnded = false
        var overflowCount = 0
        var reader: CheckedContinuation<Void, Never>?

        var count: Int { events.count - position }

        mutating func takeReader() -> CheckedContinuation<Void, Never>? {
            defer { reader = nil }
            return reader
        }
    }

    private enum Step {
        case event(SubscriptionEvent)
        case end
        case wait
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) {
        self.limit = Swift.max(2, limit)
    }

    /// Starts reading.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(events: self) }

    /// How often there was no room. Any thread.
    public var overflowCount: Int { state.withLock { $0.overflowCount } }

    func put(_ event: SubscriptionEvent) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isEnded else { return nil }
            if state.count >= limit {
                state.overflowCount += 1
                state.position = 0
                state.events = [.catchUp(.overflow)]
            }
            state.events.append(event)
            return state.takeReader()
        }
        reader?.resume()
    }

    func end() {
        let reader = state.withLock { state in
            state.isEnded = true
            return state.takeReader()
        }
        reader?.resume()
    }

    private func next() async -> SubscriptionEvent? {
        while true {
            switch takeStep() {
            case .event(let event): return event
            case .end: return nil
            case .wait: break
            }
            if Task.isCancelled { return nil }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let resumesNow = state.withLock { state in
                        // What came in between, and a cancellation before the reader was there to be resumed.
                        if state.count > 0 || state.isEnded || Task.isCancelled { return true }
                        precondition(state.reader == nil, "two readers of the events of one subscriber")
                        state.reader = continuation
                        return false
                    }
                    if resumesNow { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0.takeReader() }?.resume()
            }
        }
    }

    private func takeStep() -> Step {
        state.withLock { state in
            guard state.count > 0 else { return state.isEnded ? .end : .wait }
            let event = state.events[state.position]
            state.position += 1
            if state.position == state.events.count || state.position >= limit {
                state.events.removeFirst(state.position)
                state.position = 0
            }
            return .event(event)
        }
    }
}
