public import Logging

/// Runs a server for the length of a closure, then stops it. For tests.
///
/// - Parameters:
///   - configuration: how to listen; by default plain HTTP on an ephemeral port.
///   - logger: where the server logs; by default nowhere.
///   - body: gets the running server and its base URL, for instance `http://127.0.0.1:40001`.
/// - Returns: what the closure returns, after the server has stopped.
/// - Throws: what the closure throws, or what kept the server from listening.
public func withKubeSim<Value: Sendable>(
    _ configuration: KubeSimConfiguration = KubeSimConfiguration(),
    logger: Logger = Logger(label: "kubesim", factory: { _ in SwiftLogNoOpLogHandler() }),
    _ body: @Sendable (_ server: KubeSimServer, _ url: String) async throws -> Value
) async throws -> Value {
    let server = KubeSimServer(configuration: configuration, logger: logger)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        let result: Result<Value, any Error>
        do {
            let port = try await server.waitUntilListening()
            result = .success(try await body(server, server.url(port: port)))
        } catch {
            result = .failure(error)
        }
        group.cancelAll()
        do {
            try await group.waitForAll()
        } catch  where error is CancellationError {
            // That is how it was asked to end.
        } catch {
            if case .success = result { throw error }
        }
        return try result.get()
    }
}
