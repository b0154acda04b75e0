internal import Announcements
internal import NetworkTypes
internal import Northbound

/// The edits that bring FRR from what it runs to what the plan wants, each with its cause.
struct PlannedDifference {
    /// In the order of `NetworkEdit.difference`.
    let edits: [NetworkEdit]
    /// Wanted VIPs that an operator announces by hand: the agent leaves them alone.
    let heldByOperator: [IPPrefix]
    /// What it comes from.
    let plan: AnnouncementPlan

    init(plan: AnnouncementPlan, running: Set<Network>) {
        let manual = Set(running.filter { $0.attributeClass == .manual }.map(\.prefix))
        let ours = running.filter { $0.attributeClass != .manual }
        let all = plan.announcements.map { Network(prefix: IPPrefix(host: $0), attributeClass: $1) }
        let wanted = Set(all.filter { !manual.contains($0.prefix) })
        edits = NetworkEdit.difference(from: ours, to: wanted)
        heldByOperator = all.map(\.prefix).filter(manual.contains).sorted()
        self.plan = plan
    }

    /// Why: one line for each Service that owns a changed VIP.
    func cause(of edits: [NetworkEdit]) -> [String] {
        let vips = Set(edits.map(\.prefix.address))
        let decisionsByVIP = Dictionary(
            grouping: plan.decisions.filter { $0.vip.map(vips.contains) == true }, by: \.vip)
        return edits.flatMap { edit in
            let decisions = decisionsByVIP[edit.prefix.address] ?? []
            guard !decisions.isEmpty else {
                return ["\(edit.prefix): no Service has this address with a kind that is on"]
            }
            let relevant: [Decision] =
                switch edit {
                case .set: decisions.filter(\.reason.announces)
                case .remove: decisions
                }
            return relevant.map { "\($0.service): \($0.text) \($0.reason.rawValue)" }
        }
    }
}
