internal import Foundation
public import Northbound
internal import Synchronization

/// The northbound API of a service in another process.
///
/// Any number of calls at a time. A call that gets no answer in time throws `deadlineExceeded`; when the connection breaks
/// under it, `unavailable`. After either, a Commit may be repeated with the same request id: it is executed once.
public final class NorthboundClient: NorthboundAPI {
    private let transport: RequestClient
    private let client: String
    private let deadline: Duration
    private let commitDeadline: Duration
    private let instance = UUID().uuidString.prefix(8).lowercased()
    private let counter = Mutex<UInt64>(0)

    /// Makes a client; connects only with `start()`.
    ///
    /// - Parameters:
    ///   - client: who asks, as records and leases name it.
    ///   - deadline: for all calls but those that commit.
    ///   - commitDeadline: for Commit, RollbackTo and ConfirmCommit, which may wait behind others and for FRR's locks.
    public init(
        configuration: RequestClientConfiguration, client: String, deadline: Duration = .seconds(10),
        commitDeadline: Duration = .seconds(60)
    ) {
        var configuration = configuration
        configuration.frameByteLimit = Limits.messageByteCount
        transport = RequestClient(configuration: configuration) { header in
            // Requests and replies have headers of their own.
            let id =
                (try? MessageCodec.decodeReplyHeader(header))?.requestID
                ?? (try? MessageCodec.decodeRequestHeader(header))?.requestID
            return id.map { Array($0.utf8) }
        } hasMore: { header in
            (try? MessageCodec.decodeReplyHeader(header))?.hasMore ?? false
        }
        self.client = client
        self.deadline = deadline
        self.commitDeadline = commitDeadline
    }

    /// Begins to connect, without waiting for it.
    public func start() async throws(NorthboundError) {
        do { try await transport.start() } catch { throw Self.error(error) }
    }

    /// Ends all calls and closes the socket.
    public func close() async { await transport.close() }

    // MARK: - NorthboundAPI

    /// The last sequence number of the journal, by a heartbeat.
    public func journalSequence() async throws(NorthboundError) -> Int64? { try await heartbeat().journalSequence }

    /// Asks whether the service lives, and which run of it.
    public func heartbeat() async throws(NorthboundError) -> HeartbeatReply {
        guard case .heartbeat(let answer) = try await call(.heartbeat(sequence: counter.withLock { $0 })) else {
            throw Self.oddReply
        }
        return answer
    }

    /// What the service is and allows.
    public func capabilities() async throws(NorthboundError) -> ServiceCapabilities {
        guard case .capabilities(let answer) = try await call(.getCapabilities) else { throw Self.oddReply }
        return answer
    }

    /// Networks of ours, of one moment, however many.
    public func get(_ request: GetRequest) async throws(NorthboundError) -> Set<Network> {
        var networks: Set<Network> = []
        for part in try await parts(.get(request), requestID: nextID(), within: deadline) {
            guard case .values(let values, _) = part else { throw Self.oddReply }
            networks.formUnion(try MessageCodec.networks(values))
        }
        return networks
    }

    /// A new empty candidate.
    public func createCandidate(client: String) async throws(NorthboundError) -> UInt64 {
        guard case .candidate(let id) = try await call(.createCandidate) else { throw Self.oddReply }
        return id
    }

    /// Appends edits to a candidate.
    public func editCandidate(
        _ candidate: UInt64, client: String, edits: [NetworkEdit]
    ) async throws(NorthboundError) {
        _ = try await call(.editCandidate(candidate, edits: edits))
    }

    /// Forgets a candidate.
    public func deleteCandidate(_ candidate: UInt64, client: String) async throws(NorthboundError) {
        _ = try await call(.deleteCandidate(candidate))
    }

    /// Commits under the request's own id, within the time that it says, else the client's own.
    public func commit(_ request: CommitRequest) async throws(NorthboundError) -> TransactionRecord {
        var request = request
        request.client = client
        return try await record(
            .commit(request, expectedGeneration: nil), requestID: request.requestID,
            within: request.timeRemaining ?? commitDeadline)
    }

    /// Keeps a commit that was made with a confirm timeout.
    public func confirmCommit(id: String, client: String) async throws(NorthboundError) -> TransactionRecord {
        try await record(.confirmCommit(id: id), requestID: nextID(), within: commitDeadline)
    }

    /// Records of the journal, over as many pages as the filter's limit needs.
    public func listTransactions(_ filter: TransactionFilter) async throws(NorthboundError) -> [TransactionRecord] {
        var page = filter
        var records: [TransactionRecord] = []
        while true {
            guard case .transactions(let part, let next) = try await call(.listTransactions(page)) else {
                throw Self.oddReply
            }
            records += part
            guard let next, records.count < filter.limit else { return records }
            if filter.isNewestFirst { page.beforeSequence = next } else { page.afterSequence = next }
            page.limit = filter.limit - records.count
        }
    }

    /// One record.
    public func transaction(id: String) async throws(NorthboundError) -> TransactionRecord {
        try await record(.getTransaction(id: id), requestID: nextID(), within: deadline)
    }

    /// Brings the announcements back to what they were right after a transaction.
    public func rollback(
        to id: String, requestID: String, client: String, timeRemaining: Duration?
    ) async throws(NorthboundError) -> TransactionRecord {
        try await record(.rollbackTo(id: id), requestID: requestID, within: timeRemaining ?? commitDeadline)
    }

    /// Refuses commits of all others.
    public func lock(client: String) async throws(NorthboundError) { _ = try await call(.lockConfig) }

    /// Ends `lock`.
    public func unlock(client: String) async throws(NorthboundError) { _ = try await call(.unlockConfig) }

    /// Tells that this client is alive.
    public func renewLease(client: String) async throws(NorthboundError) { _ = try await call(.renewLease) }

    // MARK: - Calls

    private static let oddReply = NorthboundError(.internal, "the northbound answered with a reply of the wrong kind")

    private func nextID() -> String {
        let number = counter.withLock {
            $0 += 1
            return $0
        }
        return "\(instance)-\(number)"
    }

    private func call(_ request: NorthboundRequest) async throws(NorthboundError) -> NorthboundReply {
        try await call(request, requestID: nextID(), within: deadline)
    }

    private func record(
        _ request: NorthboundRequest, requestID: String, within limit: Duration
    ) async throws(NorthboundError) -> TransactionRecord {
        guard case .transaction(let record?, _) = try await call(request, requestID: requestID, within: limit) else {
            throw Self.oddReply
        }
        return record
    }

    private func call(
        _ request: NorthboundRequest, requestID: String, within limit: Duration
    ) async throws(NorthboundError) -> NorthboundReply {
        let parts = try await parts(request, requestID: requestID, within: limit)
        guard parts.count == 1 else { throw Self.oddReply }
        return parts[0]
    }

    private func parts(
        _ request: NorthboundRequest, requestID: String, within limit: Duration
    ) async throws(NorthboundError) -> [NorthboundReply] {
        let frames = try MessageCodec.encode(
            request, requestID: requestID, client: client, timeRemaining: limit)
        let answers: [TransportMessage]
        do throws(TransportError) {
            answers = try await transport.callForParts(
                TransportMessage(frames), deadline: ContinuousClock.now + limit)
        } catch {
            throw Self.error(error)
        }
        var replies: [NorthboundReply] = []
        for answer in answers {
            replies.append(
                try MessageCodec.decodeReply(
                    MessageCodec.decodeReplyHeader(answer.header), to: request.method, body: answer.body))
        }
        return replies
    }

    private static func error(_ error: TransportError) -> NorthboundError {
        let code: StatusCode =
            switch error.code {
            case .deadlineExceeded: .deadlineExceeded
            case .cancelled: .cancelled
            case .connectionLost, .closed: .unavailable
            case .tooManyPending: .resourceExhausted
            case .insecure, .invalidConfiguration, .invalidRequest: .invalidArgument
            case .forbidden: .permissionDenied
            default: .unavailable
            }
        return NorthboundError(code, error.message)
    }
}
