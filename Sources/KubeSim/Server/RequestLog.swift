internal import Synchronization

/// What clients asked, for tests that check how a client behaves. Any thread.
///
/// A ring: when full, the oldest entries are forgotten.
public final class RequestLog: Sendable {
    /// One request, noted when its head has been read and before it is answered.
    public struct Entry: Sendable, Equatable {
        /// Counts requests from 1, also over `removeAll`.
        public let number: UInt64
        /// HTTP method.
        public let method: String
        /// Path without query.
        public let path: String
        /// Query as sent, without the question mark; empty if there is none.
        public let query: String
        /// The `User-Agent` header, empty if there is none.
        public let userAgent: String
        /// The verb in the API's words, for instance `watch`; nil for paths that are no resources.
        public let verb: String?
        /// Plural name of the resource, or nil.
        public let resource: String?
    }

    private struct State {
        var entries: [Entry] = []
        var lastNumber: UInt64 = 0
    }

    private let capacity: Int
    private let state = Mutex(State())
    private let waiters = ConditionWaiters()

    init(capacity: Int = 10_000) { self.capacity = max(1, capacity) }

    /// The requests so far, oldest first.
    public var entries: [Entry] { state.withLock { $0.entries } }

    /// Forgets all entries.
    public func removeAll() { state.withLock { $0.entries.removeAll() } }

    /// Waits until the log fulfils a condition. No polling, and no time-out of its own.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    public func wait(until condition: @escaping @Sendable ([Entry]) -> Bool) async throws {
        try await waiters.wait { condition(self.entries) }
    }

    func note(
        method: String, path: String, query: String, userAgent: String, verb: String?, resource: String?
    ) {
        state.withLock { state in
            state.lastNumber += 1
            // Dropping half at a time keeps the cost of one entry constant.
            if state.entries.count >= capacity { state.entries.removeFirst((capacity + 1) / 2) }
            state.entries.append(
                Entry(
                    number: state.lastNumber, method: method, path: path, query: query, userAgent: userAgent,
                    verb: verb, resource: resource))
        }
        waiters.signal()
    }
}
