internal import Bindings
internal import Northbound

/// A wire dialect: turns requests into frames and frames into replies. Pure, without I/O or state.
enum Dialect: Sendable, Hashable {
    /// FRR 9.0 to 10.3. From 10.0 on, data is read with native messages that carry the protobuf session's id.
    case protobuf(hasNativeReads: Bool)
    /// FRR 10.4 and later.
    case native

    /// The name for people and metrics.
    var name: String {
        switch self {
        case .protobuf: "protobuf"
        case .native: "native"
        }
    }

    /// True when data is read with GET_DATA, so that state can be read too.
    var hasNativeReads: Bool { self != .protobuf(hasNativeReads: false) }

    /// Numbers of the datastores in native messages of this dialect's releases.
    var nativeDatastores: DatastoreNumbers { self == .native ? .from10r4 : .upTo10r3 }

    // MARK: - Requests

    /// The frame of a request.
    ///
    /// - Throws: `unsupported` when the dialect has no such request.
    func frame(_ request: Request, session: UInt64, id: UInt64) throws(ManagementError) -> Frame {
        switch self {
        case .native: Frame(version: .native, body: nativeBody(request, session: session, id: id))
        case .protobuf(let hasNativeReads):
            if hasNativeReads, request.isRead {
                Frame(version: .native, body: nativeBody(request, session: session, id: id))
            } else {
                Frame(version: .protobuf, body: try protobufMessage(request, session: session, id: id).encoded())
            }
        }
    }

    private func protobufMessage(
        _ request: Request, session: UInt64, id: UInt64
    ) throws(ManagementError) -> FrontEndMessage {
        let numbers = DatastoreNumbers.from10r4
        switch request {
        case .createSession:
            return .createSession(clientConnectionID: id)
        case .lock(let datastore, let take):
            return .lock(sessionID: session, requestID: id, datastore: Int32(numbers.number(datastore)), take: take)
        case .edit(.leaves(let edits)):
            let entries = edits.map { edit -> FrontEndMessage.LeafEdit in
                switch edit {
                case .set(let path, let value): .set(path: path, value: value)
                case .remove(let path): .remove(path: path)
                }
            }
            return .setConfig(sessionID: session, requestID: id, edits: entries)
        case .commit(let action):
            return .commit(
                sessionID: session, requestID: id, validateOnly: action == .validate, abort: action == .abort)
        case .readConfiguration(let path):
            return .get(sessionID: session, requestID: id, datastore: Int32(numbers.running), paths: [path])
        case .edit(.tree), .resolve, .readState, .readOperational:
            // One family of edits per session (hazard 9), and 9.x has neither state nor schema reads.
            throw ManagementError(.unsupported, "the protobuf dialect of this FRR has no such request")
        }
    }

    private func nativeBody(_ request: Request, session: UInt64, id: UInt64) -> [UInt8] {
        let numbers = nativeDatastores
        switch request {
        case .createSession(let clientName):
            return NativeMessage(
                code: NativeMessage.Code.sessionRequest, session: 0, request: id,
                payload: [UInt8](repeating: 0, count: 8) + cString(clientName)
            ).encoded
        case .lock(let datastore, let take):
            return NativeMessage(
                code: NativeMessage.Code.lock, session: session, request: id,
                payload: [numbers.number(datastore), take ? 1 : 0, 0, 0, 0, 0, 0, 0]
            ).encoded
        case .edit(let batch):
            return nativeEdit(batch, session: session, id: id).encoded
        case .commit(let action):
            // The byte after the action restores the candidate when an apply fails; it does not release locks.
            return NativeMessage(
                code: NativeMessage.Code.commit, session: session, request: id,
                payload: [
                    numbers.candidate, numbers.running, action.rawValue, action == .apply ? 1 : 0, 0, 0, 0, 0,
                ]
            ).encoded
        case .readConfiguration(let path):
            return read(path, flags: [.configuration, .exact], .running, session: session, id: id)
        case .resolve(let path):
            return read(path, flags: [], .running, session: session, id: id)
        case .readState(let path):
            return read(path, flags: [.state], .operational, session: session, id: id)
        case .readOperational(let path):
            return read(path, flags: [.state, .configuration], .operational, session: session, id: id)
        }
    }

    private func nativeEdit(_ batch: EditBatch, session: UInt64, id: UInt64) -> NativeMessage {
        guard case .tree(let operation, let path, let data) = batch else {
            preconditionFailure("leaf edits belong to the protobuf dialect")
        }
        let xpath = cString(path)
        return NativeMessage(
            code: NativeMessage.Code.edit, split: UInt32(xpath.count), session: session, request: id,
            payload: [
                NativeMessage.jsonFormat, 0, nativeDatastores.candidate, operation.rawValue, 0, 0, 0, 0,
            ] + xpath + (operation == .remove ? [] : cString(data)))
    }

    private struct ReadFlags: OptionSet {
        let rawValue: UInt8
        static let state = ReadFlags(rawValue: 1)
        static let configuration = ReadFlags(rawValue: 2)
        static let exact = ReadFlags(rawValue: 4)
    }

    private func read(
        _ path: String, flags: ReadFlags, _ datastore: Datastore, session: UInt64, id: UInt64
    ) -> [UInt8] {
        NativeMessage(
            code: NativeMessage.Code.getData, session: session, request: id,
            payload: [
                NativeMessage.jsonFormat, flags.rawValue, 0, nativeDatastores.number(datastore), 0, 0, 0, 0,
            ] + cString(path)
        ).encoded
    }

    private func cString(_ text: String) -> [UInt8] {
        text.utf8.filter { $0 != 0 } + [0]
    }

    // MARK: - Replies

    /// The reply in a frame, nil for a message that is none of ours.
    ///
    /// - Throws: `protocolViolation` when the body does not parse.
    func reply(_ frame: Frame) throws(ManagementError) -> Reply? {
        switch frame.version {
        case .native:
            return try NativeMessage(decoding: frame.body).reply(datastores: nativeDatastores)
        case .protobuf:
            do {
                return Self.reply(try FrontEndMessage(decoding: frame.body))
            } catch {
                throw ManagementError(.protocolViolation, "protobuf frame: \(error)")
            }
        }
    }

    private static func reply(_ message: FrontEndMessage) -> Reply? {
        let failure = { (result: FrontEndMessage.Result) -> Reply.Body in
            .failure(Reply.Failure(errno: nil, text: result.text ?? "no reason given"))
        }
        switch message {
        case .sessionReply(let reply):
            let body: Reply.Body =
                reply.isSuccess || !reply.isCreation
                ? (reply.isCreation ? .sessionCreated : .sessionDeleted)
                : .failure(Reply.Failure(errno: nil, text: "session refused"))
            return Reply(session: reply.sessionID, request: reply.clientConnectionID ?? 0, body: body)
        case .lockReply(let session, let request, let datastore, let take, let result):
            let name = UInt8(exactly: datastore).flatMap(DatastoreNumbers.from10r4.datastore)
            return Reply(
                session: session, request: request,
                body: result.isSuccess ? .locked(name, take: take) : failure(result))
        case .setConfigReply(let session, let request, let result):
            return Reply(
                session: session, request: request,
                body: result.isSuccess ? .edited(changed: true, created: false) : failure(result))
        case .commitReply(let session, let request, _, let result):
            return Reply(
                session: session, request: request, body: result.isSuccess ? .committed(result.text) : failure(result))
        case .getReply(let session, let request, let leaves, let isLast, let result):
            return Reply(
                session: session, request: request,
                body: result.isSuccess ? .leaves(leaves, isLast: isLast) : failure(result))
        default:
            return nil
        }
    }
}

extension Request {
    /// True for what GET_DATA does.
    fileprivate var isRead: Bool {
        switch self {
        case .readConfiguration, .resolve, .readState, .readOperational: true
        default: false
        }
    }
}
