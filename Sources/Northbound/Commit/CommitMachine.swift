/// The order of a commit (design D4), without any I/O: lock both datastores, make the candidate equal running, edit,
/// commit, unlock, read back; and from every failure the way back to no lock and a clean candidate.
///
/// The owner performs the step that it is given and hands the result in; the machine answers with the next step, until
/// `finish`. It knows no dialect, no clock and no provider. A provider that needs no locks answers those steps at once.
///
/// ```
/// lock ─▶ clean ─▶ edit ─▶ commit ─▶ unlock ─▶ readBack ─▶ finish
///  │ refused │ other's     │ refused  │ refused             │ missing: again from lock, a few times
///  ▼         ▼ transaction ▼          ▼
/// wait ◀── unlock        discard ─▶ unlock ─▶ finish(rejected)
/// ```
public struct CommitMachine: Sendable {
    /// What the owner shall do next.
    public enum Step: Sendable, Hashable {
        /// Take both locks, candidate first. `refused` when somebody else has one; then none is held.
        case lock
        /// Wait without any lock, for a jittered time that grows with the attempt (from 1). `refused` when the time for
        /// waiting is over.
        case wait(attempt: Int)
        /// Make the candidate equal running. `refused` when somebody else's transaction is open.
        case clean
        /// Put all edits into the candidate. `nothing` when running has them all already.
        case edit
        /// Commit. From here on only an answer tells what became of it.
        case commit
        /// Throw away what the candidate holds of ours.
        case discard
        /// Release both locks.
        case unlock
        /// Compare running with what was meant to change. `missing` names what is not there.
        case readBack
        /// The transaction is over.
        case finish(Finish)
    }

    /// What came of a step.
    public enum StepResult: Sendable {
        /// Done.
        case done
        /// `edit` only: running has it all, there is nothing to commit.
        case nothing
        /// FRR or somebody's lock refused; the connection is fine.
        case refused(ManagementError)
        /// `readBack` only: running lacks these.
        case missing([String])
        /// The connection cannot be used any more.
        case lost(ManagementError)
    }

    /// How it ended.
    public enum Finish: Sendable, Hashable {
        /// Running shows all of it.
        case applied
        /// Running shows none of it; candidate clean, no lock held.
        case rejected(ManagementErrorSummary)
        /// Nothing was changed, but the connection is gone.
        case lost(ManagementErrorSummary)
        /// FRR may have some or all of it; only reading running can tell, on a new connection if this one is gone.
        case unknown(ManagementErrorSummary)
    }

    /// How often a transaction that FRR reports as done, but running does not show, is run.
    public static let maximumRuns = 3

    private var step: Step = .lock
    private var waits = 0
    private var runs = 1
    private var isCommitSent = false
    /// Why the transaction is being taken back.
    private var refusal: ManagementError?

    /// Makes a machine at its start.
    public init() {}

    /// The first step.
    public var first: Step { step }

    /// True from the moment COMMIT may have reached FRR until its answer said what became of it.
    public var isInDoubt: Bool { isCommitSent }

    /// Takes the result of the step that was last given out and returns the next one.
    ///
    /// - Precondition: the machine has not finished.
    public mutating func handle(_ result: StepResult) -> Step {
        step = next(after: result)
        return step
    }

    private mutating func next(after result: StepResult) -> Step {
        if case .lost(let error) = result { return .finish(lost(error)) }
        switch step {
        case .lock:
            guard case .refused(let error) = result else { return .clean }
            return waitOrGiveUp(error)
        case .wait:
            if case .refused(let error) = result { return .finish(refused(error)) }
            return .lock
        case .clean:
            if case .refused(let error) = result {
                refusal = error
                return .unlock
            }
            return .edit
        case .edit:
            switch result {
            case .nothing: return .unlock
            case .refused(let error):
                refusal = error
                return .discard
            default:
                isCommitSent = true
                return .commit
            }
        case .commit:
            if case .refused(let error) = result {
                // FRR validates before it applies: running is as it was, the candidate still has our edits.
                isCommitSent = false
                refusal = error
                return .discard
            }
            return .unlock
        case .discard:
            // An abort that is refused leaves a candidate nobody may commit: the connection must go.
            if case .refused(let error) = result { return .finish(lost(error)) }
            return .unlock
        case .unlock: return afterUnlock(result)
        case .readBack: return afterReadBack(result)
        case .finish: preconditionFailure("the commit has finished")
        }
    }

    private mutating func waitOrGiveUp(_ error: ManagementError) -> Step {
        guard error.isRetryable else { return .finish(refused(error)) }
        waits += 1
        return .wait(attempt: waits)
    }

    private mutating func afterUnlock(_ result: StepResult) -> Step {
        if case .refused(let error) = result { return .finish(lost(error)) }
        guard let refusal else { return .readBack }
        self.refusal = nil
        // Somebody else's open transaction ends by itself; everything else was our own doing.
        if refusal.code == .locked { return waitOrGiveUp(refusal) }
        return .finish(refused(refusal))
    }

    private mutating func afterReadBack(_ result: StepResult) -> Step {
        switch result {
        case .missing(let missing) where runs < Self.maximumRuns && !missing.isEmpty:
            // The shared candidate was wiped under us: FRR committed nothing, or only a part. Run again.
            runs += 1
            isCommitSent = false
            return .lock
        case .missing(let missing) where !missing.isEmpty:
            let names = missing.prefix(4).joined(separator: ", ")
            let error = ManagementError(
                .protocolViolation, "FRR reported the commit as done, but running lacks \(names)")
            return .finish(.unknown(ManagementErrorSummary(error)))
        case .refused(let error):
            return .finish(lost(error))
        default:
            return .finish(.applied)
        }
    }

    /// True when FRR may have part of the transaction: COMMIT is out, or an earlier run was only half there.
    private var mayBeThere: Bool { isCommitSent || runs > 1 }

    private func lost(_ error: ManagementError) -> Finish {
        let summary = ManagementErrorSummary(error)
        return mayBeThere ? .unknown(summary) : .lost(summary)
    }

    private func refused(_ error: ManagementError) -> Finish {
        let summary = ManagementErrorSummary(error)
        return mayBeThere ? .unknown(summary) : .rejected(summary)
    }
}
