internal import Synchronization

/// The calls of a `RequestClient` that wait for their turn to be sent or for their reply.
///
/// Callers add and cancel on their own threads, the socket's thread sends and completes; each call is resumed once, by
/// whoever takes it out.
final class PendingCalls: Sendable {
    /// The parts of the reply, in order; at least one.
    typealias Outcome = Result<[TransportMessage], TransportError>

    /// A call that can be sent now.
    struct Unsent: Sendable {
        var id: [UInt8]
        var serial: UInt64
        var request: TransportMessage
    }

    private struct Call {
        var serial: UInt64
        var deadline: ContinuousClock.Instant
        var isSent = false
        var parts: [TransportMessage] = []
        var continuation: CheckedContinuation<Outcome, Never>
    }

    private struct State {
        var calls: [[UInt8]: Call] = [:]
        var unsent: [Unsent] = []
        /// No call is due before; maybe none is due then either.
        var earliestDeadline: ContinuousClock.Instant?
        var end: TransportError? = .clientClosed
        var statistics = RequestClientStatistics()
    }

    private let state = Mutex(State())
    private let limit: Int
    private let serials = Atomic<UInt64>(0)

    init(limit: Int) {
        self.limit = limit
    }

    var statistics: RequestClientStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.callsPending = state.calls.count
            return statistics
        }
    }

    func count(_ change: (inout RequestClientStatistics) -> Void) {
        state.withLock { change(&$0.statistics) }
    }

    /// Takes calls from now on.
    func begin() {
        state.withLock { $0.end = nil }
    }

    // MARK: - Callers

    /// A number for a call, by which its caller can cancel it and no later one of the same id.
    func nextSerial() -> UInt64 {
        serials.add(1, ordering: .relaxed).newValue
    }

    /// Adds a call; if it cannot be, resumes it at once.
    func add(
        _ unsent: Unsent, deadline: ContinuousClock.Instant, continuation: CheckedContinuation<Outcome, Never>
    ) {
        let error = state.withLock { state -> TransportError? in
            if let end = state.end { return end }
            if state.calls.count >= limit {
                return TransportError(code: .tooManyPending, message: "\(limit) calls are waiting already")
            }
            if state.calls[unsent.id] != nil {
                return TransportError(code: .invalidRequest, message: "a call with the same request id is under way")
            }
            state.calls[unsent.id] = Call(serial: unsent.serial, deadline: deadline, continuation: continuation)
            if state.unsent.count > 2 * limit {
                // Most were cancelled or have expired behind one that waits for a connection.
                let calls = state.calls
                state.unsent.removeAll { calls[$0.id]?.serial != $0.serial }
            }
            state.unsent.append(unsent)
            state.earliestDeadline = min(state.earliestDeadline ?? deadline, deadline)
            state.statistics.calls += 1
            return nil
        }
        if let error { continuation.resume(returning: .failure(error)) }
    }

    func cancel(_ id: [UInt8], serial: UInt64) {
        let call = state.withLock { state -> Call? in
            guard state.calls[id]?.serial == serial else { return nil }
            return state.calls.removeValue(forKey: id)
        }
        let error = TransportError(code: .cancelled, message: "the call was cancelled")
        call?.continuation.resume(returning: .failure(error))
    }

    // MARK: - The socket's thread

    /// Offers the calls to be sent, in order, until `send` says that there is no room; cancelled and expired ones are
    /// left out. True when some are left.
    func sendAll(_ send: (TransportMessage) -> Bool) -> Bool {
        var waiting = state.withLock { state in
            defer { state.unsent = [] }
            return state.unsent[...]
        }
        while let next = waiting.first {
            let isWanted = state.withLock { state in
                guard state.calls[next.id]?.serial == next.serial else { return false }
                // Before it is sent, since the reply may be there before `send` returns.
                state.calls[next.id]?.isSent = true
                return true
            }
            if isWanted, !send(next.request) {
                state.withLock { $0.calls[next.id]?.isSent = false }
                break
            }
            waiting.removeFirst()
        }
        return state.withLock { state in
            // What callers have added in the meantime comes after.
            if !waiting.isEmpty { state.unsent = Array(waiting) + state.unsent }
            return !state.unsent.isEmpty
        }
    }

    /// Adds a part to the reply of a call and, unless more follow, ends it; a reply nobody waits for is counted.
    func complete(_ id: [UInt8], with part: TransportMessage, hasMore: Bool) {
        let call = state.withLock { state -> Call? in
            guard state.calls[id] != nil else {
                state.statistics.repliesLate += 1
                return nil
            }
            state.calls[id]?.parts.append(part)
            if hasMore, let count = state.calls[id]?.parts.count, count < Limits.partCount { return nil }
            state.statistics.replies += 1
            return state.calls.removeValue(forKey: id)
        }
        guard let call else { return }
        if hasMore {
            let message = "a reply of more than \(Limits.partCount) parts"
            call.continuation.resume(returning: .failure(TransportError(code: .system, message: message)))
        } else {
            call.continuation.resume(returning: .success(call.parts))
        }
    }

    /// Ends the calls that are due.
    func expire(now: ContinuousClock.Instant, reason: String?) {
        let due = state.withLock { state -> [Call] in
            guard let earliest = state.earliestDeadline, earliest <= now else { return [] }
            let due = state.calls.filter { $0.value.deadline <= now }
            for id in due.keys { state.calls[id] = nil }
            state.earliestDeadline = state.calls.values.map(\.deadline).min()
            state.statistics.callsExpired += due.count
            return Array(due.values)
        }
        for call in due {
            let state = call.isSent ? "no reply by the deadline" : "not connected by the deadline"
            let message = reason.map { "\(state) (\($0))" } ?? state
            call.continuation.resume(returning: .failure(TransportError(code: .deadlineExceeded, message: message)))
        }
    }

    /// When to call `expire` next.
    var earliestDeadline: ContinuousClock.Instant? { state.withLock { $0.earliestDeadline } }

    /// Ends the calls that were sent: their connection is gone.
    func failSent(_ error: TransportError) {
        let lost = state.withLock { state -> [Call] in
            let lost = state.calls.filter(\.value.isSent)
            for id in lost.keys { state.calls[id] = nil }
            state.statistics.callsLost += lost.count
            return Array(lost.values)
        }
        for call in lost { call.continuation.resume(returning: .failure(error)) }
    }

    /// Ends all calls, and those to come.
    func end(_ error: TransportError) {
        let calls = state.withLock { state -> [Call] in
            state.end = error
            defer { state.calls = [:] }
            state.unsent = []
            return Array(state.calls.values)
        }
        for call in calls { call.continuation.resume(returning: .failure(error)) }
    }
}
