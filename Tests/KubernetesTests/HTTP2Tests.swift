import Foundation
import Glibc
import Synchronization
import Testing

@testable import Kubernetes

@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: TLSFront.isAvailable, "needs nghttpx and openssl"))
struct HTTP2Tests {
    private let namespaces = ["n1", "n2", "n3"]

    @Test func everythingSharesOneConnection() async throws {
        try await FrontedServer.run { fronted in
            async let page = fronted.client.list(Service.self, query: ListQuery(limit: 1))
            try await fronted.server.next().reply(200, JSON.list([JSON.service("a")], version: 10))
            #expect(try await page.items.map(\.metadata.name) == ["a"])

            var watches: [(WatchSession<Service>, FakeExchange)] = []
            for namespace in namespaces { watches.append(try await fronted.watch(namespace)) }
            #expect(watches.map(\.0.httpVersion) == ["2", "2", "2"])

            let event = APIRequest(
                method: "POST", path: "/api/v1/namespaces/n/events", body: Array(#"{"kind":"Event"}"#.utf8))
            async let answer = fronted.client.request(event)
            let posted = try await fronted.server.next()
            #expect(posted.request.method == "POST" && posted.request.body == #"{"kind":"Event"}"#)
            posted.reply(201, "{}")
            #expect(try await answer.status == 201)

            for index in watches.indices {
                watches[index].1.stream(JSON.event("ADDED", JSON.service("s\(index)", version: 11)))
                guard case .applied(let object) = try await watches[index].0.next() else {
                    Issue.record("no event")
                    return
                }
                #expect(object.metadata.name == "s\(index)")
            }
            #expect(fronted.relay.acceptedCount == 1)
        }
    }

    @Test func longListsHaveAConnectionWhileTheyLast() async throws {
        try await FrontedServer.run { fronted in
            let (session, watch) = try await fronted.watch("n1")
            for count in 2...3 {
                async let page = fronted.client.list(Service.self)
                try await fronted.server.next().reply(200, JSON.list([JSON.service("a")], version: 10))
                _ = try await page
                #expect(fronted.relay.acceptedCount == count)
                while fronted.relay.openCount > 1 { await Task.yield() }
            }
            #expect(session.httpVersion == "2")
            withExtendedLifetime(watch) {}
        }
    }

    /// The server does not offer it, or we do not.
    @Test(arguments: [("http/1.1", true), ("h2,http/1.1", false)])
    func withoutItEachWatchHasAConnection(_ offers: String, _ offersHTTP2: Bool) async throws {
        try await FrontedServer.run(offers: offers, offersHTTP2: offersHTTP2) { fronted in
            var watches: [(WatchSession<Service>, FakeExchange)] = []
            for namespace in namespaces { watches.append(try await fronted.watch(namespace)) }
            #expect(watches.map(\.0.httpVersion) == ["1.1", "1.1", "1.1"])
            #expect(fronted.relay.acceptedCount == 3)
        }
    }

    @Test func requestsAfterASilentOneGetANewConnection() async throws {
        try await FrontedServer.run { fronted in
            let other = try FakeServer()
            let front = try await fronted.anotherFront(of: other)
            let (session, watch) = try await fronted.watch("n1")
            fronted.relay.lead(to: front.socket)
            fronted.front.signal(SIGSTOP)
            var silent = session
            let error = await #expect(throws: KubernetesError.self) {
                try await silent.exchange.withSilenceLimit(.milliseconds(100)) {
                    () async throws(KubernetesError) in _ = try await silent.next()
                }
            }
            #expect(error?.code == .idle)
            // Two at once: both go to the new server, on one connection.
            async let first = fronted.client.get(Node.self, name: "n1")
            async let second = fronted.client.get(Node.self, name: "n2")
            for _ in 0..<2 {
                let exchange = try await other.next()
                exchange.reply(200, #"{"metadata":{"name":"\#(exchange.request.path.suffix(2))"}}"#)
            }
            #expect(try await [first.metadata.name, second.metadata.name] == ["n1", "n2"])
            #expect(fronted.relay.acceptedCount == 2)
            withExtendedLifetime((front, watch)) { other.stop() }
        }
    }

    @Test func silentConnectionIsLeftByAllItsWatches() async throws {
        try await FrontedServer.run { fronted in
            let other = try FakeServer()
            let front = try await fronted.anotherFront(of: other)
            try await WatcherTrio.run(fronted.client, namespaces, serverTimeout: .seconds(5)) { trio in
                let watches = try await trio.open(fronted.server)
                let count = fronted.relay.acceptedCount
                for (namespace, watch) in watches {
                    watch.stream(JSON.event("ADDED", JSON.service("b-\(namespace)", version: 11)))
                }
                await trio.expect { "applied b-\($0)" }
                fronted.relay.lead(to: front.socket)
                fronted.front.signal(SIGSTOP)
                // Kept, as an exchange that is dropped closes its connection.
                let resumed = try await trio.resume(other, version: "11")
                for (namespace, watch) in resumed {
                    watch.stream(JSON.event("ADDED", JSON.service("c-\(namespace)", version: 12)))
                }
                await trio.expect { "applied c-\($0)" }
                #expect(fronted.relay.acceptedCount == count + 1)
                withExtendedLifetime((front, watches, resumed)) { other.stop() }
            }
        }
    }

    @Test func cutConnectionLosesNothing() async throws {
        try await FrontedServer.run { fronted in
            try await WatcherTrio.run(fronted.client, namespaces) { trio in
                var watches = try await trio.open(fronted.server)
                let count = fronted.relay.acceptedCount
                for version in 11...14 {
                    for (namespace, watch) in watches {
                        watch.stream(JSON.event("ADDED", JSON.service("s\(version)-\(namespace)", version: version)))
                    }
                    await trio.expect { "applied s\(version)-\($0)" }
                    fronted.relay.cut()
                    watches = try await trio.resume(fronted.server, version: "\(version)")
                    #expect(fronted.relay.acceptedCount == count + version - 10)
                }
            }
        }
    }

    @Test func serverThatStopsInOrderIsLeftStreamByStream() async throws {
        try await FrontedServer.run(isOneProcess: false) { fronted in
            let front = try await fronted.anotherFront(of: fronted.server)
            try await WatcherTrio.run(fronted.client, namespaces) { trio in
                let watches = try await trio.open(fronted.server)
                let count = fronted.relay.acceptedCount
                // GOAWAY: what runs goes on, what is new goes elsewhere.
                fronted.relay.lead(to: front.socket)
                fronted.front.signal(SIGQUIT)
                while fronted.relay.acceptedCount == count {
                    async let node = fronted.client.get(Node.self, name: "n")
                    try await fronted.server.next().reply(200, #"{"metadata":{"name":"n"}}"#)
                    _ = try await node
                }
                for (namespace, watch) in watches {
                    watch.stream(JSON.event("ADDED", JSON.service("b-\(namespace)", version: 11)))
                }
                await trio.expect { "applied b-\($0)" }
                for watch in watches.values { watch.endStream() }
                // Kept, as an exchange that is dropped closes its connection.
                let resumed = try await trio.resume(fronted.server, version: "11")
                for (namespace, watch) in resumed {
                    watch.stream(JSON.event("ADDED", JSON.service("c-\(namespace)", version: 12)))
                }
                await trio.expect { "applied c-\($0)" }
                #expect(fronted.relay.acceptedCount == count + 1)
                withExtendedLifetime((front, resumed)) {}
            }
        }
    }

    @Test func slowReaderDoesNotHoldUpTheOthers() async throws {
        try await FrontedServer.run { fronted in
            let (slowSession, slowEnd) = try await fronted.watch("n1")
            let (quickSession, quickEnd) = try await fronted.watch("n2")
            var (slow, quick) = (slowSession, quickSession)
            let filling = String(repeating: "x", count: 48 << 10)
            let total = 2000
            let sent = Mutex(0)
            let isSent = Mutex(false)
            Thread.detachNewThread {
                for index in 0..<total {
                    let text = #"{"metadata":{"name":"s","namespace":"n","resourceVersion":"\#(index)","annotations":"#
                    slowEnd.stream(JSON.event("MODIFIED", text + #"{"filling":"\#(filling)"}}}"#))
                    sent.withLock { $0 = index + 1 }
                }
                isSent.withLock { $0 = true }
            }
            // Far more than the client keeps of an answer: it is paused.
            while sent.withLock({ $0 }) < 400 { await Task.yield() }
            for version in 0..<100 {
                quickEnd.stream(JSON.event("ADDED", JSON.service("q", version: version)))
                guard case .applied(let object) = try await quick.next() else {
                    Issue.record("no event")
                    return
                }
                #expect(object.metadata.resourceVersion == "\(version)")
            }
            #expect(!isSent.withLock { $0 }, "the server is held back")
            for version in 0..<total {
                guard case .applied(let object) = try await slow.next() else {
                    Issue.record("no event \(version)")
                    return
                }
                #expect(object.metadata.resourceVersion == "\(version)")
            }
            #expect(fronted.relay.acceptedCount == 1)
        }
    }
}

/// Watchers of Services of several namespaces, over one client.
private struct WatcherTrio {
    let namespaces: [String]
    private var changes: [String: AsyncStream<ResourceChange<Service>>.Iterator] = [:]

    private init(_ namespaces: [String]) { self.namespaces = namespaces }

    static func run(
        _ client: KubernetesClient, _ namespaces: [String], serverTimeout: Duration = .seconds(290),
        _ body: (inout WatcherTrio) async throws -> Void
    ) async throws {
        var trio = WatcherTrio(namespaces)
        let watchers = namespaces.map { namespace in
            ResourceWatcher<Service>(
                client: client, scope: ResourceScope(namespace: namespace), serverTimeout: serverTimeout,
                idleSlack: .milliseconds(100), backoff: Backoff(initial: .milliseconds(1), cap: .milliseconds(5)),
                seed: 1, logger: quietLogger)
        }
        for (namespace, watcher) in zip(namespaces, watchers) {
            trio.changes[namespace] = watcher.changes.makeAsyncIterator()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for watcher in watchers { group.addTask { await watcher.run() } }
            var failure: (any Error)?
            do { try await body(&trio) } catch { failure = error }
            group.cancelAll()
            if let failure { throw failure }
        }
    }

    /// Answers the first lists and opens the first watches.
    mutating func open(_ server: FakeServer) async throws -> [String: FakeExchange] {
        let watches = try await answer(server) { _ in JSON.list([JSON.service("a")], version: 10) }
        await expect { _ in "replaced a" }
        return watches
    }

    /// Answers the question whether the server knows their place, and takes the watches that go on from there.
    func resume(_ server: FakeServer, version: String) async throws -> [String: FakeExchange] {
        let watches = try await answer(server) { request in
            #expect(request.query["limit"] == "1" && request.query["resourceVersion"] == version)
            return JSON.list([], version: Int(version) ?? 0)
        }
        #expect(watches.values.allSatisfy { $0.request.query["resourceVersion"] == version })
        return watches
    }

    /// What each watcher tells next.
    mutating func expect(_ words: (String) -> String) async {
        for namespace in namespaces {
            #expect(word(await changes[namespace]?.next()) == words(namespace))
        }
    }

    /// Answers lists until each watcher has a watch.
    private func answer(
        _ server: FakeServer, _ list: (FakeExchange.Request) -> String
    ) async throws -> [String: FakeExchange] {
        var watches: [String: FakeExchange] = [:]
        while watches.count < namespaces.count {
            let exchange = try await server.next()
            if exchange.request.query["watch"] == "true" {
                let namespace = exchange.request.path.split(separator: "/")[3]
                exchange.beginStream()
                watches[String(namespace)] = exchange
            } else {
                exchange.reply(200, list(exchange.request))
            }
        }
        return watches
    }
}
