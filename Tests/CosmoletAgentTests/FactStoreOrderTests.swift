import Announcements
import NetworkTypes
import Testing

@testable import CosmoletAgent

/// A watch delivers the list of its kind first and then the changes of each object in order; how the watches
/// interleave, and how changes of different objects do, is chance. The plan must not depend on it.
@Suite struct FactStoreOrderTests {
    private static let names = (0..<9).map { "s\($0)" }

    /// What happens to one kind of resource: its list, then for each object its changes in order.
    private struct Story {
        var list: FactChange
        var changes: [[FactChange]]
    }

    private func id(_ name: String, _ random: inout Seeded) -> ServiceID {
        ServiceID(namespace: ["shop", "lab"].randomElement(using: &random)!, name: name)
    }

    private func service(_ id: ServiceID, _ random: inout Seeded) -> ServiceFacts {
        let texts = ["198.51.100.1", "198.51.100.2", "198.51.100.3", "2001:db8::1"]
        return ServiceFacts(
            id: id,
            addresses: (0...1).map { _ in AddressFact(kind: .loadBalancer, text: texts.randomElement(using: &random)!)
            },
            externalTrafficPolicy: Bool.random(using: &random) ? .cluster : .local,
            annotations: ServiceAnnotations(
                className: [nil, "drain", "none"].randomElement(using: &random)!,
                drains: UInt8.random(in: 0..<8, using: &random) == 0))
    }

    private func slice(_ name: String, _ random: inout Seeded) -> SliceFacts {
        let owner = id(Self.names.randomElement(using: &random)!, &random)
        return SliceFacts(
            id: SliceID(namespace: owner.namespace, name: name),
            service: UInt8.random(in: 0..<10, using: &random) == 0 ? nil : owner,
            endpoints: ["10.0.0.1", "10.0.0.2", "fd00::1"].map {
                EndpointFact(
                    address: IPAddress($0)!, isReady: Bool.random(using: &random),
                    isServing: Bool.random(using: &random), isTerminating: Bool.random(using: &random),
                    nodeName: ["here", "there", nil].randomElement(using: &random)!)
            })
    }

    private func node(_ random: inout Seeded) -> NodeFacts {
        NodeFacts(
            name: "here", exclusionLabel: UInt8.random(in: 0..<6, using: &random) == 0 ? "" : nil,
            isUnschedulable: Bool.random(using: &random))
    }

    private func stories(_ random: inout Seeded) -> [Story] {
        var services = Story(list: .replacedServices([]), changes: [])
        var slices = Story(list: .replacedSlices([]), changes: [])
        var listedServices: [ServiceFacts] = []
        var listedSlices: [SliceFacts] = []
        for name in Self.names {
            let id = id(name, &random)
            if Bool.random(using: &random) { listedServices.append(service(id, &random)) }
            var changes: [FactChange] = []
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                switch UInt8.random(in: 0..<6, using: &random) {
                case 0: changes.append(.deletedService(id))
                default: changes.append(.service(service(id, &random)))
                }
            }
            services.changes.append(changes)
        }
        for index in 0..<12 {
            var current = slice("slice-\(index)", &random)
            if Bool.random(using: &random) { listedSlices.append(current) }
            var changes: [FactChange] = []
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                if UInt8.random(in: 0..<5, using: &random) == 0 {
                    changes.append(.deletedSlice(current.id))
                } else {
                    var next = slice("slice-\(index)", &random)
                    next.id = current.id
                    current = next
                    changes.append(.slice(next))
                }
            }
            slices.changes.append(changes)
        }
        services.list = .replacedServices(listedServices)
        slices.list = .replacedSlices(listedSlices)
        let nodes = Story(
            list: .node(node(&random)), changes: [(0..<3).map { _ in FactChange.node(node(&random)) }])
        let namespaces = Story(
            list: .replacedNamespaces([NamespaceFacts(name: "shop", labels: ["env": "prod"])]),
            changes: [
                [
                    .namespace(NamespaceFacts(name: "lab", labels: ["env": "prod"])),
                    .namespace(NamespaceFacts(name: "lab", labels: ["env": "test"])),
                ].filter { _ in Bool.random(using: &random) },
                Bool.random(using: &random) ? [.deletedNamespace("shop")] : [],
            ])
        return [services, slices, nodes, namespaces]
    }

    /// One of the orders in which it may all arrive.
    private func arrival(_ stories: [Story], _ random: inout Seeded) -> [FactChange] {
        var result: [FactChange] = []
        var lists = stories.indices.shuffled(using: &random)
        var queues: [[FactChange]] = []
        while !lists.isEmpty || !queues.isEmpty {
            if !lists.isEmpty, queues.isEmpty || UInt8.random(in: 0..<8, using: &random) == 0 {
                let story = stories[lists.removeLast()]
                result.append(story.list)
                queues += story.changes.filter { !$0.isEmpty }
                continue
            }
            let index = queues.indices.randomElement(using: &random)!
            result.append(queues[index].removeFirst())
            if queues[index].isEmpty { queues.remove(at: index) }
        }
        return result
    }

    private func configuration() throws -> PlannerConfiguration {
        var configuration = PlannerConfiguration()
        configuration.zeroEndpoints = .drain
        configuration.nodeSignals.drainsOnCordon = true
        configuration.selection.namespaceLabels.include = [try LabelSelector("env=prod")]
        return configuration
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func anyOrderOfTheSameEventsGivesTheSamePlan(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let stories = stories(&random)
        var expected: AnnouncementPlan?
        for _ in 0..<30 {
            var store = FactStore(configuration: try configuration())
            let plansOften = Bool.random(using: &random)
            for change in arrival(stories, &random) {
                _ = store.apply(change)
                // Other rules for a moment, and back.
                if UInt8.random(in: 0..<6, using: &random) == 0 {
                    var other = try configuration()
                    other.zeroEndpoints = Bool.random(using: &random) ? .keep : .withdraw
                    other.allowedLoadBalancerPrefixes = [try IPPrefix("198.51.100.2/31")]
                    store.reconfigure(other)
                    if plansOften {
                        let plan = store.plan()
                        try #require(plan == store.allFacts.map { AnnouncementPlan($0) })
                    }
                    store.reconfigure(try configuration())
                }
                // To have planned in between makes no difference either, and gives what all facts at once give.
                if plansOften {
                    let plan = store.plan()
                    try #require(plan == store.allFacts.map { AnnouncementPlan($0) })
                }
            }
            let last = store.plan()
            let plan = try #require(last)
            expected = expected ?? plan
            try #require(plan == expected)
        }
    }
}

/// A linear congruential generator: the same news on every run.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 33)
    }
}
