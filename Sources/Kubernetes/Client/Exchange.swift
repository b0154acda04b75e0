internal import Bindings

/// One request on its way, with what is needed to read its answer and to give it up.
struct Exchange: Sendable {
    let transfer: Transfer
    /// Keeps the transfer's connections, and has none of them given to a later request.
    let retireConnections: @Sendable () -> Void
    /// Method and path, for messages.
    let summary: String
    let heard: LastHeard

    /// An error answer longer than this is not read to its end.
    private static let errorByteLimit = 1 << 20

    /// Waits for the head of the answer.
    ///
    /// - Returns: one with a status from 200 to 299.
    /// - Throws: the server's account of any other status.
    @discardableResult
    func requireSuccess() async throws(KubernetesError) -> ResponseHead {
        let head: ResponseHead
        do throws(CurlError) {
            head = try await transfer.head()
        } catch {
            throw failure(error)
        }
        heard.mark()
        if (200..<300).contains(head.status) { return head }
        // The status says enough if the rest does not come.
        let body = try? await wholeBody(limit: Self.errorByteLimit)
        throw KubernetesError(
            summary, status: head.status, retryAfterHeader: head.header("Retry-After"), body: body ?? [])
    }

    /// Reads the body to its end.
    func wholeBody(limit: Int) async throws(KubernetesError) -> [UInt8] {
        var body: [UInt8] = []
        while let piece = try await nextPiece() {
            body += piece
            if body.count > limit {
                throw KubernetesError(code: .tooLarge, message: "\(summary): the answer is over \(limit) bytes")
            }
        }
        return body
    }

    /// Reads what has come of the body; nil at its end.
    func nextPiece() async throws(KubernetesError) -> [UInt8]? {
        do throws(CurlError) {
            let piece = try await transfer.next()
            heard.mark()
            return piece
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ error: CurlError) -> KubernetesError {
        if error.code.doubtsConnection { retireConnections() }
        return KubernetesError(summary, error)
    }

    /// Gives the exchange up when the server is silent for too long while `body` runs.
    ///
    /// - Throws: what `body` throws, or `idle`.
    func withSilenceLimit<Value>(
        _ limit: Duration, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws(KubernetesError) -> Value
    ) async throws(KubernetesError) -> Value {
        let (result, isSilent) = await withTaskGroup(of: Bool.self) { group -> (Result<Value, KubernetesError>, Bool) in
            group.addTask {
                guard (try? await heard.waitForSilence(limit)) != nil else { return false }
                retireConnections()
                transfer.cancel()
                return true
            }
            let result: Result<Value, KubernetesError>
            do throws(KubernetesError) {
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
            group.cancelAll()
            return (result, await group.next() == true)
        }
        if case .failure = result, isSilent {
            throw KubernetesError(code: .idle, message: "\(summary): nothing heard for \(limit)")
        }
        return try result.get()
    }
}

extension KubernetesError {
    /// Says of a failed transfer what it means here.
    init(_ request: String, _ error: CurlError) {
        let code: Code =
            switch error.code {
            case .invalidRequest: .invalidRequest
            case .nameNotResolved, .connectFailed: .connectionFailed
            case .tlsFailed, .peerNotVerified: .tlsFailed
            case .timedOut: .timedOut
            case .cancelled: .cancelled
            case .closed: .shutDown
            default: .connectionLost
            }
        var message = "\(request): \(error)"
        if error.code == .peerNotVerified {
            message += "; check the certificate authority and the name in the server URL"
        }
        self.init(code: code, message: message)
    }
}
