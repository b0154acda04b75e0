import Announcements
import Kubernetes
import NetworkTypes
import Testing

@testable import CosmoletAgent

@Suite struct FactStoreTests {
    private func id(_ name: String) -> ServiceID { ServiceID(namespace: "shop", name: name) }

    private func service(_ name: String, _ vip: String) -> ServiceFacts {
        ServiceFacts(id: id(name), addresses: [AddressFact(kind: .loadBalancer, text: vip)])
    }

    private func slice(_ name: String, of service: String?, ready: Bool = true) -> SliceFacts {
        SliceFacts(
            id: id(name), service: service.map(id),
            endpoints: [EndpointFact(address: IPAddress("10.0.0.1")!, isReady: ready)])
    }

    private func planned(_ store: FactStore) -> AnnouncementPlan? {
        var copy = store
        return copy.plan()
    }

    private func listed() -> FactStore {
        var store = FactStore(configuration: PlannerConfiguration())
        _ = store.apply(.replacedServices([service("web", "198.51.100.1")]))
        _ = store.apply(.replacedSlices([slice("web-1", of: "web")]))
        _ = store.apply(.node(NodeFacts(name: "here")))
        return store
    }

    @Test func noPlanBeforeAllIsListed() {
        var store = FactStore(configuration: PlannerConfiguration())
        #expect(store.missing == [.services, .endpointSlices, .node])
        _ = store.apply(.replacedServices([service("web", "198.51.100.1")]))
        _ = store.apply(.node(NodeFacts(name: "here")))
        #expect(planned(store) == nil)
        #expect(store.missing == [.endpointSlices])
        _ = store.apply(.replacedSlices([]))
        #expect(planned(store)?.decisions.map(\.reason) == [.noEndpoints])
    }

    @Test func unchangedNewsChangeNothing() {
        var store = listed()
        _ = store.plan()
        let news: [FactChange] = [
            .service(service("web", "198.51.100.1")), .slice(slice("web-1", of: "web")),
            .node(NodeFacts(name: "here")), .deletedService(id("other")), .deletedSlice(id("other")),
            .replacedServices([service("web", "198.51.100.1")]), .replacedSlices([slice("web-1", of: "web")]),
        ]
        for change in news {
            let isNews = store.apply(change)
            #expect(!isNews, "\(change)")
        }
    }

    @Test func sliceMovesFromOneServiceToAnother() {
        var store = listed()
        _ = store.apply(.service(service("api", "198.51.100.2")))
        _ = store.apply(.slice(slice("web-1", of: "api")))
        #expect(planned(store)?.announcements.keys.map(\.description) == ["198.51.100.2"])
        _ = store.apply(.slice(slice("web-1", of: nil)))
        #expect(planned(store)?.announcements.isEmpty == true)
    }

    @Test func endpointsMayComeBeforeTheirService() {
        var store = listed()
        _ = store.apply(.slice(slice("late-1", of: "late")))
        _ = store.apply(.service(service("late", "198.51.100.9")))
        #expect(planned(store)?.announcements.count == 2)
    }

    @Test func changedAddressIsAddedAndRemovedInOnePlan() {
        var store = listed()
        #expect(planned(store)?.announcements.keys.map(\.description) == ["198.51.100.1"])
        _ = store.apply(.service(service("web", "198.51.100.7")))
        #expect(planned(store)?.announcements.keys.map(\.description) == ["198.51.100.7"])
    }

    @Test func endpointsOfSeveralSlicesAreReadTogether() {
        var store = listed()
        _ = store.apply(.slice(slice("web-1", of: "web", ready: false)))
        #expect(planned(store)?.decisions.map(\.reason) == [.noReadyEndpoints])
        _ = store.apply(.slice(slice("web-2", of: "web")))
        #expect(planned(store)?.decisions.map(\.reason) == [.endpointInCluster])
        _ = store.apply(.deletedSlice(id("web-2")))
        _ = store.apply(.deletedSlice(id("web-1")))
        #expect(planned(store)?.decisions.map(\.reason) == [.noEndpoints])
    }

    @Test func nodeThatIsGoneFreezes() {
        var store = listed()
        #expect(store.freeze == nil)
        _ = store.apply(.node(nil))
        #expect(store.freeze == .nodeGone && planned(store) == nil && store.explain(id("web")) == nil)
        _ = store.apply(.node(NodeFacts(name: "here")))
        #expect(planned(store)?.announcements.count == 1)
        #expect(FactStore(configuration: PlannerConfiguration()).freeze?.explanation.contains("endpointSlices") == true)
    }

    @Test func namespacesAreWaitedForOnlyWhenTheirLabelsSelect() throws {
        var configuration = PlannerConfiguration()
        configuration.selection.namespaceLabels.include = [try LabelSelector("env=prod")]
        var store = FactStore(configuration: configuration)
        _ = store.apply(.replacedServices([service("web", "198.51.100.1")]))
        _ = store.apply(.replacedSlices([slice("web-1", of: "web")]))
        _ = store.apply(.node(NodeFacts(name: "here")))
        #expect(store.missing == [.namespaces])
        _ = store.apply(.replacedNamespaces([NamespaceFacts(name: "shop", labels: ["env": "prod"])]))
        #expect(planned(store)?.announcements.count == 1)
        _ = store.apply(.namespace(NamespaceFacts(name: "shop", labels: [:])))
        #expect(planned(store)?.decisions.map(\.reason) == [.namespaceNotIncluded])
        _ = store.apply(.namespace(NamespaceFacts(name: "shop", labels: ["env": "prod"])))
        _ = store.apply(.replacedNamespaces([], unreadable: ["shop"]))
        #expect(planned(store)?.announcements.count == 1)
        _ = store.apply(.deletedNamespace("shop"))
        #expect(planned(store)?.announcements.isEmpty == true)
    }

    @Test func serviceWaitsForItsNamespace() throws {
        var configuration = PlannerConfiguration()
        configuration.selection.namespaceLabels.exclude = [try LabelSelector("env=test")]
        var store = FactStore(configuration: configuration)
        _ = store.apply(.replacedServices([service("web", "198.51.100.1")]))
        _ = store.apply(.replacedSlices([slice("web-1", of: "web")]))
        _ = store.apply(.replacedNamespaces([]))
        _ = store.apply(.node(NodeFacts(name: "here")))
        #expect(planned(store)?.decisions.map(\.reason) == [.namespaceUnknown])
        let isNews = store.apply(.namespace(NamespaceFacts(name: "shop", labels: [:])))
        #expect(isNews)
        #expect(planned(store)?.announcements.count == 1)
        // A list that has lost it is doubted, as other lists are.
        let running = [IPAddress("198.51.100.1")!: AttributeClass.default]
        _ = store.plan(running: running, at: .zero)
        _ = store.apply(.replacedNamespaces([]))
        let plan = store.plan(running: running, at: .zero)
        #expect(plan?.heldByFuse == Array(running.keys))
    }

    @Test func whatBecameUnreadableAndThenWentWhileNobodyWatchedIsGone() throws {
        var store = listed()
        let name = ObjectName(namespace: "shop", name: "web")
        #expect(ResourceMapping.change(ResourceChange<Service>.invalid(name, reason: "bad")) == nil)
        #expect(planned(store)?.announcements.count == 1)
        _ = store.apply(try #require(ResourceMapping.change(ResourceChange<Service>.replaced([]))))
        #expect(planned(store)?.announcements.isEmpty == true)
    }

    @Test(arguments: [("shop", "web"), ("shop", ""), ("", "")])
    func unreadableObjectOfAListKeepsWhateverItMayBe(_ namespace: String, _ name: String) throws {
        var store = listed()
        let unreadable = InvalidObject(name: ObjectName(namespace: namespace, name: name), reason: "bad")
        _ = store.apply(
            try #require(ResourceMapping.change(ResourceChange<Service>.replaced([], unreadable: [unreadable]))))
        _ = store.apply(
            try #require(ResourceMapping.change(ResourceChange<EndpointSlice>.replaced([], unreadable: []))))
        #expect(planned(store)?.decisions.map(\.reason) == [.noEndpoints])
        var other = listed()
        let stranger = InvalidObject(name: ObjectName(namespace: "elsewhere", name: ""), reason: "bad")
        _ = other.apply(
            try #require(ResourceMapping.change(ResourceChange<Service>.replaced([], unreadable: [stranger]))))
        #expect(planned(other)?.decisions.isEmpty == true)
    }

    @Test func unreadableOwnNodeIsNoNews() {
        let unreadable = InvalidObject(name: ObjectName(name: "here"), reason: "bad")
        #expect(ResourceMapping.change(ResourceChange<Node>.replaced([], unreadable: [unreadable])) == nil)
        #expect(ResourceMapping.change(ResourceChange<Node>.replaced([])) != nil)
    }

    @Test func explainingShowsKindsThatAreOff() {
        var store = listed()
        var web = service("web", "198.51.100.1")
        web.addresses.append(AddressFact(kind: .clusterIP, text: "10.96.0.1"))
        _ = store.apply(.service(web))
        #expect(store.explain(id("web"))?.map(\.reason) == [.endpointInCluster, .kindOff])
        #expect(store.explain(id("none")) == nil)
    }

    @Test func planWithTimeDrainsInOrder() throws {
        let vip = IPAddress("198.51.100.1")!
        var store = listed()
        let news: [(running: [IPAddress: AttributeClass], second: Int, wanted: [IPAddress: AttributeClass])] = [
            ([:], 0, [vip: .default]), ([vip: .default], 1, [vip: .drain]), ([vip: .drain], 2, [vip: .drain]),
            ([vip: .drain], 11, [vip: .drain]), ([vip: .drain], 12, [:]), ([:], 13, [:]),
        ]
        for (running, second, wanted) in news {
            if second == 1 {
                _ = store.apply(.node(NodeFacts(name: "here", annotations: NodeAnnotations(drains: true))))
            }
            let plan = store.plan(running: running, at: .seconds(second))
            #expect(plan?.announcements == wanted, "second \(second)")
            #expect(plan?.nextChange == (second == 2 || second == 11 ? .seconds(12) : nil))
        }
    }

    /// Random news, and after each the plan equals the one that is made from scratch.
    @Test func incrementalPlanEqualsTheOneFromScratch() {
        var random = Seeded(state: 42)
        var store = listed()
        var services: [String: ServiceFacts] = ["web": service("web", "198.51.100.1")]
        var slices: [String: SliceFacts] = ["web-1": slice("web-1", of: "web")]
        for step in 0..<2000 {
            let name = "s\(UInt8.random(in: 0..<12, using: &random))"
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                services[name] = service(name, "198.51.100.\(UInt8.random(in: 0..<9, using: &random))")
                _ = store.apply(.service(services[name]!))
            case 1:
                services[name] = nil
                _ = store.apply(.deletedService(id(name)))
            case 2:
                slices[name] = slice(
                    name, of: "s\(UInt8.random(in: 0..<12, using: &random))", ready: Bool.random(using: &random))
                _ = store.apply(.slice(slices[name]!))
            case 3:
                slices[name] = nil
                _ = store.apply(.deletedSlice(id(name)))
            default:
                _ = store.apply(.replacedServices(Array(services.values)))
                _ = store.apply(.replacedSlices(Array(slices.values)))
            }
            guard step.isMultiple(of: 7) else { continue }
            let endpoints = Dictionary(grouping: slices.values.filter { $0.service != nil }) { $0.service! }
                .mapValues { $0.flatMap(\.endpoints) }
            let scratch = AnnouncementPlan(
                AnnouncementFacts(
                    node: NodeFacts(name: "here"), services: Array(services.values), endpoints: endpoints))
            #expect(planned(store) == scratch, "step \(step)")
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
