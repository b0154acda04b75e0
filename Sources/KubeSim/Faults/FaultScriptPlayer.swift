internal import Synchronization

/// Plays fault scripts while the server runs, one at a time. Any thread.
public final class FaultScriptPlayer: Sendable {
    private let faults: FaultInjector
    private let store: ObjectStore
    private let clock: any Clock<Duration>
    private let scripts: AsyncStream<FaultScript>
    private let continuation: AsyncStream<FaultScript>.Continuation
    private let remaining = Mutex((script: 0, steps: 0))
    private let waiters = ConditionWaiters()

    init(faults: FaultInjector, store: ObjectStore, clock: any Clock<Duration>) {
        self.faults = faults
        self.store = store
        self.clock = clock
        (scripts, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// How many steps of the present script are still to come.
    public var waiting: Int { remaining.withLock(\.steps) }

    /// Begins a script, in place of the one that is played.
    public func play(_ script: FaultScript) {
        remaining.withLock { $0 = ($0.script + 1, script.steps.count) }
        waiters.signal()
        continuation.yield(script)
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
            for await script in scripts {
                let number = remaining.withLock(\.script)
                group.addTask { await self.perform(script, number: number) }
            }
            group.cancelAll()
        }
    }

    private func perform(_ script: FaultScript, number: Int) async {
        var now = Duration.zero
        for step in script.steps {
            if step.at > now {
                guard (try? await clock.sleep(for: step.at - now)) != nil else { return }
                now = step.at
            }
            // Another script may have begun since.
            guard remaining.withLock({ $0.script == number }), !Task.isCancelled else { return }
            switch step.action {
            case .fault(let fault): faults.inject(fault)
            case .clear: faults.clear()
            case .reset(let version): store.reset(resourceVersion: version)
            }
            remaining.withLock { if $0.script == number { $0.steps -= 1 } }
            waiters.signal()
        }
    }
}
