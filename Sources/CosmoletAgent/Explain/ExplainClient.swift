internal import Bindings
internal import Foundation

/// Asks a running agent for an explanation, by its HTTP port.
public struct ExplainClient: Sendable {
    private let address: HTTPAddress
    private let timeout: Duration

    /// An answer of a thousand Services is some megabytes.
    private static let byteLimit = 64 << 20

    /// Makes a client. An address that an agent listens on everywhere, such as `0.0.0.0`, is asked on loopback.
    public init(_ address: HTTPAddress, timeout: Duration = .seconds(10)) {
        self.address =
            switch address.host {
            case "0.0.0.0": HTTPAddress(host: "127.0.0.1", port: address.port)
            case "::": HTTPAddress(host: "::1", port: address.port)
            default: address
            }
        self.timeout = timeout
    }

    /// Asks.
    ///
    /// - Throws: `unreachable` when no agent answers there, `refused` when it will not.
    public func explain(_ query: ExplainQuery) async throws(OperatorError) -> Explanation {
        let (status, body) = try await get(query)
        switch status {
        case 200, 404:
            // A 404 without an explanation is another program's, or an older agent's.
            if let explanation = try? JSONDecoder().decode(Explanation.self, from: Data(body)) { return explanation }
            throw OperatorError(
                .refused, "http://\(address)/explain: HTTP \(status), and no explanation",
                hint: "Is this the agent's port (--http, default 127.0.0.1:9723), and the agent of this release?")
        default:
            let answer = try? JSONDecoder().decode([String: String].self, from: Data(body))
            throw OperatorError(
                .refused, "http://\(address)/explain: HTTP \(status)" + (answer?["error"].map { ": \($0)" } ?? ""),
                hint: status == 403 ? "Run it on the node, or in the agent's pod." : nil)
        }
    }

    private func get(_ query: ExplainQuery) async throws(OperatorError) -> (status: Int, body: [UInt8]) {
        do throws(CurlError) {
            let loop = try TransferLoop(name: "explain")
            let result: Result<(Int, [UInt8]), CurlError>
            do throws(CurlError) {
                result = .success(try await get(query, loop))
            } catch {
                result = .failure(error)
            }
            await loop.close()
            return try result.get()
        } catch {
            throw OperatorError(
                .unreachable, "http://\(address)/explain: \(error)",
                hint: "Does cosmolet agent run here, and does it listen there (--http)?")
        }
    }

    private func get(_ query: ExplainQuery, _ loop: TransferLoop) async throws(CurlError) -> (Int, [UInt8]) {
        var components = URLComponents()
        components.queryItems = query.parameters.map { URLQueryItem(name: $0.name, value: $0.value) }
        let request = TransferRequest(
            url: "http://\(address)/explain?" + (components.percentEncodedQuery ?? ""),
            headers: [.init(name: "Accept", value: "application/json")], connectTimeout: min(timeout, .seconds(3)),
            totalTimeout: timeout)
        let transfer = try await loop.start(request)
        let head = try await transfer.head()
        var body: [UInt8] = []
        while body.count <= Self.byteLimit, let piece = try await transfer.next() { body += piece }
        return (head.status, body)
    }
}
