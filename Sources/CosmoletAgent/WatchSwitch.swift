internal import Synchronization

/// Runs something while it is on. Any thread may turn it; one task runs it.
final class WatchSwitch: Sendable {
    private struct State {
        var isOn: Bool
        var isRunning = false
        /// Those who wait until what runs has ended.
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>
    private let changes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(isOn: Bool) {
        state = Mutex(State(isOn: isOn))
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
    }

    /// What runs begins, if it does not run yet.
    func turnOn() {
        state.withLock { $0.isOn = true }
        continuation.yield()
    }

    /// Returns when nothing runs any more.
    func turnOff() async {
        await withCheckedContinuation { waiter in
            let isStill = state.withLock { state in
                state.isOn = false
                if state.isRunning { state.waiters.append(waiter) }
                return !state.isRunning
            }
            if isStill { waiter.resume() }
            continuation.yield()
        }
    }

    /// Runs the body each time anew while this is on, until the task is cancelled.
    func run(_ body: @escaping @Sendable () async -> Void) async {
        var iterator = changes.makeAsyncIterator()
        while await iterator.next() != nil {
            guard begin() else { continue }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await body() }
                repeat {} while await iterator.next() != nil && mayStay
                group.cancelAll()
            }
            end()
        }
        end()
    }

    /// False also when it was turned off and on again, for somebody waits for the end in between.
    private var mayStay: Bool { state.withLock { $0.isOn && $0.waiters.isEmpty } }

    private func begin() -> Bool {
        state.withLock { state in
            state.isRunning = state.isOn
            return state.isOn
        }
    }

    private func end() {
        let waiters = state.withLock { state in
            state.isRunning = false
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
        // It may have been turned on again meanwhile.
        continuation.yield()
    }
}
