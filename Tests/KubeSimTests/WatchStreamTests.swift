import Testing

@testable import KubeSim

@Suite(.timeLimit(.minutes(5))) struct WatchStreamTests {
    let services = "/api/v1/namespaces/default/services"

    @Test func emptyVersionGivesEverythingThenChanges() async throws {
        try await withKubeSim { server, url in
            let store = server.store
            try store.create(.services, namespace: "default", object: Samples.service("a"))
            try await TestClient(url: url).watch("\(services)?watch=true&resourceVersion=") { lines in
                #expect(lines.status == 200)
                #expect(try await lines.nextSummary() == "ADDED a")
                try store.create(.services, namespace: "default", object: Samples.service("b"))
                #expect(try await lines.nextSummary() == "ADDED b")
                try store.patch(
                    .services, namespace: "default", name: "a", patch: ["metadata": ["labels": ["x": "y"]]])
                #expect(try await lines.nextSummary() == "MODIFIED a")
                try store.delete(.services, namespace: "default", name: "a")
                let deleted = try await lines.next()
                #expect(deleted?["type"]?.string == "DELETED")
                #expect(
                    deleted?.at("object", "metadata", "resourceVersion")?.string == String(store.resourceVersion))
            }
            try await store.waitForNoWatches(.services)
        }
    }

    @Test func watchResumesWithoutGapOrRepeat() async throws {
        try await withKubeSim { server, url in
            let store = server.store
            try store.create(.services, namespace: "default", object: Samples.service("a"))
            let version = store.resourceVersion
            try store.create(.services, namespace: "default", object: Samples.service("b"))
            try store.create(.nodes, object: ["metadata": ["name": "n"]])
            try await TestClient(url: url).watch("\(services)?watch=1&resourceVersion=\(version)") { lines in
                try store.create(.services, namespace: "default", object: Samples.service("c"))
                #expect(try await lines.nextSummary() == "ADDED b")
                #expect(try await lines.nextSummary() == "ADDED c")
            }
        }
    }

    @Test func watchListEndsItsInitialEventsWithABookmark() async throws {
        try await withKubeSim { server, url in
            let client = TestClient(url: url)
            try server.store.create(.services, namespace: "default", object: Samples.service("a"))
            let query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
            try await client.watch("\(services)?\(query)") { lines in
                #expect(try await lines.nextSummary() == "ADDED a")
                let bookmark = try await lines.next()
                #expect(bookmark?["type"]?.string == "BOOKMARK")
                #expect(
                    bookmark?.at("object", "metadata", "annotations", "k8s.io/initial-events-end")?.string == "true")
                #expect(
                    bookmark?.at("object", "metadata", "resourceVersion")?.string
                        == String(server.store.resourceVersion))
            }
            let refused = try await client.get("\(services)?watch=true&sendInitialEvents=true")
            #expect(refused.status == 422)
        }
    }

    @Test func expiredVersionIsAnErrorEventInsideA200() async throws {
        try await withKubeSim { server, url in
            server.store.expireHistory()
            try await TestClient(url: url).watch("\(services)?watch=true&resourceVersion=1") { lines in
                #expect(lines.status == 200)
                let event = try await lines.next()
                #expect(event?["type"]?.string == "ERROR")
                #expect(event?.at("object", "code")?.integer == 410)
                #expect(event?.at("object", "reason")?.string == "Expired")
                #expect(try await lines.next() == nil)
                #expect(lines.hasEndedCleanly)
            }
        }
    }

    @Test func historyBeyondItsCapacityExpires() async throws {
        var configuration = KubeSimConfiguration()
        configuration.historyCapacity = 2
        try await withKubeSim(configuration) { server, url in
            for name in ["a", "b", "c"] {
                try server.store.create(.services, namespace: "default", object: Samples.service(name))
            }
            let now = server.store.resourceVersion
            let client = TestClient(url: url)
            try await client.watch("\(services)?watch=true&resourceVersion=\(now - 3)") { lines in
                let event = try await lines.nextSummary()
                #expect(event == "ERROR -")
            }
            try await client.watch("\(services)?watch=true&resourceVersion=\(now - 2)") { lines in
                let event = try await lines.nextSummary()
                #expect(event == "ADDED b")
            }
        }
    }

    @Test func objectsComeAndGoWithTheSelection() async throws {
        try await withKubeSim { server, url in
            let store = server.store
            let query = "watch=true&labelSelector=app%3Dweb&fieldSelector=metadata.name!%3Dhidden"
            try await TestClient(url: url).watch("\(services)?\(query)") { lines in
                try await store.waitForWatches(.services, atLeast: 1)
                func label(_ value: String) throws {
                    try store.patch(
                        .services, namespace: "default", name: "a",
                        patch: ["metadata": ["labels": ["app": .string(value)]]]
                    )
                }
                try store.create(.services, namespace: "default", object: Samples.service("a"))
                try store.create(
                    .services, namespace: "default", object: Samples.service("hidden", labels: ["app": "web"]))
                try label("web")
                #expect(try await lines.nextSummary() == "ADDED a")
                try label("db")
                let gone = try await lines.next()
                #expect(gone?["type"]?.string == "DELETED")
                #expect(gone?.at("object", "metadata", "labels", "app")?.string == "web")
                #expect(gone?.at("object", "metadata", "resourceVersion")?.string == String(store.resourceVersion))
                try store.delete(.services, namespace: "default", name: "a")
                try store.create(
                    .services, namespace: "default", object: Samples.service("b", labels: ["app": "web"]))
                #expect(try await lines.nextSummary() == "ADDED b")
            }
        }
    }

    @Test func timeoutEndsTheStreamCleanlyAfterABookmark() async throws {
        try await withKubeSim { _, url in
            let path = "\(services)?watch=true&resourceVersion=0&timeoutSeconds=1&allowWatchBookmarks=true"
            try await TestClient(url: url).watch(path) { lines in
                let event = try await lines.nextSummary()
                #expect(event == "BOOKMARK -")
                #expect(try await lines.next() == nil)
                #expect(lines.hasEndedCleanly)
            }
        }
    }

    @Test func slowWatcherIsEndedAndBlocksNobody() async throws {
        var configuration = KubeSimConfiguration()
        configuration.watchQueueCapacity = 8
        try await withKubeSim(configuration) { server, url in
            try await TestClient(url: url).watch("\(services)?watch=true") { lines in
                try await server.store.waitForWatches(.services, atLeast: 1)
                server.faults.inject(Fault(.stallWatches))
                for number in 0..<50 {
                    try server.store.create(.services, namespace: "default", object: Samples.service("s\(number)"))
                }
                server.faults.inject(Fault(.resumeWatches))
                #expect(try await lines.next() == nil)
                #expect(lines.hasEndedCleanly)
            }
        }
    }

    @Test func manyWatchersAllSeeTheSameOrder() async throws {
        try await withKubeSim { server, url in
            let expected = (0..<200).map { "ADDED s\($0)" }
            try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await TestClient(url: url).watch("\(services)?watch=true") { lines in
                            var seen: [String] = []
                            while seen.count < 200, let line = try await lines.nextSummary() { seen.append(line) }
                            return seen
                        }
                    }
                }
                try await server.store.waitForWatches(.services, atLeast: 8)
                for number in 0..<200 {
                    try server.store.create(.services, namespace: "default", object: Samples.service("s\(number)"))
                }
                for try await seen in group { #expect(seen == expected) }
            }
        }
    }
}
