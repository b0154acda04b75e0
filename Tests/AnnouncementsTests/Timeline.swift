import Announcements
import NetworkTypes

/// A node with one or more Services, an FRR that takes each plan after one step, and a clock.
struct Timeline {
    var facts: AnnouncementFacts
    var history = PlanHistory()
    var running: [IPAddress: AttributeClass] = [:]
    var now = Duration.zero

    init(vips: Int = 1) {
        facts = AnnouncementFacts(node: NodeFacts(name: "here"), services: [], endpoints: [:])
        for index in 0..<vips {
            let id = ServiceID(namespace: "shop", name: "s\(index)")
            facts.services.append(
                ServiceFacts(id: id, addresses: [AddressFact(kind: .loadBalancer, text: "198.51.100.\(index + 1)")]))
        }
        for index in 0..<vips { setReady(true, index) }
    }

    mutating func setReady(_ isReady: Bool, _ index: Int = 0) {
        facts.endpoints[facts.services[index].id] =
            isReady ? [EndpointFact(address: IPAddress("10.0.0.1")!, nodeName: "here")] : []
    }

    /// Plans at a time in seconds, without committing.
    mutating func plan(at seconds: Double) -> AnnouncementPlan {
        now = .seconds(seconds)
        history.observe(running: running, at: now)
        return history.apply(AnnouncementPlan(facts), configuration: facts.configuration, at: now)
    }

    /// Plans, and commits what was planned.
    mutating func step(at seconds: Double) -> AnnouncementPlan {
        let plan = plan(at: seconds)
        running = plan.announcements
        history.observe(running: running, at: now)
        return plan
    }
}
