import CosmoletTesting
import Testing

@testable import NorthboundRPC

@Suite struct ReadTurnsTests {
    @Test func aPeerWaitsForItselfOnly() async throws {
        let turns = ReadTurns()
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
            // Another peer has its turn at once, while the first one's reads wait.
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
}
