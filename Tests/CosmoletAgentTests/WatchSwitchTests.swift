import CosmoletTesting
import Testing

@testable import CosmoletAgent

@Suite(.timeLimit(.minutes(1))) struct WatchSwitchTests {
    /// How often the body began, and how often it ended.
    private struct Counts: Sendable, Equatable {
        var begun = 0
        var ended = 0
    }

    private func with(
        isOn: Bool, _ body: (WatchSwitch, Observed<Counts>) async throws -> Void
    ) async throws {
        let watch = WatchSwitch(isOn: isOn)
        let counts = Observed(Counts())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await watch.run {
                    counts.update { $0.begun += 1 }
                    // Until it is cancelled.
                    let (never, continuation) = AsyncStream<Void>.makeStream()
                    for await _ in never {}
                    continuation.finish()
                    counts.update { $0.ended += 1 }
                }
            }
            try await body(watch, counts)
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(counts.value.begun == counts.value.ended)
    }

    @Test func runsWhileItIsOnAndNothingRunsAfterTurningOff() async throws {
        try await with(isOn: false) { watch, counts in
            await watch.turnOff()
            for round in 1...3 {
                watch.turnOn()
                _ = try await counts.wait(for: "the beginning") { $0.begun == round }
                watch.turnOn()
                await watch.turnOff()
                #expect(counts.value == Counts(begun: round, ended: round))
            }
        }
    }

    @Test func offAndOnAgainIsAnotherRun() async throws {
        try await with(isOn: true) { watch, counts in
            _ = try await counts.wait(for: "the beginning") { $0.begun == 1 }
            async let off: Void = watch.turnOff()
            watch.turnOn()
            await off
            watch.turnOn()
            _ = try await counts.wait(for: "the second one") { $0.begun >= 2 }
        }
    }
}
