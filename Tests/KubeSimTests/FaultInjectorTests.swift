import KubeSim
import NIOHTTP1
import Testing

@Suite(.timeLimit(.minutes(5))) struct FaultInjectorTests {
    let services = "/api/v1/namespaces/default/services"

    @Test func respondHitsAsManyMatchingRequestsAsOrdered() async throws {
        try await withKubeSim { server, url in
            let client = TestClient(url: url)
            server.faults.inject(
                Fault(.respond(status: 429, retryAfterSeconds: 7), resource: "svc", verb: "list", count: 2))
            #expect(try await client.get("/api/v1/nodes").status == 200)
            for _ in 0..<2 {
                let answer = try await client.get(services)
                #expect(answer.status == 429)
                #expect(answer.headers.first(name: "Retry-After") == "7")
                #expect(answer.json["reason"]?.string == "TooManyRequests")
            }
            #expect(try await client.get(services).status == 200)
            #expect(server.faults.pending.isEmpty)
        }
    }

    @Test(arguments: [401, 403, 500, 503, 504]) func respondCarriesAStatusObject(_ code: Int) async throws {
        try await withKubeSim { server, url in
            server.faults.inject(Fault(.respond(status: code), count: 1))
            let answer = try await TestClient(url: url).get(services)
            #expect(answer.status == code)
            #expect(answer.json["kind"]?.string == "Status")
            #expect(answer.json["code"]?.integer == Int64(code))
        }
    }

    @Test func cutGivesNoAnswerAndTruncateHalfOfOne() async throws {
        try await withKubeSim { server, url in
            let client = TestClient(url: url)
            server.faults.inject(Fault(.cut, count: 1))
            await #expect(throws: (any Error).self) { try await client.get(services) }
            server.faults.inject(Fault(.truncate, count: 1))
            let answer = try? await client.get(services)
            #expect(answer.map { $0.json == .null } ?? true)
            let next = try await client.get(services)
            #expect(next.status == 200)
        }
    }

    @Test func delayPutsOffTheAnswer() async throws {
        try await withKubeSim { server, url in
            server.faults.inject(Fault(.delay(.milliseconds(150)), count: 1))
            let clock = ContinuousClock()
            let taken = try await clock.measure { _ = try await TestClient(url: url).get(services) }
            #expect(taken >= .milliseconds(150))
        }
    }

    @Test func stalledRequestsAreCutWhenFaultsAreCleared() async throws {
        try await withKubeSim { server, url in
            server.faults.inject(Fault(.stall, verb: "list", count: 1))
            let answer = Task { try await TestClient(url: url).get(services) }
            try await server.faults.waitForStalledRequests(atLeast: 1)
            server.faults.clear()
            await #expect(throws: (any Error).self) { try await answer.value }
        }
    }

    @Test(arguments: [
        (Fault.Effect.dropWatches, false), (.endWatches, true), (.truncateWatches, false),
    ]) func runningWatchesEndAsOrdered(_ effect: Fault.Effect, _ isClean: Bool) async throws {
        try await withKubeSim { server, url in
            try await TestClient(url: url).watch("\(services)?watch=true") { lines in
                try await server.store.waitForWatches(.services, atLeast: 1)
                #expect(server.faults.inject(Fault(effect, resource: "nodes")).watchesHit == 0)
                #expect(server.faults.inject(Fault(effect, resource: "services", count: 1)).watchesHit == 1)
                #expect(try await lines.next() == nil)
                #expect(lines.hasEndedCleanly == isClean)
                #expect(lines.unfinishedLine.isEmpty == (effect != .truncateWatches))
            }
            try await server.store.waitForNoWatches(.services)
        }
    }

    @Test func stalledWatchHearsNothingUntilResumed() async throws {
        try await withKubeSim { server, url in
            try await TestClient(url: url).watch("\(services)?watch=true") { lines in
                try await server.store.waitForWatches(.services, atLeast: 1)
                server.faults.inject(Fault(.stallWatches))
                try server.store.create(.services, namespace: "default", object: Samples.service("a"))
                try server.store.create(.services, namespace: "default", object: Samples.service("b"))
                server.faults.inject(Fault(.resumeWatches))
                #expect(try await lines.nextSummary() == "ADDED a")
                #expect(try await lines.nextSummary() == "ADDED b")
            }
        }
    }

    @Test func faultsAreOrderedOverHTTP() async throws {
        try await withKubeSim { server, url in
            let client = TestClient(url: url)
            let order: JSONValue = ["effect": "respond", "status": 503, "verb": "get", "count": 3]
            let ordered = try await client.send("POST", "/kubesim/faults", order)
            #expect(ordered.status == 201)
            let listed = try await client.get("/kubesim/faults")
            #expect(listed.json["faults"]?.array?.first?["remaining"]?.integer == 3)
            #expect(
                try await client.send("DELETE", "/kubesim/faults/\(ordered.json["id"]?.integer ?? 0)").status == 200)
            #expect(server.faults.pending.isEmpty)
            let before = server.store.resourceVersion
            #expect(try await client.send("POST", "/kubesim/faults", ["effect": "expireHistory"]).status == 201)
            #expect(server.store.resourceVersion == before + 1)
            #expect(try await client.send("POST", "/kubesim/reset", ["resourceVersion": 0]).status == 200)
            #expect(server.store.resourceVersion == 2)
            let log = try await client.get("/kubesim/requests").json
            #expect(log["requests"]?.array?.first?["userAgent"]?.string == "kubesim-tests")
        }
    }

    @Test(
        arguments: [
            ["effect": "explode"], ["effect": "respond"], ["effect": "respond", "status": 200], ["effect": "delay"],
            ["effect": "cut", "verb": "eat"], ["effect": "cut", "resource": "cakes"], ["effect": "cut", "count": 0],
            ["effect": "cut", "colour": "red"], [:], [],
        ] as [JSONValue])
    func badOrdersAreRefused(_ order: JSONValue) async throws {
        try await withKubeSim { server, url in
            let answer = try await TestClient(url: url).send("POST", "/kubesim/faults", order)
            #expect(answer.status == 400)
            #expect(answer.json["message"]?.string?.isEmpty == false)
            #expect(server.faults.pending.isEmpty)
        }
    }
}
