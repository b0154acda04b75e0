import Northbound
import Testing

@Suite struct CommitMachineTests {
    private typealias Machine = CommitMachine

    private static let locked = ManagementError(.locked, "locked by session 7")
    private static let refusedEdit = ManagementError(.rejected, "FRR refuses")
    private static let gone = ManagementError(.disconnected, "EOF")

    /// Runs a script of results and returns the steps that the machine asked for, the first included.
    private func steps(_ results: [Machine.StepResult]) -> [Machine.Step] {
        var machine = CommitMachine()
        return [machine.first] + results.map { machine.handle($0) }
    }

    private func summary(_ error: ManagementError) -> ManagementErrorSummary { ManagementErrorSummary(error) }

    @Test func straightWay() {
        #expect(
            steps([.done, .done, .done, .done, .done, .done])
                == [.lock, .clean, .edit, .commit, .unlock, .readBack, .finish(.applied)])
    }

    @Test func nothingToChangeNeedsNoCommit() {
        #expect(
            steps([.done, .done, .nothing, .done, .done])
                == [.lock, .clean, .edit, .unlock, .readBack, .finish(.applied)])
    }

    @Test func waitsForTheLockWithoutHoldingAnyAndGivesUpClearly() {
        #expect(
            steps([.refused(Self.locked), .done, .refused(Self.locked), .refused(Self.locked)])
                == [.lock, .wait(attempt: 1), .lock, .wait(attempt: 2), .finish(.rejected(summary(Self.locked)))])
    }

    @Test func anotherOnesTransactionIsLeftAloneAndWaitedFor() {
        #expect(
            steps([.done, .refused(Self.locked), .done, .done, .done])
                == [.lock, .clean, .unlock, .wait(attempt: 1), .lock, .clean])
    }

    @Test func refusedEditIsDiscardedAndUnlocked() {
        #expect(
            steps([.done, .done, .refused(Self.refusedEdit), .done, .done])
                == [.lock, .clean, .edit, .discard, .unlock, .finish(.rejected(summary(Self.refusedEdit)))])
    }

    @Test func refusedCommitIsDiscardedAndUnlocked() {
        #expect(
            steps([.done, .done, .done, .refused(Self.refusedEdit), .done, .done])
                == [.lock, .clean, .edit, .commit, .discard, .unlock, .finish(.rejected(summary(Self.refusedEdit)))])
    }

    @Test func discardThatIsRefusedCostsTheConnection() {
        #expect(
            steps([.done, .done, .refused(Self.refusedEdit), .refused(Self.gone)]).last
                == .finish(.lost(summary(Self.gone))))
    }

    @Test func wipedCandidateIsRunAgainAFewTimes() {
        let once: [Machine.StepResult] = [.done, .done, .done, .done, .done, .missing(["198.51.100.1/32"])]
        #expect(steps(once).last == .lock)
        let thrice = steps(once + once + once)
        guard case .finish(.unknown(let why)) = thrice.last else {
            Issue.record("ended with \(String(describing: thrice.last))")
            return
        }
        #expect(why.message.contains("198.51.100.1/32"))
        #expect(thrice.filter { $0 == .commit }.count == Machine.maximumRuns)
    }

    /// The connection is cut at every step: before COMMIT nothing was changed, after it only reading can tell.
    @Test func lossAtEachStepHasItsOutcome() {
        let way: [Machine.Step] = [.lock, .clean, .edit, .commit, .unlock, .readBack]
        for (index, step) in way.enumerated() {
            let results = Array(repeating: Machine.StepResult.done, count: index) + [.lost(Self.gone)]
            let expected: Machine.Finish = index < 3 ? .lost(summary(Self.gone)) : .unknown(summary(Self.gone))
            #expect(steps(results).last == .finish(expected), "lost in \(step)")
        }
    }

    @Test func lossWhileDiscardingARefusedCommitIsNotInDoubt() {
        #expect(
            steps([.done, .done, .done, .refused(Self.refusedEdit), .lost(Self.gone)]).last
                == .finish(.lost(summary(Self.gone))))
    }

    /// The first run may have been done in part, so nobody may be told that none of it is there.
    @Test func aRefusalBehindAHalfLostRunIsInDoubt() {
        let halfLost: [CommitMachine.StepResult] = [.done, .done, .done, .done, .done, .missing(["x"])]
        #expect(steps(halfLost + [.refused(Self.refusedEdit)]).last == .finish(.unknown(summary(Self.refusedEdit))))
        #expect(steps(halfLost + [.lost(Self.gone)]).last == .finish(.unknown(summary(Self.gone))))
        #expect(
            steps(halfLost + [.done, .done, .refused(Self.refusedEdit), .done, .done]).last
                == .finish(.unknown(summary(Self.refusedEdit))))
    }

    /// Random results at every step: the machine ends, asks for each lock to be released, and never commits without a
    /// clean candidate of its own.
    @Test func everyWayEndsUnlocked() {
        var random = Seeded(state: 3)
        for _ in 0..<20_000 {
            var machine = CommitMachine()
            var step = machine.first
            var isLocked = false
            var isClean = false
            var isDirty = false
            for count in 0... {
                if case .finish(let finish) = step {
                    if case .lost = finish { break }
                    if case .unknown = finish { break }
                    #expect(!isLocked && !isDirty, "\(finish)")
                    break
                }
                #expect(count < 200)
                let result = random.result(for: step, count: count)
                switch (step, result) {
                case (.lock, .done): isLocked = true
                case (.clean, .done): (isClean, isDirty) = (true, false)
                case (.edit, .done), (.edit, .refused): isDirty = true
                case (.commit, _):
                    #expect(isLocked && isClean)
                    if case .done = result { isDirty = false }
                    isClean = false
                case (.discard, .done): isDirty = false
                case (.unlock, .done): isLocked = false
                default: break
                }
                step = machine.handle(result)
            }
        }
    }
}

/// A linear congruential generator: the same scripts on every run.
private struct Seeded {
    var state: UInt64

    mutating func next(_ bound: UInt64) -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) % bound
    }

    /// Mostly good news, sometimes any other that the step may have; in the end only good news.
    mutating func result(for step: CommitMachine.Step, count: Int) -> CommitMachine.StepResult {
        guard count < 100, next(4) == 0 else { return .done }
        switch next(4) {
        case 0: return .lost(ManagementError(.disconnected, "EOF"))
        case 1 where step == .readBack: return .missing(["x"])
        case 2 where step == .edit: return .nothing
        default: break
        }
        switch step {
        case .lock, .wait, .clean: return .refused(ManagementError(.locked, "locked"))
        case .edit, .commit: return .refused(ManagementError(.rejected, "no"))
        default: return .done
        }
    }
}
