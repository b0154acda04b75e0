internal import Foundation
internal import Kubernetes
internal import Logging

/// A client of the API server for one command of an operator, with errors that say what to do.
struct OperatorClient {
    /// Runs a closure with a client and shuts it down.
    ///
    /// - Parameter kubeconfig: a path; nil to look for one as `kubectl` does.
    static func with<Value: Sendable>(
        kubeconfig: String?, logger: Logger,
        _ body: (KubernetesClient) async throws(OperatorError) -> Value
    ) async throws(OperatorError) -> Value {
        let client: KubernetesClient
        do throws(KubernetesError) {
            var configuration = try ClientConfiguration.discover(
                kubeconfig: kubeconfig, environment: ProcessInfo.processInfo.environment)
            configuration.userAgent = "cosmolet-operator"
            client = try KubernetesClient(configuration: configuration, logger: logger)
        } catch {
            throw OperatorError(
                .configuration, error.message, hint: "Give the kubeconfig with --kubeconfig FILE or KUBECONFIG.")
        }
        let result: Result<Value, OperatorError>
        do throws(OperatorError) { result = .success(try await body(client)) } catch { result = .failure(error) }
        await client.shutdown()
        return try result.get()
    }
}

extension OperatorError {
    /// Says of a failed request what it means for a person.
    ///
    /// - Parameters:
    ///   - right: the rule of RBAC that the request needs, as YAML in one line.
    ///   - missing: what a 404 means.
    init(_ error: KubernetesError, right: String, missing: String) {
        switch error.code {
        case .forbidden: self.init(.refused, error.message, hint: "The asker needs this rule: \(right)")
        case .notFound: self.init(.refused, error.message, hint: missing)
        case .unauthorized: self.init(.refused, error.message)
        case .connectionFailed, .connectionLost, .timedOut, .idle, .serverError, .tooManyRequests, .tlsFailed:
            self.init(.unreachable, error.message, hint: "Is this the right API server, and does it run?")
        case .configuration, .invalidRequest: self.init(.configuration, error.message)
        default: self.init(.refused, error.message)
        }
    }
}
