internal import Synchronization

/// Something that was awaited did not come in time. The description says what, and what was there instead.
public struct DeadlineExceeded: Error, CustomStringConvertible {
    /// What was awaited and the last value seen.
    public let description: String
}

/// A value that one side changes and another waits for: the tests' alternative to sleeping.
public final class Observed<Value: Sendable>: Sendable {
    private struct Waiter: Sendable {
        var predicate: @Sendable (Value) -> Bool
        var continuation: CheckedContinuation<Value, any Error>
    }

    private struct State: Sendable {
        var value: Value
        var nextID = 0
        var waiters: [Int: Waiter] = [:]
    }

    private let state: Mutex<State>

    /// Starts with a value.
    public init(_ value: Value) {
        state = Mutex(State(value: value))
    }

    /// The value now.
    public var value: Value { state.withLock { $0.value } }

    /// Changes the value and resumes whoever waited for what it is now. Any thread.
    public func update(_ change: (inout Value) -> Void) {
        let (value, ready) = state.withLock { state in
            change(&state.value)
            let value = state.value
            let ready = state.waiters.filter { $0.value.predicate(value) }
            for id in ready.keys { state.waiters[id] = nil }
            return (value, Array(ready.values))
        }
        for waiter in ready { waiter.continuation.resume(returning: value) }
    }

    /// Waits until the value satisfies the predicate.
    ///
    /// - Throws: `DeadlineExceeded` after `timeout`, naming `what` and the last value; `CancellationError`.
    public func wait(
        for what: String, timeout: Duration = .seconds(30), until predicate: @escaping @Sendable (Value) -> Bool
    ) async throws -> Value {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await self.park(id, predicate) }
            group.addTask {
                try await ContinuousClock().sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            if let value = try await group.next() ?? nil { return value }
            abandon(id)
            let last = String(describing: value).prefix(2000)
            throw DeadlineExceeded(description: "no \(what) within \(timeout); last seen: \(last)")
        }
    }

    private func park(_ id: Int, _ predicate: @escaping @Sendable (Value) -> Bool) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let immediate: Result<Value, any Error>? = state.withLock { state in
                    if predicate(state.value) { return .success(state.value) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiters[id] = Waiter(predicate: predicate, continuation: continuation)
                    return nil
                }
                if let immediate { continuation.resume(with: immediate) }
            }
        } onCancel: {
            abandon(id)
        }
    }

    private func abandon(_ id: Int) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
        waiter?.continuation.resume(throwing: CancellationError())
    }
}
