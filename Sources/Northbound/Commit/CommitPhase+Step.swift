extension CommitMachine.Step {
    /// The phase under which the time of this step is counted; nil for the end.
    public var phase: CommitPhase? {
        switch self {
        case .lock, .wait: .lock
        case .clean: .clean
        case .edit: .edit
        case .commit: .commit
        case .discard, .unlock: .unlock
        case .readBack: .readBack
        case .finish: nil
        }
    }
}
