public import Announcements
public import NetworkTypes
public import Northbound

/// Is told what the reconciler decides and what FRR makes of it, in order. A call must return at once.
public protocol ReconcileObserver: Sendable {
    /// A plan was made; `changes` are its differences from the one before, `running` is what FRR runs, without what is
    /// announced by hand.
    func planned(_ plan: AnnouncementPlan, _ changes: [PlanChange], running: Set<IPAddress>)
    /// FRR runs these edits now.
    func applied(_ edits: [NetworkEdit], of plan: AnnouncementPlan)
    /// FRR, or the northbound's policy, refuses this edit for good.
    func refused(_ edit: NetworkEdit, of plan: AnnouncementPlan, because reason: String)
}
