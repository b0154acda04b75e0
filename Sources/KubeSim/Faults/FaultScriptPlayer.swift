internal import Synchronization

/// Plays fault scripts while the server runs, one at a time. Any thread.
public final class FaultScriptPlayer: Sendable {
    private struct Begun: Sendable {
        var number: Int
        var script: FaultScript
    }

    private struct State {
        /// Number of the script that was begun last.
        var number = 0
        /// How many of its steps are still to come.
        var waiting = 0
    }

    private let faults: FaultInjector
    private let store: ObjectStore
    private let clock: any Clock<Duration>
    private let scripts: AsyncStream<Begun>
    private let continuation: AsyncStream<Begun>.Continuation
    private let state = Mutex(State())
    private let waiters = ConditionWaiters()

    init(faults: FaultInjector, store: ObjectStore, clock: any Clock<Duration>) {
        self.faults = faults
        self.store = store
        self.clock = clock
        (scripts, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// How many steps of the present script are still to come.
    public var waiting: Int { state.withLock { $0.waiting } }

    /// Begins a script, in place of the one that is played.
    public func play(_ script: FaultScript) {
        state.withLock { state in
            state.number += 1
            state.waiting = script.steps.count
            // Under the lock, so that the last one in the stream is the last one that was begun.
            continuation.yield(Begun(number: state.number, script: script))
        }
        waiters.signal()
    }

    /// Waits until the script that was begun last is over.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    public func waitForEnd() async throws {
        try await waiters.wait { self.waiting == 0 }
    }

    /// Plays what comes until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await begun in scripts {
                group.addTask { await self.perform(begun) }
            }
            group.cancelAll()
        }
    }

    private func perform(_ begun: Begun) async {
        var now = Duration.zero
        for step in begun.script.steps {
            if step.at > now {
                guard (try? await clock.sleep(for: step.at - now)) != nil else { return }
                now = step.at
            }
            // Another script may have begun since.
            guard state.withLock({ $0.number == begun.number }), !Task.isCancelled else { return }
            switch step.action {
            case .fault(let fault): faults.inject(fault)
            case .clear: faults.clear()
            case .reset(let version): store.reset(resourceVersion: version)
            }
            state.withLock { if $0.number == begun.number { $0.waiting -= 1 } }
            waiters.signal()
        }
    }
}
