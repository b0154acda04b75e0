import CosmoletTesting
import KubeSim
import Logging
import Testing

@Suite(.timeLimit(.minutes(1))) struct FaultScriptTests {
    @Test func readsYAMLAndJSON() throws {
        let yaml = """
            # a bad day
            - {at: 0, effect: delay, milliseconds: 50, verb: list}
            - at: 1.5
              effect: dropWatches
              resource: services
            - {at: 1.5, effect: clear}
            - {at: 20, effect: reset, resourceVersion: 5}
            - {at: 21, effect: reset}
            """
        let json = """
            [{"at": 0, "effect": "delay", "milliseconds": 50, "verb": "list"},
             {"at": 1.5, "effect": "dropWatches", "resource": "services"}, {"at": 1.5, "effect": "clear"},
             {"at": 20, "effect": "reset", "resourceVersion": 5}, {"at": 21, "effect": "reset"}]
            """
        let expected = FaultScript([
            .init(at: .zero, .fault(Fault(.delay(.milliseconds(50)), verb: "list"))),
            .init(at: .milliseconds(1500), .fault(Fault(.dropWatches, resource: "services"))),
            .init(at: .milliseconds(1500), .clear), .init(at: .seconds(20), .reset(resourceVersion: 5)),
            .init(at: .seconds(21), .reset(resourceVersion: nil)),
        ])
        #expect(try FaultScript(text: yaml) == expected)
        #expect(try FaultScript(text: json) == expected)
        #expect(try FaultScript(text: "[]") == FaultScript())
    }

    @Test(arguments: [
        ("at: 1", "must be a list of steps"), ("", "must be one document, not 0"), ("- &a b", "neither JSON nor YAML"),
        ("- effect: cut", "step 1: needs at"), ("- {at: -1, effect: cut}", "step 1: at is -1.0"),
        ("- {at: soon, effect: cut}", "step 1: needs at"), ("- cut", "step 1: is not an object"),
        ("- {at: 2, effect: cut}\n- {at: 1, effect: cut}", "step 2: at goes back"),
        ("- {at: 1, effect: explode}", "step 1: unknown effect \"explode\""),
        ("- {at: 1, effect: cut, times: 2}", "step 1: fault has an unknown member \"times\""),
        ("- {at: 1, effect: clear, count: 2}", "step 1: clear has an unknown member \"count\""),
        ("- {at: 1, effect: reset, resourceVersion: old}", "step 1: resourceVersion must be a number"),
        ("- {at: 1, effect: respond, status: 200}", "step 1: effect \"respond\" needs a status"),
    ])
    func badScriptsAreNamed(text: String, words: String) {
        let error = #expect(throws: APIStatus.self) { try FaultScript(text: text) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    private func withServer(_ body: @Sendable (KubeSimServer, TestClient, ManualClock) async throws -> Void)
        async throws
    {
        let clock = ManualClock()
        let server = KubeSimServer(
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await server.run() }
            try await body(server, TestClient(url: server.url(port: try await server.waitUntilListening())), clock)
            group.cancelAll()
        }
    }

    @Test func stepsComeAtTheirTimes() async throws {
        try await withServer { server, client, clock in
            let script = """
                - {at: 0, effect: respond, status: 503, verb: list}
                - {at: 10, effect: clear}
                - {at: 15, effect: reset, resourceVersion: 7000}
                """
            let answer = try await client.send("POST", "/kubesim/script", bytes: Array(script.utf8))
            #expect(answer.status == 201)
            _ = try await clock.sleeps.wait(for: "the second step to be awaited") { $0[.seconds(10)] == 1 }
            #expect(try await client.get("/api/v1/services").status == 503)
            #expect(try await client.get("/kubesim/script").json == ["waiting": 2])
            clock.advance(by: .seconds(10))
            _ = try await clock.sleeps.wait(for: "the third step to be awaited") { $0[.seconds(5)] == 1 }
            #expect(try await client.get("/api/v1/services").status == 200)
            clock.advance(by: .seconds(5))
            try await server.script.waitForEnd()
            #expect(server.store.resourceVersion >= 7000)
        }
    }

    @Test func anotherScriptTakesThePlaceOfTheFirst() async throws {
        try await withServer { server, client, clock in
            server.script.play(FaultScript([.init(at: .seconds(10), .fault(Fault(.cut)))]))
            _ = try await clock.sleeps.wait(for: "the step to be awaited") { $0[.seconds(10)] == 1 }
            #expect(try await client.send("DELETE", "/kubesim/script").status == 200)
            server.script.play(FaultScript([.init(at: .seconds(11), .fault(Fault(.stall)))]))
            _ = try await clock.sleeps.wait(for: "the other step to be awaited") { $0[.seconds(11)] == 1 }
            clock.advance(by: .seconds(30))
            try await server.script.waitForEnd()
            #expect(server.faults.pending.map(\.fault.effect) == [.stall])
            server.faults.clear()
        }
    }

    @Test func aBadScriptIsRefusedAndTheOldOneGoesOn() async throws {
        try await withServer { server, client, clock in
            server.script.play(FaultScript([.init(at: .seconds(10), .fault(Fault(.cut)))]))
            let answer = try await client.send("POST", "/kubesim/script", bytes: Array("- {at: 1}".utf8))
            #expect(answer.status == 400)
            #expect(answer.json["message"]?.string?.contains("step 1: fault without an effect") == true)
            #expect(server.script.waiting == 1)
        }
    }
}
