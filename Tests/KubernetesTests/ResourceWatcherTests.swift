import Foundation
import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(2))) struct ResourceWatcherTests {
    @Test func listsInPagesThenWatches() async throws {
        try await WatcherHarness.run { harness in
            let first = try await harness.server.next()
            #expect(first.request.path == "/api/v1/services")
            #expect(first.request.query == ["limit": "2"], "consistent: no resourceVersion")
            first.reply(200, JSON.list([JSON.service("a"), JSON.service("b")], version: 10, next: "T/1=="))
            let second = try await harness.server.next()
            #expect(second.request.query == ["limit": "2", "continue": "T/1=="])
            second.reply(200, JSON.list([JSON.service("c")], version: 10))
            #expect(await harness.change() == "replaced a,b,c")

            let watch = try await harness.server.next()
            #expect(watch.request.query["watch"] == "true")
            #expect(watch.request.query["allowWatchBookmarks"] == "true")
            #expect(watch.request.query["resourceVersion"] == "10")
            #expect(watch.request.query["timeoutSeconds"].flatMap(Int.init).map { (231...290).contains($0) } == true)
            watch.beginStream()
            watch.stream(JSON.event("ADDED", JSON.service("d", version: 11)))
            #expect(await harness.change() == "applied d")
            watch.stream(JSON.event("DELETED", JSON.service("d", version: 12)))
            #expect(await harness.change() == "deleted d")
            #expect(harness.watcher.status.isConnected)
            #expect(harness.watcher.status.hasSynced)
            #expect(harness.watcher.status.listCount == 1)
            #expect(harness.watcher.status.timeSinceLastEvent != nil)
        }
    }

    @Test func oneObjectIsSelectedByField() async throws {
        try await WatcherHarness.run(scope: .object(named: "web", namespace: "n")) { harness in
            let list = try await harness.server.next()
            #expect(list.request.path == "/api/v1/namespaces/n/services")
            #expect(list.request.query["fieldSelector"] == "metadata.name=web")
            list.reply(200, JSON.list([], version: 3))
            #expect(await harness.change() == "replaced ")
            let watch = try await harness.server.next()
            #expect(watch.request.query["fieldSelector"] == "metadata.name=web")
        }
    }

    @Test func bookmarkIsWhereTheNextWatchBegins() async throws {
        try await WatcherHarness.run { harness in
            let watch = try await harness.open()
            watch.stream(JSON.bookmark(77))
            watch.endStream()
            let again = try await harness.verifyThenWatch(version: 77)
            #expect(again.request.query["resourceVersion"] == "77")
        }
    }

    @Test func expiryAsAnEventRelists() async throws {
        try await WatcherHarness.run { harness in
            let watch = try await harness.open()
            watch.stream(JSON.event("ERROR", JSON.status(410, reason: "Expired")))
            let list = try await harness.server.next()
            #expect(list.request.query["resourceVersion"] == "10")
            #expect(list.request.query["resourceVersionMatch"] == "NotOlderThan")
            list.reply(200, JSON.list([JSON.service("z")], version: 50))
            #expect(await harness.change() == "replaced z")
            #expect(try await harness.server.next().request.query["resourceVersion"] == "50")
            #expect(harness.watcher.status.relistCount == 1)
        }
    }

    @Test func expiryAsAStatusRelists() async throws {
        try await WatcherHarness.run { harness in
            try await harness.open().endStream()
            try await harness.verifyThenWatch(version: 10).reply(410, JSON.status(410, reason: "Expired"))
            try await harness.server.next().reply(200, JSON.list([JSON.service("z")], version: 50))
            #expect(await harness.change() == "replaced z")
        }
    }

    @Test func expiredPageListsAllInOne() async throws {
        try await WatcherHarness.run { harness in
            try await harness.server.next().reply(200, JSON.list([JSON.service("old")], version: 10, next: "T"))
            try await harness.server.next().reply(410, JSON.status(410, reason: "Expired"))
            let again = try await harness.server.next()
            #expect(again.request.query == [:])
            again.reply(200, JSON.list([JSON.service("new")], version: 20))
            #expect(await harness.change() == "replaced new")
        }
    }

    @Test func olderDatabaseIsListedFreshly() async throws {
        try await WatcherHarness.run { harness in
            try await harness.open().stream(JSON.event("ERROR", JSON.status(410, reason: "Expired")))
            try await harness.server.next().reply(
                504,
                JSON.status(
                    504, reason: "Timeout", message: "Too large resource version: 10, current: 3",
                    details: #"{"causes":[{"reason":"ResourceVersionTooLarge","message":"m"}],"retryAfterSeconds":1}"#))
            let list = try await harness.server.next()
            #expect(list.request.query["resourceVersion"] == nil)
            list.reply(200, JSON.list([], version: 3))
            #expect(await harness.change() == "replaced ")
        }
    }

    @Test(arguments: [403, 401, 429, 500, 503, 504])
    func refusalIsRetriedAndReported(_ status: Int) async throws {
        try await WatcherHarness.run { harness in
            try await harness.server.next().reply(
                status, JSON.status(status, message: "no"), headers: ["Retry-After": "0"])
            try await harness.server.next().reply(200, JSON.list([JSON.service("a")], version: 10))
            #expect(await harness.change() == "replaced a")
            #expect(harness.watcher.status.errorCount == 1)
            let error = harness.notices.errors.first
            #expect(error?.status == status)
            #expect(error?.isRetryable == true)
            #expect(error?.message.contains("GET /api/v1/services: HTTP \(status): no") == true)
        }
    }

    @Test func refusedWatchGoesOnAtTheSamePlace() async throws {
        try await WatcherHarness.run { harness in
            try await harness.open().reset()
            try await harness.server.next().reply(403, JSON.status(403))
            try await harness.server.next().reply(500, "not a Status")
            let watch = try await harness.verifyThenWatch(version: 10)
            #expect(watch.request.query["resourceVersion"] == "10")
            watch.beginStream()
            watch.stream(JSON.event("MODIFIED", JSON.service("a", version: 11)))
            #expect(await harness.change() == "applied a")
            #expect(harness.watcher.status.reconnectCount == 1)
            #expect(harness.watcher.status.errorCount == 3)
            #expect(harness.watcher.status.relistCount == 0)
            #expect(harness.watcher.status.lastError == nil)
        }
    }

    @Test func refusedConnectionIsRetried() async throws {
        try await WatcherHarness.run { harness in
            let watch = try await harness.open()
            harness.server.stop()
            watch.reset()
            while harness.watcher.status.lastError?.code != .connectionFailed { await Task.yield() }
            #expect(!harness.watcher.status.isConnected)
            #expect(harness.watcher.status.hasSynced)
        }
    }

    @Test func halfALineAtTheEndIsDropped() async throws {
        try await WatcherHarness.run { harness in
            let event = JSON.event("ADDED", JSON.service("b", version: 11))
            let watch = try await harness.open()
            watch.stream(event)
            watch.stream(String(JSON.event("ADDED", JSON.service("lost", version: 12)).prefix(40)))
            watch.endStream()
            #expect(await harness.change() == "applied b")
            let again = try await harness.verifyThenWatch(version: 11)
            #expect(again.request.query["resourceVersion"] == "11")
            #expect(harness.watcher.status.relistCount == 0)
        }
    }

    @Test func streamThatBreaksOffAgainAndAgainLosesNothing() async throws {
        let events = (11...13).map { JSON.event("ADDED", JSON.service("s\($0)", version: $0)) }
        let text = events.joined()
        try await WatcherHarness.run { harness in
            var watch = try await harness.open()
            for cut in stride(from: 1, to: text.count, by: 7) {
                // Each turn sends everything after the version asked for, cut short somewhere.
                let from = Int(watch.request.query["resourceVersion"] ?? "") ?? 0
                let rest = events.suffix(max(0, 13 - from)).joined()
                watch.stream(String(rest.prefix(max(1, min(cut, rest.count)))))
                watch.reset()
                watch = try await harness.verifyThenWatch(version: 13)
                watch.beginStream()
            }
            watch.stream(JSON.event("ADDED", JSON.service("last", version: 99)))
            var seen: [String] = []
            while seen.last != "applied last" { seen.append(await harness.change()) }
            #expect(Set(seen).isSuperset(of: ["applied s11", "applied s12", "applied s13"]))
            #expect(harness.watcher.status.relistCount == 0)
        }
    }

    @Test func garbageInTheStreamRelists() async throws {
        try await WatcherHarness.run { harness in
            let watch = try await harness.open()
            watch.stream("<html>a proxy was here</html>\n")
            let list = try await harness.server.next()
            #expect(list.request.query["watch"] == nil)
            list.reply(200, JSON.list([JSON.service("c")], version: 20))
            #expect(await harness.change() == "replaced c")
        }
    }

    @Test func garbageInAListIsRetried() async throws {
        try await WatcherHarness.run { harness in
            try await harness.server.next().reply(200, "{\"items\":[")
            try await harness.server.next().write("complete nonsense\r\n\r\n")
            try await harness.server.next().reply(200, JSON.list([JSON.service("c")], version: 20))
            #expect(await harness.change() == "replaced c")
        }
    }

    @Test func brokenObjectIsNamedAndSkipped() async throws {
        try await WatcherHarness.run { harness in
            try await harness.server.next().reply(
                200, JSON.list([JSON.service("good"), JSON.service("bad", spec: "17")], version: 10))
            #expect(await harness.change() == "replaced good without n/bad")
            let watch = try await harness.server.next()
            watch.beginStream()
            watch.stream(JSON.event("MODIFIED", JSON.service("worse", version: 11, spec: "[]")))
            watch.stream(JSON.event("MODIFIED", JSON.service("good", version: 12)))
            #expect(await harness.change() == "invalid n/worse")
            #expect(await harness.change() == "applied good")
            #expect(harness.watcher.status.invalidObjectCount == 2)
        }
    }

    @Test func silentWatchIsGivenUp() async throws {
        try await WatcherHarness.run(serverTimeout: .milliseconds(30), idleSlack: .milliseconds(30)) { harness in
            let silent = try await harness.open()
            let again = try await harness.verifyThenWatch(version: 10)
            #expect(again.request.query["resourceVersion"] == "10")
            while harness.watcher.status.errorCount == 0 { await Task.yield() }
            #expect(harness.notices.errors.first?.code == .idle)
            silent.end()
        }
    }

    @Test func silentListIsGivenUp() async throws {
        try await WatcherHarness.run(responseTimeout: .milliseconds(50)) { harness in
            let silent = try await harness.server.next()
            try await harness.server.next().reply(200, JSON.list([JSON.service("a")], version: 10))
            #expect(await harness.change() == "replaced a")
            silent.end()
        }
    }

    @Test func halfListNeverLooksLikeDeletions() async throws {
        try await WatcherHarness.run { harness in
            let watch = try await harness.open(names: ["a", "b", "c"])
            watch.stream(JSON.event("ERROR", JSON.status(410, reason: "Expired")))
            try await harness.server.next().reply(200, JSON.list([JSON.service("a")], version: 20, next: "T"))
            // The second page breaks off in the middle, then comes whole.
            let broken = try await harness.server.next()
            broken.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"items\":[")
            broken.reset()
            // The next server that answers may be another one, so from the beginning.
            let first = try await harness.server.next()
            #expect(first.request.query["continue"] == nil)
            first.reply(200, JSON.list([JSON.service("a")], version: 20, next: "T"))
            try await harness.server.next().reply(200, JSON.list([JSON.service("b")], version: 20))
            #expect(await harness.change() == "replaced a,b")
        }
    }

    @Test func serverWithAnOlderDatabaseIsFoundOutBeforeTheWatchGoesOn() async throws {
        try await WatcherHarness.run { harness in
            try await harness.open(names: ["a", "b"]).reset()
            let question = try await harness.server.next()
            #expect(question.request.query["limit"] == "1")
            #expect(question.request.query["resourceVersion"] == "10")
            #expect(question.request.query["resourceVersionMatch"] == "NotOlderThan")
            let tooLarge = JSON.status(
                504, reason: "Timeout", message: "Too large resource version: 10, current: 4",
                details: #"{"causes":[{"reason":"ResourceVersionTooLarge","message":"m"}]}"#)
            question.reply(504, tooLarge)
            // It may only lag, so once more, from its cache; then from etcd.
            let cached = try await harness.server.next()
            #expect(cached.request.query["limit"] == nil)
            #expect(cached.request.query["resourceVersion"] == "10")
            cached.reply(504, tooLarge)
            let list = try await harness.server.next()
            #expect(list.request.query == [:])
            list.reply(200, JSON.list([JSON.service("a", version: 2)], version: 4))
            #expect(await harness.change() == "replaced a")
            #expect(try await harness.server.next().request.query["resourceVersion"] == "4")
        }
    }

    @Test func rotatedTokenIsSentAfterA401() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("token", "old")
        try await WatcherHarness.run(token: .file(file)) { harness in
            let refused = try await harness.server.next()
            #expect(refused.request.headers["authorization"] == "Bearer old")
            try folder.write("token", "new")
            refused.reply(401, JSON.status(401, reason: "Unauthorized"))
            let again = try await harness.server.next()
            #expect(again.request.headers["authorization"] == "Bearer new")
            again.reply(200, JSON.list([JSON.service("a")], version: 10))
            #expect(await harness.change() == "replaced a")
            #expect(harness.notices.errors.map(\.code) == [.unauthorized])
        }
    }

    @Test func slowReaderHoldsTheStreamBack() async throws {
        let count = 20_000
        try await WatcherHarness.run(bufferLimit: 4) { harness in
            let watch = try await harness.open()
            let padding = String(repeating: "x", count: 500)
            let writer = Thread {
                for index in 0..<count {
                    let spec = #"{"loadBalancerClass":"\#(padding)"}"#
                    watch.stream(JSON.event("MODIFIED", JSON.service("s\(index)", version: 11 + index, spec: spec)))
                }
            }
            writer.start()
            for index in 0..<count {
                let change = await harness.change()
                if change != "applied s\(index)" {
                    Issue.record("\(change) instead of s\(index)")
                    return
                }
            }
        }
    }

    @Test func cancellationEndsRunAndChanges() async throws {
        // The harness cancels and then waits for both.
        try await WatcherHarness.run { harness in
            _ = try await harness.open()
        }
    }

    @Test func shutdownOfTheClientEndsRun() async throws {
        try await WatcherHarness.run { harness in
            let watch = try await harness.open()
            await harness.client.shutdown()
            #expect(await harness.changes.next() == nil)
            watch.end()
        }
    }

    @Test func eachEventIsDeliveredBeforeTheNextIsSent() async throws {
        try await WatcherHarness.run { harness in
            let watch = try await harness.open()
            for version in 11..<211 {
                let text = JSON.event("MODIFIED", JSON.service("a", version: version))
                watch.stream(text)
                guard case .applied(let service)? = await harness.changes.next() else {
                    Issue.record("version \(version) is not an update")
                    return
                }
                #expect(service.metadata.resourceVersion == "\(version)")
            }
        }
    }
}
