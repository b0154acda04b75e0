internal import Foundation
internal import Synchronization

/// Gives the bearer token of each request. A token file is read each time, since the kubelet replaces it before the
/// token expires; requests are rare, as watches last for minutes.
final class TokenSource: Sendable {
    private let token: ClientConfiguration.Token?
    private let lastRead = Mutex<String?>(nil)

    init(_ token: ClientConfiguration.Token?) {
        self.token = token
    }

    /// The token now; nil if none is configured.
    ///
    /// - Throws: `configuration` when the file cannot be read and never could. While it is being replaced, the token
    ///   read before is used.
    func current() throws(KubernetesError) -> String? {
        switch token {
        case nil: return nil
        case .value(let value)?: return value
        case .file(let path)?:
            let text = try? String(contentsOfFile: path, encoding: .utf8)
            let value = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
            let usable = lastRead.withLock { last in
                if !value.isEmpty { last = value }
                return last
            }
            guard let usable else {
                throw KubernetesError(
                    code: .configuration, message: "token file \(path): cannot be read or is empty")
            }
            return usable
        }
    }
}
