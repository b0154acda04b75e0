import KubeSim
import Testing

@Suite struct ObjectStoreTests {
    let store = ObjectStore()

    @Test func createSetsWhatTheServerOwns() throws {
        let before = store.resourceVersion
        let created = try store.create(.services, namespace: "default", object: Samples.service("web"))
        #expect(created.at("metadata", "resourceVersion")?.string == String(before + 1))
        #expect(created.at("metadata", "uid")?.string?.count == 36)
        #expect(created.at("metadata", "creationTimestamp")?.string?.hasSuffix("Z") == true)
        #expect(created.at("metadata", "generation")?.integer == 1)
        #expect(created.at("spec", "clusterIP")?.string?.hasPrefix("10.96.") == true)
        #expect(created.at("spec", "externalTrafficPolicy")?.string == "Cluster")
        #expect(created.at("spec", "internalTrafficPolicy")?.string == "Cluster")
        #expect(created.at("spec", "sessionAffinity")?.string == "None")
        #expect(created.at("spec", "ipFamilyPolicy")?.string == "SingleStack")
        #expect(created["status"] == ["loadBalancer": [:]])
        #expect(created.at("spec", "ports")?.array?.first == ["port": 80, "protocol": "TCP", "targetPort": 80])
    }

    @Test func dualStackGetsBothFamilies() throws {
        let created = try store.create(
            .services, namespace: "default",
            object: Samples.service("web", spec: ["ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv6"]]))
        let addresses = created.at("spec", "clusterIPs")?.array?.compactMap(\.string) ?? []
        #expect(addresses.count == 2)
        #expect(addresses.first?.hasPrefix("fd00:96::") == true)
        #expect(created.at("spec", "ipFamilies") == ["IPv6", "IPv4"])
    }

    @Test func clusterIPsAreFreedByDeletionAndNotTakenTwice() throws {
        let wanted = Samples.service("a", spec: ["clusterIP": "10.96.7.7"])
        try store.create(.services, namespace: "default", object: wanted)
        var other = wanted
        other.set(["metadata", "name"], to: "b")
        #expect(code { try store.create(.services, namespace: "default", object: other) } == 422)
        try store.delete(.services, namespace: "default", name: "a")
        try store.create(.services, namespace: "default", object: other)
    }

    @Test func failuresAreThoseOfTheRealServer() throws {
        try store.create(.services, namespace: "default", object: Samples.service("web"))
        #expect(code { try store.create(.services, namespace: "default", object: Samples.service("web")) } == 409)
        #expect(code { try store.create(.services, namespace: "nowhere", object: Samples.service("web")) } == 404)
        #expect(code { try store.create(.services, namespace: "default", object: Samples.service("Web!")) } == 422)
        #expect(code { try store.create(.services, namespace: "default", object: "text") } == 400)
        #expect(code { try store.get(.services, namespace: "default", name: "none") } == 404)
        #expect(code { try store.create(.nodes, object: Samples.service("web")) } == 400)
        let noPorts: JSONValue = ["metadata": ["name": "x"], "spec": [:]]
        let error = #expect(throws: APIStatus.self) {
            try store.create(.services, namespace: "default", object: noPorts)
        }
        #expect(error?.message == "Service \"x\" is invalid: spec.ports: Required value")
        #expect(error?.json.at("details", "causes")?.array?.first?["field"]?.string == "spec.ports")
    }

    @Test func staleUpdateConflictsAndIdleUpdateIsNoWrite() throws {
        let first = try store.create(.services, namespace: "default", object: Samples.service("web"))
        var changed = first
        changed.set(["spec", "sessionAffinity"], to: "ClientIP")
        let second = try store.update(.services, namespace: "default", name: "web", object: changed)
        #expect(second.at("metadata", "generation")?.integer == 2)
        #expect(code { try store.update(.services, namespace: "default", name: "web", object: changed) } == 409)
        let version = store.resourceVersion
        #expect(try store.update(.services, namespace: "default", name: "web", object: second) == second)
        #expect(store.resourceVersion == version)
    }

    @Test func statusChangesOnlyThroughItsSubresource() throws {
        try store.create(.services, namespace: "default", object: Samples.service("web"))
        let patch: JSONValue = [
            "spec": ["type": "ClusterIP"], "status": ["loadBalancer": ["ingress": [["ip": "192.0.2.1"]]]],
        ]
        let patched = try store.patch(
            .services, namespace: "default", name: "web", subresource: "status", patch: patch)
        #expect(patched.at("spec", "type")?.string == "LoadBalancer")
        #expect(patched.at("status", "loadBalancer", "ingress") == [["ip": "192.0.2.1"]])
        #expect(patched.at("metadata", "generation")?.integer == 1)
        let kept = try store.patch(
            .services, namespace: "default", name: "web",
            patch: ["metadata": ["labels": ["a": "b"]], "status": ["loadBalancer": [:]]])
        #expect(kept.at("status", "loadBalancer", "ingress") == [["ip": "192.0.2.1"]])
        let plain = try store.patch(
            .services, namespace: "default", name: "web", patch: ["spec": ["type": "ClusterIP"]])
        #expect(plain["status"] == ["loadBalancer": [:]])
    }

    @Test func finalizersHoldBackDeletion() throws {
        var service = Samples.service("web")
        service.set(["metadata", "finalizers"], to: ["example.org/hold"])
        try store.create(.services, namespace: "default", object: service)
        #expect(try store.delete(.services, namespace: "default", name: "web").isGone == false)
        let marked = try store.get(.services, namespace: "default", name: "web")
        #expect(marked.at("metadata", "deletionTimestamp") != nil)
        try store.patch(
            .services, namespace: "default", name: "web", patch: ["metadata": ["finalizers": nil]])
        #expect(code { try store.get(.services, namespace: "default", name: "web") } == 404)
    }

    @Test func deletePreconditionsMustHold() throws {
        let service = try store.create(.services, namespace: "default", object: Samples.service("web"))
        #expect(
            code {
                try store.delete(
                    .services, namespace: "default", name: "web", preconditions: .init(uid: "someone else"))
            } == 409)
        try store.delete(
            .services, namespace: "default", name: "web",
            preconditions: .init(uid: service.at("metadata", "uid")?.string))
    }

    @Test func namespaceTakesItsContentsWithIt() throws {
        try store.create(.namespaces, object: ["metadata": ["name": "shop"]])
        try store.create(.services, namespace: "shop", object: Samples.service("web"))
        #expect(try store.delete(.namespaces, name: "shop").isGone)
        #expect(try store.list(.services).items.isEmpty)
        #expect(code { try store.get(.namespaces, name: "shop") } == 404)
        #expect(code { try store.delete(.namespaces, name: "default") } == 403)
    }

    @Test func dryRunChangesNothing() throws {
        let version = store.resourceVersion
        try store.create(.services, namespace: "default", object: Samples.service("web"), dryRun: true)
        #expect(store.resourceVersion == version)
        #expect(try store.list(.services).items.isEmpty)
    }

    @Test func pagesShowOneSnapshot() throws {
        for name in ["a", "b", "c", "d", "e"] {
            try store.create(.services, namespace: "default", object: Samples.service(name))
        }
        var options = ListOptions()
        options.limit = 2
        let first = try store.list(.services, options: options)
        #expect(names(first.items) == ["a", "b"])
        try store.delete(.services, namespace: "default", name: "d")
        try store.create(.services, namespace: "default", object: Samples.service("bb"))
        options.continueToken = first.continueToken
        let second = try store.list(.services, options: options)
        options.continueToken = second.continueToken
        let third = try store.list(.services, options: options)
        #expect(names(second.items) == ["c", "d"])
        #expect(names(third.items) == ["e"])
        #expect(third.continueToken == nil)
        #expect(Set([first.resourceVersion, second.resourceVersion, third.resourceVersion]).count == 1)
    }

    @Test func expiredAndFutureVersionsAreRefused() throws {
        for name in ["a", "b", "c"] {
            try store.create(.services, namespace: "default", object: Samples.service(name))
        }
        var paged = ListOptions()
        paged.limit = 1
        paged.continueToken = try store.list(.services, options: paged).continueToken
        var exact = ListOptions()
        exact.resourceVersion = String(store.resourceVersion - 1)
        exact.resourceVersionMatch = "Exact"
        #expect(names(try store.list(.services, options: exact).items) == ["a", "b"])
        store.expireHistory()
        #expect(code { try store.list(.services, options: exact) } == 410)
        let error = #expect(throws: APIStatus.self) { try store.list(.services, options: paged) }
        #expect(error?.code == 410)
        // The token in the answer goes on with what there is now.
        paged.continueToken = error?.continueToken
        #expect(names(try store.list(.services, options: paged).items) == ["b"])
        var future = ListOptions()
        future.resourceVersion = "999999"
        #expect(code { try store.list(.services, options: future) } == 504)
        future.resourceVersion = "soon"
        #expect(code { try store.list(.services, options: future) } == 400)
    }

    @Test func resetCanGoBackInTime() throws {
        try store.create(.services, namespace: "default", object: Samples.service("web"))
        store.reset(resourceVersion: 0)
        #expect(store.resourceVersion == 2)
        #expect(try store.list(.services).items.isEmpty)
    }

    @Test func manifestsLoadWithStatusAndNamespace() throws {
        let count = try store.load(
            """
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: Service
              metadata: {name: web, namespace: shop}
              spec: {type: LoadBalancer, ports: [{port: 80}]}
              status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}
            """)
        #expect(count == 1)
        let web = try store.get(.services, namespace: "shop", name: "web")
        #expect(web.at("status", "loadBalancer", "ingress") == [["ip": "192.0.2.1"]])
        let error = #expect(throws: KubeSimError.self) { try store.load("kind: Nothing", source: "x.yaml") }
        #expect(error?.message.hasPrefix("x.yaml: document 1") == true)
    }

    private func names(_ items: [JSONValue]) -> [String] {
        items.compactMap { $0.at("metadata", "name")?.string }
    }

    /// The HTTP code of the failure, or nil if there is none.
    private func code<Value>(_ body: () throws -> Value) -> Int? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? APIStatus)?.code
        }
    }
}
