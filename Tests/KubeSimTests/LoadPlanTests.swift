import KubeSim
import Testing

@Suite struct LoadPlanTests {
    private static func load(_ plan: LoadPlan, into store: ObjectStore) throws {
        try store.create(.namespaces, object: plan.namespaceObject)
        for index in 0..<plan.services {
            try store.create(.services, namespace: plan.namespace, object: plan.service(index))
            try store.patch(
                .services, namespace: plan.namespace, name: LoadPlan.name(index), subresource: "status",
                patch: plan.status(ofService: index))
        }
        for index in 0..<plan.slices {
            try store.create(.endpointSlices, namespace: plan.namespace, object: plan.slice(index))
        }
    }

    @Test func theServerTakesItAll() throws {
        let plan = LoadPlan(services: 60, slices: 75, endpoints: 310, nodes: 7, vipsHere: 20, node: "node-a")
        #expect(plan.problem == nil)
        let store = ObjectStore()
        try Self.load(plan, into: store)
        let services = try store.list(.services).items
        let slices = try store.list(.endpointSlices).items
        let endpoints = slices.flatMap { $0["endpoints"]?.array ?? [] }
        #expect(services.count == 60 && slices.count == 75 && endpoints.count == 310)
        let vips = services.compactMap { $0.at("status", "loadBalancer", "ingress")?.array?.first?["ip"]?.string }
        #expect(Set(vips).count == 60)
        #expect(Set(endpoints.compactMap { $0["addresses"]?.array?.first?.string }).count == 310)
        #expect(endpoints.count { $0["nodeName"]?.string == "node-a" } == 20)
        #expect(Set(endpoints.compactMap { $0["nodeName"]?.string }).count == 8)
        // Each of the twenty is of another Service.
        let here = slices.filter { slice in
            (slice["endpoints"]?.array ?? []).contains { $0["nodeName"]?.string == "node-a" }
        }
        #expect(
            Set(here.compactMap { $0.at("metadata", "labels", "kubernetes.io/service-name")?.string }).count == 20)
    }

    @Test func sameNumbersGiveTheSame() {
        let plan = LoadPlan(services: 10, seed: 7)
        #expect((0..<10).map { plan.slice($0) } == (0..<10).map { LoadPlan(services: 10, seed: 7).slice($0) })
        #expect((0..<10).map { plan.slice($0) } != (0..<10).map { LoadPlan(services: 10, seed: 8).slice($0) })
        #expect(Array(LoadChurn(plan).prefix(100)) == Array(LoadChurn(plan).prefix(100)))
        #expect(Array(LoadChurn(plan, lane: 0, of: 2).prefix(50)) != Array(LoadChurn(plan, lane: 1, of: 2).prefix(50)))
    }

    @Test func everyChangeChangesSomething() throws {
        let plan = LoadPlan(services: 8, slices: 8, endpoints: 20)
        let store = ObjectStore()
        try Self.load(plan, into: store)
        var seen: Set<String> = []
        for lane in 0..<3 {
            var slices: Set<String> = []
            for change in LoadChurn(plan, lane: lane, of: 3).prefix(200) {
                let before = store.resourceVersion
                try store.patch(
                    .endpointSlices, namespace: "load", name: change.slice, patch: change.patch, kind: .json)
                #expect(store.resourceVersion == before + 1)
                slices.insert(change.slice)
            }
            #expect(seen.isDisjoint(with: slices), "two lanes share a slice")
            seen.formUnion(slices)
        }
        #expect(seen.count == 8)
        #expect(LoadChurn(LoadPlan(services: 1, slices: 0, endpoints: 0)).prefix(1).map(\.slice).isEmpty)
    }

    @Test(arguments: [
        (LoadPlan(services: 0), "services is 0"), (LoadPlan(services: 50_001), "services is 50001"),
        (LoadPlan(services: 1, slices: 0), "no slice to hold them"),
        (LoadPlan(services: 1, slices: 1, endpoints: 1001), "2 slices are needed"),
        (LoadPlan(services: 5, vipsHere: 1), "no node is named"),
        (LoadPlan(services: 5, vipsHere: 6, node: "a"), "only 5 services"),
        (LoadPlan(services: 5, endpoints: 2, vipsHere: 3, node: "a"), "only 2 endpoints"),
        (LoadPlan(services: 5, nodes: 0), "nodes is 0"),
    ])
    func impossibleNumbersAreNamed(plan: LoadPlan, words: String) {
        #expect(plan.problem?.contains(words) == true, "\(plan.problem ?? "no problem")")
    }
}
