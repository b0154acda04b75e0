public import NetworkTypes

/// The operator's part of the rules.
public struct PlannerConfiguration: Sendable, Hashable {
    /// Which kinds of VIP are announced, unless a Service says otherwise.
    public var kinds: Set<VIPKind>
    /// LoadBalancer IPs must lie in one of these; nil allows all.
    public var allowedLoadBalancerPrefixes: [IPPrefix]?
    /// External IPs must lie in one of these; nil: in those for LoadBalancer IPs. Without either none is announced,
    /// since any user may write one (CVE-2020-8554).
    public var allowedExternalPrefixes: [IPPrefix]?
    /// Known classes and the order in which a conflict is settled: the lowest tag wins.
    public var tags: TagMap
    /// Announce with class `drain` when only terminating endpoints still serve.
    public var drainsOnTerminating: Bool
    /// Which values of `spec.loadBalancerClass`.
    public var loadBalancerClasses = LoadBalancerClasses.any
    /// Which namespaces and Services.
    public var selection = ServiceSelection()
    /// What happens when no endpoint counts under policy Cluster, unless a Service says otherwise.
    public var zeroEndpoints = ZeroEndpoints.withdraw
    /// Which signals of the node count.
    public var nodeSignals = NodeSignals()
    /// Drain a Service as soon as it has a `deletionTimestamp`.
    public var drainsOnServiceDeletion = false
    /// How long a VIP carries class `drain` before an ordered drain withdraws it.
    public var drainHold = Duration.seconds(10)
    /// When a VIP that comes and goes is held down; nil: never.
    public var holdDown: HoldDown?
    /// When many withdrawals at once are held; nil: never.
    public var fuse: WithdrawalFuse? = WithdrawalFuse()

    /// Makes a configuration; the defaults announce LoadBalancer IPs only.
    public init(
        kinds: Set<VIPKind> = [.loadBalancer], allowedLoadBalancerPrefixes: [IPPrefix]? = nil,
        allowedExternalPrefixes: [IPPrefix]? = nil, tags: TagMap = .standard, drainsOnTerminating: Bool = false
    ) {
        self.kinds = kinds
        self.allowedLoadBalancerPrefixes = allowedLoadBalancerPrefixes
        self.allowedExternalPrefixes = allowedExternalPrefixes
        self.tags = tags
        self.drainsOnTerminating = drainsOnTerminating
    }
}

/// Which signals of the node count, and for what.
public struct NodeSignals: Sendable, Hashable {
    /// The exclusion label takes LoadBalancer addresses away.
    public var honoursExclusionLabel = true
    /// Condition `NetworkUnavailable` takes everything away.
    public var honoursNetworkUnavailable = true
    /// Annotation `cosmolet.io/drain` drains.
    public var drainsOnAnnotation = true
    /// Condition `Ready` that is not `True` drains.
    public var drainsOnNotReady = false
    /// A cordon drains.
    public var drainsOnCordon = false
    /// These taints drain.
    public var drainingTaints: [TaintPattern] = []

    /// The defaults.
    public init() {}
}

/// When a VIP counts as flapping: so many changes between wanted and not wanted within a window. It then stays
/// withdrawn until it has not changed for `hold`.
public struct HoldDown: Sendable, Hashable {
    /// Number of changes, at least 2.
    public var changes: Int
    /// Within this time.
    public var window: Duration
    /// How long it must be quiet.
    public var hold: Duration

    /// Makes a limit.
    public init(changes: Int = 6, window: Duration = .seconds(60), hold: Duration = .seconds(30)) {
        self.changes = changes
        self.window = window
        self.hold = hold
    }
}

/// When withdrawals are held back as a likely mistake: more than `share` of what is announced, and more than `minimum`,
/// within `window`; or, however few, most of it because a complete list or new rules take it away. They go through once
/// they have been wanted for `hold`, or when an operator releases them.
public struct WithdrawalFuse: Sendable, Hashable {
    /// In per cent of the announced VIPs, 0…100.
    public var share: Int
    /// This many may always go, if single news asks for it.
    public var minimum: Int
    /// How long the wish must last.
    public var hold: Duration

    /// Over how long withdrawals are counted together.
    public static let window = Duration.seconds(60)

    /// Makes a fuse.
    public init(share: Int = 50, minimum: Int = 10, hold: Duration = .seconds(300)) {
        self.share = share
        self.minimum = minimum
        self.hold = hold
    }

    func trips(withdrawing count: Int, of announced: Int) -> Bool {
        count > minimum && count * 100 > announced * share
    }

    /// As above, of VIPs that a complete list or new rules take away: any number, if it is most or all.
    func trips(doubting count: Int, of announced: Int) -> Bool {
        count > 0 && (count >= announced || count * 100 > announced * share)
    }
}
