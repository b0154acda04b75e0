internal import Foundation

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

/// GET requests to an agent's HTTP port.
public enum HTTPProbe {
    /// One request.
    ///
    /// - Parameter address: `host:port`.
    public static func get(_ address: String, _ path: String) async throws -> (status: Int, body: String) {
        guard let url = URL(string: "http://\(address)\(path)") else {
            throw DeadlineExceeded(description: "\(address)\(path) is no URL")
        }
        let (data, response) = try await URLSession.shared.data(from: url)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    /// Asks `/readyz` until it answers 200.
    ///
    /// - Throws: `DeadlineExceeded` with the last answer.
    public static func waitUntilReady(_ address: String, timeout: Duration = .seconds(30)) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        var last = ""
        while clock.now < deadline {
            let answer = try await get(address, "/readyz?verbose")
            if answer.status == 200 { return }
            last = answer.body
            try await clock.sleep(for: .milliseconds(20))
        }
        throw DeadlineExceeded(description: "\(address) is not ready within \(timeout): \(last)")
    }
}
