import CosmoletTesting
import Testing

@testable import NorthboundRPC

@Suite struct TurnsTests {
    @Test func aKeyWaitsForItselfOnly() async throws {
        let turns = Turns<[UInt8]>(atOnce: 1)
        let done = Observed<[Int]>([])
        await turns.take([1])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<3 {
                group.addTask {
                    await turns.take([1])
                    done.update { $0.append(number) }
                    turns.end([1])
                }
            }
            // Another key has its turn at once, while the first one's wait.
            await turns.take([2])
            turns.end([2])
            #expect(done.value.isEmpty)
            turns.end([1])
            try await group.waitForAll()
        }
        #expect(done.value.sorted() == [0, 1, 2])
        // Nothing is left behind: the turn is free again.
        await turns.take([1])
        turns.end([1])
    }

    @Test func soManyGoOnAtOnceAndNoMore() async throws {
        let turns = Turns<Int>(atOnce: 3)
        let running = Observed(0)
        let most = Observed(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await turns.take(0)
                    running.update { $0 += 1 }
                    let now = running.value
                    most.update { $0 = max($0, now) }
                    // All three places are taken before one of the first three ends.
                    _ = try await most.wait(for: "three at once") { $0 >= 3 }
                    running.update { $0 -= 1 }
                    turns.end(0)
                }
            }
            try await group.waitForAll()
        }
        #expect(most.value == 3)
        #expect(running.value == 0)
    }
}
