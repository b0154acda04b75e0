import KubeSim
import Logging
import Synchronization

/// An API server that can be stopped, and that another one can follow at the same address.
final class ServerHost: Sendable {
    private let state: Mutex<(server: KubeSimServer, run: Task<Void, any Error>)>
    /// The base URL of all of them.
    let url: String
    private let port: Int

    private init(_ server: KubeSimServer, _ run: Task<Void, any Error>, port: Int) {
        self.port = port
        url = server.url(port: port)
        state = Mutex((server, run))
    }

    /// Starts the first one.
    static func start() async throws -> ServerHost {
        let (server, run, port) = try await launch(port: 0)
        return ServerHost(server, run, port: port)
    }

    /// The one that runs, or ran last.
    var current: KubeSimServer { state.withLock { $0.server } }

    /// Ends it: its connections break, and nobody listens any more.
    func stop() async {
        let run = state.withLock { $0.run }
        run.cancel()
        _ = await run.result
    }

    /// Starts another one after `stop()`.
    ///
    /// - Parameter manifest: what it has, as JSON; nil for nothing but the built-in namespaces.
    func startAnother(with manifest: String? = nil) async throws {
        let (server, run, _) = try await Self.launch(port: port, manifest)
        state.withLock { $0 = (server, run) }
    }

    /// All that the server has, with status, for `startAnother`.
    func manifest() throws -> String {
        let store = current.store
        let types: [ResourceType] = [.namespaces, .nodes, .services, .endpointSlices]
        let items = try types.flatMap { try store.list($0).items }
            .filter { !["default", "kube-system"].contains($0.at("metadata", "name")?.string) }
        return JSONValue.object(["kind": "List", "items": .array(items)]).text
    }

    private static func launch(
        port: Int, _ manifest: String? = nil
    ) async throws -> (KubeSimServer, Task<Void, any Error>, Int) {
        var configuration = KubeSimConfiguration()
        configuration.port = port
        let server = KubeSimServer(
            configuration: configuration, logger: Logger(label: "kubesim") { _ in SwiftLogNoOpLogHandler() })
        if let manifest { try server.store.load(manifest) }
        let run = Task { try await server.run() }
        return (server, run, try await server.waitUntilListening())
    }
}
