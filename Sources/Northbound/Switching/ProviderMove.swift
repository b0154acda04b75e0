/// One step of moving the announcements from one provider to another, as it is logged and journalled.
public struct ProviderMove: Sendable, Hashable {
    /// What happened.
    public enum Step: String, Sendable, Hashable, CaseIterable {
        /// The new provider has taken what it did not announce yet. Both announce it now.
        case announced
        /// Read back: the new provider has installed all of it.
        case verified
        /// What is not wanted any more was removed from `from`, which had it still.
        case withdrawn
        /// The old provider announces nothing of ours any more: the move is over.
        case removed
        /// The new provider refuses. The old one is used on.
        case stayed
        /// The old provider cannot be asked; what it may still announce is removed when it can.
        case unreachable
        /// The old provider does not let go of what it announces; tried again later.
        case leftover
    }

    /// What happened.
    public var step: Step
    /// The old provider.
    public var from: String
    /// The new provider.
    public var to: String
    /// Networks that the step is about.
    public var count: Int
    /// What went wrong; nil when nothing did.
    public var error: String?

    /// Makes a step.
    public init(_ step: Step, from: String, to: String, count: Int = 0, error: String? = nil) {
        self.step = step
        self.from = from
        self.to = to
        self.count = count
        self.error = error
    }
}

extension ProviderMove: CustomStringConvertible {
    /// In words, for the journal and for logs.
    public var description: String {
        switch step {
        case .announced: "\(to) announces \(count) networks that \(from) announces too"
        case .verified: "read back: \(to) has installed all \(count) networks of \(from)"
        case .withdrawn: "\(count) networks that are not wanted any more were removed from \(from) as well"
        case .removed: "\(count) networks removed from \(from); \(to) is in use"
        case .stayed: "\(to) refuses \(count) networks; \(from) is used on"
        case .unreachable: "\(from) cannot be asked; what it may still announce stays until it can"
        case .leftover: "\(from) keeps \(count) networks, which \(to) announces too; tried again later"
        }
    }
}

/// One of two ways to the same FRR.
public struct SwitchableProvider: Sendable {
    /// `mgmtd` or `bgpd`.
    public var name: String
    /// The way itself.
    public var session: any ManagementSession
    /// How long BGP may need to follow what this provider says is installed, where the other one cannot tell whether it has.
    /// Nothing is removed from the other one before.
    public var settleTime: Duration
    /// True when what it announces ends with the process that answers for it: then nothing is left while nobody listens
    /// there. One that is `unresponsive` may announce on.
    public var endsWithItsProcess: Bool

    /// Makes a provider.
    public init(
        name: String, session: any ManagementSession, settleTime: Duration = .zero, endsWithItsProcess: Bool = false
    ) {
        self.name = name
        self.session = session
        self.settleTime = settleTime
        self.endsWithItsProcess = endsWithItsProcess
    }
}

/// When a `SwitchingSession` does what.
public struct SwitchingTimes: Sendable {
    /// How long the preferred provider is waited for when it was in use and has gone: a bgpd that is restarted comes back.
    public var patience: Duration
    /// How long it is waited for while it is there and does not answer.
    public var busyPatience: Duration
    /// How often it is looked for the preferred provider, and tried to remove leftovers from the other one.
    public var retry: Duration
    /// How long the other one is used at most, after many moves, before it is looked for the preferred one again.
    public var longestStay: Duration
    /// How long to leave the preferred provider alone after it has refused what the other one announces.
    public var refusalRetry: Duration
    /// How long the new provider may take until what it was told is installed.
    public var installation: Duration

    /// Makes times.
    public init(
        patience: Duration = .seconds(10), busyPatience: Duration = .seconds(300), retry: Duration = .seconds(10),
        longestStay: Duration = .seconds(600), refusalRetry: Duration = .seconds(300),
        installation: Duration = .seconds(15)
    ) {
        self.patience = patience
        self.busyPatience = busyPatience
        self.retry = retry
        self.longestStay = longestStay
        self.refusalRetry = refusalRetry
        self.installation = installation
    }
}
