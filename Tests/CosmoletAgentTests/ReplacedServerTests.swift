import CosmoletTesting
import KubeSim
import Kubernetes
import Logging
import Testing

/// The watcher against KubeSim, which is replaced by servers with older databases.
@Suite(.timeLimit(.minutes(2))) struct ReplacedServerTests {
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func create(_ name: String, in store: ObjectStore) throws {
        try store.create(
            .services, namespace: "default",
            object: try JSONValue(
                parsing: """
                    {"apiVersion":"v1","kind":"Service","metadata":{"name":"\(name)"},"spec":{"ports":[{"port":80}]}}
                    """))
    }

    /// Follows Services while the server is changed; gives back what the replacements held.
    private func follow(
        _ body: @Sendable (KubeSimServer, Observed<[[String]]>) async throws -> Void
    ) async throws {
        try await withKubeSim { server, url in
            server.store.reset(resourceVersion: 1000)
            for name in ["a", "b", "c"] { try create(name, in: server.store) }
            let client = try KubernetesClient(configuration: ClientConfiguration(server: url), logger: quiet)
            let watcher = ResourceWatcher<Kubernetes.Service>(
                client: client, backoff: Backoff(initial: .milliseconds(1), cap: .milliseconds(20)), logger: quiet)
            let replacements = Observed<[[String]]>([])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await watcher.run() }
                group.addTask {
                    for await change in watcher.changes {
                        guard case .replaced(let all, _) = change else { continue }
                        replacements.update { $0.append(all.map(\.metadata.name).sorted()) }
                    }
                }
                try await server.store.waitForWatches(.services, atLeast: 1)
                try await body(server, replacements)
                group.cancelAll()
                await client.shutdown()
            }
        }
    }

    @Test func serverWithAnOlderDatabaseIsListedAnew() async throws {
        try await follow { server, replacements in
            // In one step for whoever asks: an older version, and less in it.
            server.store.reset(resourceVersion: 3)
            _ = try await replacements.wait(for: "the list of the older server") { $0.last == [] }
            try await server.store.waitForWatches(.services, atLeast: 1)
            // It is followed from where it is, not from where the old one was.
            try create("late", in: server.store)
            server.faults.inject(Fault(.expireHistory))
            server.faults.inject(Fault(.dropWatches))
            _ = try await replacements.wait(for: "the list after it expired") { $0.last == ["late"] }
        }
    }

    @Test func watchThatBreaksCostsAListOfOneObject() async throws {
        try await follow { server, replacements in
            server.faults.inject(Fault(.dropWatches))
            try await server.requestLog.wait { $0.count { $0.verb == "watch" } == 2 }
            let lists = server.requestLog.entries.filter { $0.verb == "list" }.map(\.query)
            #expect(lists.count == 2)
            #expect(lists.last?.contains("limit=1&") == true, "\(lists)")
            #expect(replacements.value == [["a", "b", "c"]])
        }
    }
}
