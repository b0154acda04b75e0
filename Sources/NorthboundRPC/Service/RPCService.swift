public import Northbound

/// Answers requests of the northbound API that come as messages: the service's end of the wire.
///
/// Calls run as many at a time as the transport hands over, with two exceptions:
/// - of one peer's reads one, as they share the journal's connections and the processor with everybody's commits, and a
///   peer that floods shall wait for itself only;
/// - of all peers' transactions `transactionsAtOnce`. The others wait as the bytes they came in, which take a tenth of the
///   memory of a call that has begun.
///
/// The order of commits is the API's business.
public struct RPCService: Sendable {
    private let api: any NorthboundAPI
    private let instance: String
    private let uptime: @Sendable () -> Duration
    private let reads = Turns<[UInt8]>(atOnce: 1)
    private let transactions = Turns<Int>(atOnce: Self.transactionsAtOnce)

    /// As many as are worth sharing one transaction of FRR.
    private static let transactionsAtOnce = 256

    /// Makes a service.
    ///
    /// - Parameter instance: name of this process's life; a client that sees another one knows that leases and candidates
    ///   are gone.
    ///   - uptime: monotonic time since any moment.
    public init(
        _ api: any NorthboundAPI, instance: String, uptime: @escaping @Sendable () -> Duration = RPCService.systemUptime
    ) {
        self.api = api
        self.instance = instance
        self.uptime = uptime
    }

    private static let start = ContinuousClock.now

    /// Since the first call.
    @Sendable public static func systemUptime() -> Duration { start.duration(to: .now) }

    /// A server that answers with this service.
    public func makeServer(_ configuration: RequestServerConfiguration) -> RequestServer {
        var configuration = configuration
        configuration.frameByteLimit = Limits.messageByteCount
        configuration.requestByteLimit = max(configuration.requestByteLimit, 4 * Limits.messageByteCount)
        return RequestServer(
            configuration: configuration,
            refusalReply: { refusal, frames in Self.refuse(refusal, frames) },
            handler: { peer, message in await answerInTurn(message, from: peer) })
    }

    /// Small on purpose: its frame is what a waiting transaction costs.
    private func answerInTurn(_ message: TransportMessage, from peer: TransportPeer) async -> [TransportMessage] {
        guard Self.isTransaction(message) else { return await answer(message, from: peer, receivedAt: uptime()) }
        let receivedAt = uptime()
        await transactions.take(0)
        defer { transactions.end(0) }
        return await answer(message, from: peer, receivedAt: receivedAt)
    }

    private static func isTransaction(_ message: TransportMessage) -> Bool {
        guard let header = try? MessageCodec.decodeRequestHeader(message.header) else { return false }
        return NorthboundMethod(rawValue: header.method)?.isTransaction ?? false
    }

    private static func refuse(_ refusal: RequestRefusal, _ frames: [[UInt8]]) -> TransportMessage? {
        let header = frames.first.flatMap { try? MessageCodec.decodeRequestHeader($0) }
        let error = NorthboundError(.resourceExhausted, "the request was not taken: \(refusal)")
        return TransportMessage(MessageCodec.encode(failure: error, requestID: header?.requestID ?? ""))
    }

    /// The frames that answer a request; never empty, never throws.
    private func answer(
        _ message: TransportMessage, from peer: TransportPeer, receivedAt: Duration
    ) async -> [TransportMessage] {
        var requestID = ""
        do throws(NorthboundError) {
            var header = try MessageCodec.decodeRequestHeader(message.header)
            requestID = header.requestID
            // The client counts from when it asked; what was waited for here is over.
            if let time = header.timeRemaining { header.timeRemaining = max(.zero, time - (uptime() - receivedAt)) }
            // A key says who it is; a header only claims it.
            if case .curve(_, let name) = peer.credentials, !name.isEmpty { header.client = name }
            let request = try MessageCodec.decodeRequest(header, body: message.body)
            let isRead = NorthboundMethod(rawValue: header.method)?.isRead ?? false
            if isRead { await reads.take(peer.routingID) }
            defer { if isRead { reads.end(peer.routingID) } }
            let reply = try await perform(request, header)
            return try MessageCodec.encode(reply, requestID: requestID).map(TransportMessage.init)
        } catch {
            return [TransportMessage(MessageCodec.encode(failure: error, requestID: requestID))]
        }
    }

    private func perform(
        _ request: NorthboundRequest, _ header: RequestHeader
    ) async throws(NorthboundError) -> NorthboundReply {
        let client = header.client
        switch request {
        case .heartbeat(let sequence):
            return .heartbeat(
                HeartbeatReply(
                    sequence: sequence, instance: instance, journalSequence: try await api.journalSequence()))
        case .getCapabilities: return .capabilities(try await api.capabilities())
        case .get(let get): return MessageCodec.values(try await api.get(get))
        case .createCandidate: return .candidate(try await api.createCandidate(client: client))
        case .editCandidate(let candidate, let edits):
            try await api.editCandidate(candidate, client: client, edits: edits)
        case .deleteCandidate(let candidate): try await api.deleteCandidate(candidate, client: client)
        case .commit(var commit, let expectedGeneration):
            guard expectedGeneration == nil else {
                throw NorthboundError(.failedPrecondition, "this service has no generations to compare with")
            }
            commit.client = client
            commit.timeRemaining = header.timeRemaining
            return .transaction(try await api.commit(commit), generation: nil)
        case .confirmCommit(let id):
            return .transaction(try await api.confirmCommit(id: id, client: client), generation: nil)
        case .listTransactions(let filter): return try await list(filter)
        case .getTransaction(let id): return .transaction(try await api.transaction(id: id), generation: nil)
        case .rollbackTo(let id):
            let record = try await api.rollback(
                to: id, requestID: header.requestID, client: client, timeRemaining: header.timeRemaining)
            return .transaction(record, generation: nil)
        case .lockConfig: try await api.lock(client: client)
        case .unlockConfig: try await api.unlock(client: client)
        case .renewLease: try await api.renewLease(client: client)
        }
        return .done
    }

    /// One page; `next` is the cursor of the following one. The codec cuts a page that has too many bytes.
    private func list(_ filter: TransactionFilter) async throws(NorthboundError) -> NorthboundReply {
        var page = filter
        page.limit = min(filter.limit, Limits.pageRecordCount)
        let records = try await api.listTransactions(page)
        return .transactions(records, next: records.count == page.limit ? records.last?.sequence : nil)
    }
}

extension TransportMessage {
    init(_ frames: MessageFrames) {
        self.init(header: frames.header, body: frames.body)
    }
}
