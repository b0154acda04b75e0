/// The decisions on one Service that differ between two plans. Either side may be empty.
public struct PlanChange: Sendable, Hashable {
    /// The Service.
    public let service: ServiceID
    /// In the plan before.
    public let before: ArraySlice<Decision>
    /// In the plan after.
    public let after: ArraySlice<Decision>

    /// The differences between the decisions of two plans, by Service.
    ///
    /// Both are in a plan's order, so this is one walk; what has not changed is mostly the same memory, and cheap to
    /// compare.
    public static func all(from old: [Decision], to new: [Decision]) -> [PlanChange] {
        var result: [PlanChange] = []
        var oldStart = 0
        var newStart = 0
        while oldStart < old.count || newStart < new.count {
            let service = first(old, oldStart, new, newStart)
            let oldEnd = end(of: service, in: old, from: oldStart)
            let newEnd = end(of: service, in: new, from: newStart)
            let before = old[oldStart..<oldEnd]
            let after = new[newStart..<newEnd]
            if before != after { result.append(PlanChange(service: service, before: before, after: after)) }
            oldStart = oldEnd
            newStart = newEnd
        }
        return result
    }

    /// Which Service comes next.
    private static func first(_ old: [Decision], _ oldStart: Int, _ new: [Decision], _ newStart: Int) -> ServiceID {
        guard oldStart < old.count else { return new[newStart].service }
        guard newStart < new.count else { return old[oldStart].service }
        let (a, b) = (old[oldStart].service, new[newStart].service)
        return a == b ? a : min(a, b)
    }

    private static func end(of service: ServiceID, in decisions: [Decision], from start: Int) -> Int {
        var end = start
        while end < decisions.count, decisions[end].service == service { end += 1 }
        return end
    }
}
