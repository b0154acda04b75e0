import KubeSim
import Logging
import ServiceLifecycle
import Testing

@Suite(.timeLimit(.minutes(5))) struct KubeSimServerTests {
    let services = "/api/v1/namespaces/default/services"

    @Test func discoveryAndHealthAnswer() async throws {
        try await withKubeSim { _, url in
            let client = TestClient(url: url)
            for path in ["/healthz", "/livez", "/readyz"] {
                let answer = try await client.get(path)
                #expect(answer.body == Array("ok".utf8))
            }
            #expect(try await client.get("/version").json["major"]?.string == "1")
            #expect(try await client.get("/api").json["versions"] == ["v1"])
            let resources = try await client.get("/apis/discovery.k8s.io/v1").json
            #expect(resources["resources"]?.array?.first?["kind"]?.string == "EndpointSlice")
            #expect(try await client.get("/openapi/v3/api/v1").json["openapi"]?.string == "3.0.0")
            #expect(try await client.get("/apis/apps/v1").status == 404)
            #expect(try await client.get("/api/v1/secrets").json["kind"]?.string == "Status")
        }
    }

    @Test func objectsAreCreatedReadChangedAndDeleted() async throws {
        try await withKubeSim { _, url in
            let client = TestClient(url: url)
            let created = try await client.send("POST", services, Samples.service("web"))
            #expect(created.status == 201)
            #expect(try await client.get("\(services)/web").json == created.json)
            var changed = created.json
            changed.set(["spec", "future"], to: ["field": 1])
            let updated = try await client.send("PUT", "\(services)/web", changed)
            #expect(updated.json.at("spec", "future") == ["field": 1])
            #expect(try await client.send("PUT", "\(services)/web", changed).status == 409)
            let patched = try await client.send(
                "PATCH", "\(services)/web/status", ["status": ["loadBalancer": ["ingress": [["ip": "192.0.2.1"]]]]],
                type: "application/merge-patch+json")
            #expect(patched.status == 200)
            let list = try await client.get("/api/v1/services?labelSelector=none").json
            #expect(list["kind"]?.string == "ServiceList")
            #expect(list["items"] == [])
            let deleted = try await client.send("DELETE", "\(services)/web")
            #expect(deleted.json["status"]?.string == "Success")
            #expect(try await client.get("\(services)/web").status == 404)
        }
    }

    @Test func applyCreatesAndThenMerges() async throws {
        try await withKubeSim { _, url in
            let client = TestClient(url: url)
            let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n"
            let path = "\(services)/web?fieldManager=test&force=true"
            let type = "application/apply-patch+yaml"
            let created = try await client.send("PATCH", path, bytes: Array(text.utf8), type: type)
            #expect(created.status == 201)
            let merged = try await client.send(
                "PATCH", path, ["spec": ["ports": [["port": 81, "name": "b"]]]], type: type)
            #expect(merged.status == 422)
            let named: JSONValue = ["spec": ["ports": [["port": 80, "name": "a"], ["port": 81, "name": "b"]]]]
            let again = try await client.send("PATCH", path, named, type: type)
            #expect(again.json.at("spec", "ports")?.array?.count == 2)
        }
    }

    @Test func tablesHaveColumnsAndRows() async throws {
        try await withKubeSim { server, url in
            try server.store.create(.services, namespace: "default", object: Samples.service("web"))
            let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
            let table = try await TestClient(url: url).get(services, headers: ["Accept": accept]).json
            #expect(table["kind"]?.string == "Table")
            #expect(table["rows"]?.array?.first?["cells"]?.array?.prefix(2) == ["web", "LoadBalancer"])
            #expect(table["columnDefinitions"]?.array?.count == table["rows"]?.array?.first?["cells"]?.array?.count)
        }
    }

    @Test(arguments: [
        ("POST", "/api/v1/namespaces", "{", "application/json", 400),
        ("POST", "/api/v1/namespaces", "", "application/json", 400),
        ("POST", "/api/v1/namespaces", "{}", "text/plain", 415),
        ("POST", "/api/v1/namespaces", "{}", "application/json", 422),
        ("POST", "/api/v1/namespaces", "{\"metadata\":{\"labels\":{\"a\":1}}}", "application/json", 400),
        ("POST", "/api/v1/namespaces", "k8s\u{0}\u{1}", "application/vnd.kubernetes.protobuf", 400),
        ("PATCH", "/api/v1/namespaces/default", "{}", "application/json", 415),
        ("PATCH", "/api/v1/namespaces/default", "{}", "application/json-patch+json", 400),
        ("PUT", "/version", "{}", "application/json", 405),
        ("OPTIONS", "/api/v1/namespaces", "", "", 405),
        ("GET", "/api/v1/services?limit=-1", "", "", 400),
        ("GET", "/api/v1/services?continue=zzz", "", "", 400),
        ("GET", "/api/v1/services?labelSelector=%3D", "", "", 400),
        ("GET", "/api/v1/services?resourceVersionMatch=Exact", "", "", 400),
        ("GET", "/api/v1/namespaces/default/services/x/scale", "", "", 404),
        ("GET", "/api/v1/services?watch=true&resourceVersion=x", "", "", 400),
        ("GET", "//%zz/%00", "", "", 404),
    ])
    func badRequestsGetAStatus(_ method: String, _ path: String, _ body: String, _ type: String, _ code: Int)
        async throws
    {
        try await withKubeSim { _, url in
            let answer = try await TestClient(url: url).send(method, path, bytes: Array(body.utf8), type: type)
            #expect(answer.status == code)
            #expect(answer.json["kind"]?.string == "Status")
            #expect(answer.json["message"]?.string?.isEmpty == false)
        }
    }

    @Test func largeBodiesAreRefused() async throws {
        var configuration = KubeSimConfiguration()
        configuration.bodyLimitBytes = 1000
        try await withKubeSim(configuration) { _, url in
            let body = [UInt8](repeating: 0x20, count: 1001)
            let answer = try await TestClient(url: url).send("POST", "/api/v1/namespaces", bytes: body)
            #expect(answer.status == 413)
        }
    }

    @Test func tokensAreRequiredWhenConfigured() async throws {
        var configuration = KubeSimConfiguration()
        configuration.bearerTokens = ["secret"]
        try await withKubeSim(configuration) { _, url in
            let client = TestClient(url: url)
            let anonymous = try await client.get(services)
            #expect(anonymous.status == 401)
            #expect(try await client.get(services, headers: ["Authorization": "Bearer wrong"]).status == 401)
            #expect(try await client.get(services, headers: ["Authorization": "Bearer secret"]).status == 200)
        }
    }

    @Test func requestLogTellsWhatWasAsked() async throws {
        try await withKubeSim { server, url in
            _ = try await TestClient(url: url).get("\(services)?limit=5")
            try await server.requestLog.wait { $0.count == 1 }
            let entry = try #require(server.requestLog.entries.first)
            #expect(entry.method == "GET")
            #expect(entry.path == services)
            #expect(entry.query == "limit=5")
            #expect(entry.userAgent == "kubesim-tests")
            #expect(entry.verb == "list")
            #expect(entry.resource == "services")
        }
    }

    @Test func portInUseIsSaidByBothCalls() async throws {
        try await withKubeSim { server, url in
            var configuration = KubeSimConfiguration()
            configuration.port = TestClient(url: url).port
            let second = KubeSimServer(configuration: configuration, logger: Logger(label: "test"))
            let error = await #expect(throws: KubeSimError.self) { try await second.run() }
            #expect(error?.code == .cannotListen)
            await #expect(throws: KubeSimError.self) { _ = try await second.waitUntilListening() }
        }
    }

    @Test func shutdownEndsWatchesCleanly() async throws {
        let server = KubeSimServer(logger: Logger(label: "test"))
        let group = ServiceGroup(services: [server], logger: Logger(label: "test"))
        async let running: Void = group.run()
        let url = server.url(port: try await server.waitUntilListening())
        try await TestClient(url: url).watch("\(services)?watch=true") { lines in
            try await server.store.waitForWatches(.services, atLeast: 1)
            await group.triggerGracefulShutdown()
            #expect(try await lines.next() == nil)
            #expect(lines.hasEndedCleanly)
        }
        try await running
    }

    @Test func missingTLSFilesAreNamed() async throws {
        var configuration = KubeSimConfiguration()
        configuration.tls = .init(certificatePath: "no-such.pem", keyPath: "no-such.key")
        let server = KubeSimServer(configuration: configuration, logger: Logger(label: "test"))
        let error = await #expect(throws: KubeSimError.self) { try await server.run() }
        #expect(error?.code == .badTLS)
        #expect(error?.message.contains("no-such.pem") == true)
    }
}
