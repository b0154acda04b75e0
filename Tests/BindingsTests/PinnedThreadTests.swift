import Testing

@testable import Bindings

@Suite struct PinnedThreadTests {
    private actor Counter {
        private let thread: PinnedThread
        private var count = 0

        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

        init(_ waiter: any PinnedThreadWaiter) {
            thread = PinnedThread(name: "counter", waiter: waiter)
        }

        func increment() -> (count: Int, isPinned: Bool) {
            count += 1
            return (count, thread.isCurrent)
        }
    }

    @Test func jobsRunOnTheThreadOneAtATime() async {
        let counter = Counter(ConditionWaiter())
        let isAlwaysPinned = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<500 {
                group.addTask { await counter.increment().isPinned }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        #expect(isAlwaysPinned)
        #expect(await counter.increment().count == 501)
    }

    @Test func callerIsNotOnTheThread() {
        let thread = PinnedThread(name: "other")
        #expect(!thread.isCurrent)
    }

    @Test func descriptorWaiterServesJobsToo() async {
        let counter = Counter(DescriptorWaiter())
        for expected in 1...100 {
            #expect(await counter.increment().count == expected)
        }
    }

    @Test func threadsEndWithTheirActors() async {
        for _ in 0..<200 {
            let counter = Counter(ConditionWaiter())
            #expect(await counter.increment().count == 1)
        }
    }
}
