internal import Bindings
internal import Foundation
internal import NetworkTypes
internal import Northbound
internal import Synchronization

/// Why a call of the module failed.
enum ModuleFailure: Error {
    /// The module answered: it refuses, and the connection is fine.
    case refused(NorthboundError)
    /// No answer that can be understood. What was asked for may have been done.
    case lost(ManagementError)

    /// The failure as callers of a session see it.
    var error: ManagementError {
        switch self {
        case .refused(let refusal): Self.error(refusal)
        case .lost(let error): error
        }
    }

    private static func error(_ refusal: NorthboundError) -> ManagementError {
        let code: ManagementError.Code =
            switch refusal.code {
            case .invalidArgument, .outOfRange: .invalidEdit
            case .unimplemented: .unsupported
            // FRR's own configuration is locked.
            case .unavailable: .locked
            case .deadlineExceeded: .deadlineExceeded
            case .aborted, .unknown, .internal: .aborted
            default: .rejected
            }
        return ManagementError(code, "the module in bgpd refuses: \(refusal.message)")
    }
}

/// One connection with the module, for one run of bgpd: it ends with it and is not made again.
///
/// Calls may come from any thread, and are not given up when the calling task is cancelled.
final class ModuleConnection: Sendable {
    private let client: RequestClient
    private let configuration: ModuleConfiguration
    private let session = UUID().uuidString.prefix(8).lowercased()
    private let counter = Mutex<UInt64>(0)

    /// Begins to connect.
    ///
    /// - Parameter onLoss: called once when the connection breaks, on a thread that must not be held up.
    /// - Throws: `unreachable` when nobody listens, `unresponsive` when that cannot be said.
    init(_ configuration: ModuleConfiguration, onLoss: @escaping @Sendable (String) -> Void)
        async throws(ManagementError)
    {
        self.configuration = configuration
        let path = configuration.socketPath
        // libzmq would try again without saying why.
        do throws(SocketError) { _ = try UnixStreamSocket(connectingTo: path) } catch {
            throw ManagementError(
                error.kind == .unreachable && !error.isBusy ? .unreachable : .unresponsive,
                "the module's socket \(path): \(error)")
        }
        var settings = RequestClientConfiguration(endpoint: .ipc(path: path))
        settings.frameByteLimit = Limits.messageByteCount
        // The session's own heartbeat asks bgpd itself, not only libzmq's thread in it.
        settings.heartbeat = nil
        settings.onConnectionLost = onLoss
        client = RequestClient(configuration: settings) { header in
            let id =
                (try? MessageCodec.decodeReplyHeader(header))?.requestID
                ?? (try? MessageCodec.decodeRequestHeader(header))?.requestID
            return id.map { Array($0.utf8) }
        } hasMore: { header in
            (try? MessageCodec.decodeReplyHeader(header))?.hasMore ?? false
        }
        do throws(TransportError) { try await client.start() } catch {
            throw ManagementError(.unresponsive, error.message)
        }
    }

    /// Closes the socket; calls under way are lost.
    func close() async { await client.close() }

    /// A request id that nobody has used.
    func nextRequestID() -> String {
        let number = counter.withLock {
            $0 += 1
            return $0
        }
        return "\(session)-\(number)"
    }

    // MARK: - Methods

    /// What the module is, and which BGP instances there are.
    func capabilities() async throws(ModuleFailure) -> ServiceCapabilities {
        let reply = try await call(.getCapabilities, body: [])
        guard case .capabilities(let capabilities)? = reply.first, reply.count == 1 else { throw Self.oddReply }
        return capabilities
    }

    /// The name of the run of bgpd.
    func instance() async throws(ModuleFailure) -> String {
        let reply = try await call(.heartbeat, body: [])
        guard case .heartbeat(let pong)? = reply.first, reply.count == 1 else { throw Self.oddReply }
        return pong.instance
    }

    /// Networks of ours and classes, below these paths: as configured, or the networks that BGP has.
    func contents(
        of paths: [String], _ dataset: NorthboundDataset = .config
    ) async throws(ModuleFailure) -> ModuleContents {
        let values = try await values(dataset, paths)
        do throws(NorthboundError) { return try ModuleContents(values) } catch {
            throw .lost(ManagementError(.protocolViolation, "the module's networks cannot be read: \(error.message)"))
        }
    }

    /// Prefixes that BGP has by redistribution of a routing table: of the entries that all paths name, else of our networks
    /// below them.
    func redistributed(below paths: [String]) async throws(ModuleFailure) -> Set<IPPrefix> {
        var prefixes: Set<IPPrefix> = []
        for value in try await values(.state, paths, redistributed: true) {
            guard case .remove(let prefix)? = try? NetworkPath.edit(value) else {
                throw .lost(ManagementError(.protocolViolation, "the module names \(value.path) as redistributed"))
            }
            prefixes.insert(prefix)
        }
        return prefixes
    }

    private func values(
        _ dataset: NorthboundDataset, _ paths: [String], redistributed: Bool? = nil
    ) async throws(ModuleFailure) -> [PathValue] {
        var message = NorthboundWire.GetRequest()
        message.dataset = dataset.wireNumber
        message.paths = paths
        message.redistributed = redistributed
        let body: [UInt8]
        do throws(NorthboundError) { body = try MessageCodec.encode(message) } catch { throw .refused(error) }
        var values: [PathValue] = []
        for part in try await call(.get, body: body) {
            guard case .values(let some, _) = part else { throw Self.oddReply }
            values += some
        }
        return values
    }

    /// Commits a message that `encode` made.
    func commit(_ body: [UInt8], requestID: String) async throws(ModuleFailure) {
        let reply = try await call(.commit, body: body, requestID: requestID, within: configuration.commitDeadline)
        guard case .transaction? = reply.first, reply.count == 1 else { throw Self.oddReply }
    }

    /// The message of a Commit.
    ///
    /// - Throws: a refusal when the edits are more than one message takes.
    static func encode(_ edits: [ModuleEdit]) throws(ModuleFailure) -> [UInt8] {
        do throws(NorthboundError) {
            try MessageCodec.count(edits.count, "CommitRequest.edits", maximum: Limits.editCount)
            var message = NorthboundWire.CommitRequest()
            message.phase = CommitRequest.Phase.all.wireNumber
            message.edits = edits.map(\.wire)
            return try MessageCodec.encode(message)
        } catch {
            throw .refused(error)
        }
    }

    /// Makes sure that nothing of a commit whose answer was lost happens from now on. The module executes a request id
    /// once: an empty commit of the same id comes after the first, or takes its place.
    func settle(_ requestID: String) async throws(ModuleFailure) {
        do throws(ModuleFailure) { try await commit(Self.encode([]), requestID: requestID) } catch {
            // A refusal is the answer that the first one got.
            if case .lost = error { throw error }
        }
    }

    // MARK: - Calls

    private static let oddReply = ModuleFailure.lost(
        ManagementError(.protocolViolation, "the module answered with a reply of the wrong kind"))

    private func call(
        _ method: NorthboundMethod, body: [UInt8], requestID: String? = nil, within limit: Duration? = nil
    ) async throws(ModuleFailure) -> [NorthboundReply] {
        let limit = limit ?? configuration.requestDeadline
        let header = RequestHeader(
            method: method, requestID: requestID ?? nextRequestID(), client: configuration.clientName,
            timeRemaining: limit)
        let request: TransportMessage
        do throws(NorthboundError) {
            request = TransportMessage(header: try MessageCodec.encode(header), body: body)
        } catch {
            throw .refused(error)
        }
        // In a task of its own: a request that was sent is waited for, whatever becomes of the caller.
        let answer = await Task { [client] () -> Result<[TransportMessage], TransportError> in
            do throws(TransportError) {
                return .success(try await client.callForParts(request, deadline: .now + limit))
            } catch {
                return .failure(error)
            }
        }.value
        switch answer {
        case .failure(let error):
            let code: ManagementError.Code = error.code == .deadlineExceeded ? .deadlineExceeded : .disconnected
            throw .lost(ManagementError(code, "the module in bgpd: \(error.message)"))
        case .success(let parts):
            var replies: [NorthboundReply] = []
            for part in parts { replies.append(try Self.decode(part, to: method)) }
            return replies
        }
    }

    /// A refusal is an answer; what cannot be read is none.
    private static func decode(
        _ part: TransportMessage, to method: NorthboundMethod
    ) throws(ModuleFailure) -> NorthboundReply {
        let header: ReplyHeader
        do throws(NorthboundError) { header = try MessageCodec.decodeReplyHeader(part.header) } catch {
            throw unreadable(method, error)
        }
        guard header.status == .ok else { throw .refused(NorthboundError(header.status, header.message)) }
        do throws(NorthboundError) {
            return try MessageCodec.decodeReply(header, to: method, body: part.body)
        } catch {
            throw unreadable(method, error)
        }
    }

    private static func unreadable(_ method: NorthboundMethod, _ error: NorthboundError) -> ModuleFailure {
        .lost(
            ManagementError(
                .protocolViolation, "the module's answer to \(method.rawValue) cannot be read: \(error.message)"))
    }
}
