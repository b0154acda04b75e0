import Testing

@testable import Kubernetes

@Suite struct ObjectDecodingTests {
    private func service(_ json: String) throws -> Service {
        try ObjectDecoder<Service>().object(Array(json.utf8), request: "test")
    }

    private func event(_ json: String) throws -> WatchEvent<Service>? {
        try ObjectDecoder<Service>().event(Array(json.utf8)[...], request: "test")
    }

    private func list<Resource>(_: Resource.Type, _ json: String) throws -> ListPage<Resource> {
        var reader = ListReader<Resource>(request: "test")
        try reader.append(Array(json.utf8))
        return try reader.finish()
    }

    @Test func serviceIsReadWithAllFields() throws {
        let service = try service(
            """
            {"kind":"Service","metadata":{"name":"web","namespace":"shop","uid":"u1","resourceVersion":"42",
             "generation":3,"labels":{"a":"b"},
             "annotations":{"cosmolet.io/class":"gold","kubectl.kubernetes.io/last-applied-configuration":"{}"},
             "deletionTimestamp":"2026-01-01T00:00:00Z","managedFields":[{"x":1}]},
             "spec":{"type":"LoadBalancer","clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1","fd00::1"],
             "externalIPs":["192.0.2.9"],"loadBalancerClass":"x.io/y","externalTrafficPolicy":"Local",
             "internalTrafficPolicy":"Cluster","ipFamilies":["IPv4","IPv6"],"publishNotReadyAddresses":true,
             "healthCheckNodePort":30123,"ports":[{"port":80}]},
             "status":{"loadBalancer":{"ingress":[{"ip":"198.51.100.1","ipMode":"VIP"},{"hostname":"h"}]}}}
            """)
        #expect(service.metadata.objectName.description == "shop/web")
        #expect(service.metadata.generation == 3)
        #expect(service.metadata.annotations == ["cosmolet.io/class": "gold"])
        #expect(service.metadata.deletionTimestamp != nil)
        #expect(service.spec.type == .loadBalancer)
        #expect(service.spec.clusterIPs == ["10.0.0.1", "fd00::1"])
        #expect(service.spec.externalTrafficPolicy == .local)
        #expect(service.status.ingress == [.init(ip: "198.51.100.1", ipMode: .vip), .init(hostname: "h")])
    }

    @Test func missingAndNullFieldsAreDefaults() throws {
        let service = try service(
            #"{"metadata":{"name":"a","labels":null},"spec":{"externalIPs":null},"status":{"loadBalancer":null}}"#)
        #expect(service == Service(metadata: ObjectMeta(name: "a")))
        #expect(!service.spec.isHeadless)
    }

    @Test func unknownEnumerationIsKept() throws {
        let service = try service(#"{"metadata":{"name":"a"},"spec":{"type":"Quantum"}}"#)
        #expect(service.spec.type == "Quantum")
    }

    @Test func headlessIsSeen() throws {
        #expect(try service(#"{"metadata":{"name":"a"},"spec":{"clusterIP":"None"}}"#).spec.isHeadless)
    }

    @Test func sliceWithoutConditionsIsRead() throws {
        let slice = try ObjectDecoder<EndpointSlice>().object(
            Array(
                """
                {"metadata":{"name":"web-1","namespace":"shop","labels":{"kubernetes.io/service-name":"web"}},
                 "addressType":"IPv4","ports":null,"endpoints":[{"addresses":["10.1.0.1"]},
                 {"addresses":["10.1.0.2"],"conditions":{"ready":false,"serving":true,"terminating":true},
                  "nodeName":"n1","zone":"z","hostname":"h","targetRef":{"kind":"Pod"}}]}
                """.utf8), request: "test")
        #expect(slice.serviceName == "web")
        #expect(slice.addressType == .ipv4)
        #expect(slice.endpoints[0] == Endpoint(addresses: ["10.1.0.1"]))
        #expect(slice.endpoints[0].conditions.ready == nil)
        #expect(slice.endpoints[1].conditions == .init(ready: false, serving: true, terminating: true))
        #expect(slice.endpoints[1].nodeName == "n1")
    }

    @Test func nodeIsRead() throws {
        let node = try ObjectDecoder<Node>().object(
            Array(
                """
                {"metadata":{"name":"n1"},"spec":{"unschedulable":true,"taints":[{"key":"k","effect":"NoSchedule"}]},
                 "status":{"conditions":[{"type":"Ready","status":"True"},
                 {"type":"NetworkUnavailable","status":"False","lastHeartbeatTime":null}]}}
                """.utf8), request: "test")
        #expect(node.spec.unschedulable)
        #expect(node.spec.taints == [Taint(key: "k", effect: .noSchedule)])
        #expect(node.status.condition("Ready") == .true)
        #expect(node.status.condition("NetworkUnavailable") == .false)
        #expect(node.status.condition("Unheard") == nil)
    }

    @Test func brokenItemDoesNotHurtTheList() throws {
        let page = try list(
            Service.self,
            """
            {"kind":"ServiceList","metadata":{"resourceVersion":"7","continue":""},"items":[
             {"metadata":{"name":"a","namespace":"n"}},
             {"metadata":{"name":"b","namespace":"n","resourceVersion":"5"},"spec":17},
             {"metadata":{"name":"c","namespace":"n"},"spec":{"externalIPs":[1]}},
             "nonsense",
             {"metadata":{"namespace":"n","labels":3}},
             {"metadata":{"name":"z","namespace":"n"}}]}
            """)
        #expect(page.items.map(\.metadata.name) == ["a", "z"])
        #expect(page.invalid.map(\.name.description) == ["n/b", "n/c", "(unreadable)", "n/(unreadable)"])
        #expect(page.invalid[0].resourceVersion == "5")
        #expect(page.invalid[1].reason.contains("externalIPs[0]"), "\(page.invalid[1].reason)")
        #expect(page.continueToken == nil)
    }

    @Test func listWithoutVersionIsRefused() {
        #expect(throws: KubernetesError.self) {
            try list(Service.self, #"{"metadata":{},"items":[]}"#)
        }
    }

    @Test func nullItemsAreAnEmptyList() throws {
        let page = try list(Service.self, #"{"metadata":{"resourceVersion":"1"},"items":null}"#)
        #expect(page.items.isEmpty)
    }

    @Test func eventsAreTold() throws {
        guard case .applied(let added)? = try event(#"{"type":"ADDED","object":{"metadata":{"name":"a"}}}"#) else {
            Issue.record("not applied")
            return
        }
        #expect(added.metadata.name == "a")
        guard case .bookmark("9")? = try event(#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}"#)
        else {
            Issue.record("not a bookmark")
            return
        }
        guard
            case .error(let error)? = try event(
                #"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"#)
        else {
            Issue.record("not an error")
            return
        }
        #expect(error.code == .expired && error.message.contains("too old"))
        #expect(try event(#"{"type":"SOMETHING","object":{}}"#) == nil)
    }

    @Test func deletionOfABrokenObjectIsStillADeletion() throws {
        let json = #"{"type":"DELETED","object":{"metadata":{"name":"a","namespace":"n"},"spec":5}}"#
        guard case .deleted(let object)? = try event(json) else {
            Issue.record("not deleted")
            return
        }
        #expect(object.objectName.description == "n/a")
    }

    @Test func deletionOfWhoKnowsWhatIsALostEvent() {
        #expect(throws: KubernetesError.self) {
            try event(#"{"type":"DELETED","object":{"metadata":{"namespace":"n"}}}"#)
        }
    }

    @Test(arguments: [
        "", "{", "[]", "null", #"{"type":5}"#, #"{"type":"ADDED"}"#, #"{"object":{}}"#, "\u{1}\u{2}",
        #"{"type":"ADDED","ob"#,
    ])
    func garbageIsRefusedNotTrapped(_ line: String) {
        #expect(throws: KubernetesError.self) { _ = try event(line) }
    }

    /// Damages a good event at random places: each outcome but a trap is fine.
    @Test(arguments: 0..<500 as Range<UInt64>)
    func damagedEventsNeverTrap(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var bytes = Array(
            #"{"type":"MODIFIED","object":{"metadata":{"name":"a","generation":1},"spec":{"externalIPs":["1.2.3.4"]}}}"#
                .utf8)
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0 ... .max, using: &generator)
            case 1: bytes.remove(at: place)
            default: bytes.insert(contentsOf: Array(#"{[],:"9e999"#.utf8.shuffled(using: &generator)), at: place)
            }
        }
        _ = try? ObjectDecoder<Service>().event(bytes[...], request: "fuzz")
        _ = try? ObjectDecoder<EndpointSlice>().event(bytes[...], request: "fuzz")
        _ = KubernetesError("fuzz", status: 500, retryAfterHeader: "x", body: bytes)
    }
}
