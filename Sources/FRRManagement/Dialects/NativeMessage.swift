internal import Northbound

/// Codec of the native messages. All integers are in host byte order.
///
/// | Offset | Size | Field |
/// |---|---|---|
/// | 0 | 2 | code |
/// | 2 | 2 | zero |
/// | 4 | 4 | vsplit: length of the first of two strings, its NUL included; else zero |
/// | 8 | 8 | refer_id: session |
/// | 16 | 8 | req_id |
/// | 24 | – | what the code needs |
///
/// Source: FRR `lib/mgmt_msg_native.h`.
struct NativeMessage: Sendable, Hashable {
    static let headerByteCount = 24

    enum Code {
        static let error: UInt16 = 0
        static let treeData: UInt16 = 2
        static let getData: UInt16 = 3
        static let notify: UInt16 = 4
        static let edit: UInt16 = 5
        static let editReply: UInt16 = 6
        static let sessionRequest: UInt16 = 10
        static let sessionReply: UInt16 = 11
        static let lock: UInt16 = 19
        static let lockReply: UInt16 = 20
        static let commit: UInt16 = 21
        static let commitReply: UInt16 = 22
    }

    /// Encoding of data, `LYD_FORMAT` of libyang: 2 is JSON.
    static let jsonFormat: UInt8 = 2

    var code: UInt16
    var split: UInt32 = 0
    var session: UInt64
    var request: UInt64
    var payload: [UInt8]

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerByteCount + payload.count)
        bytes.appendInteger(code)
        bytes.appendInteger(UInt16(0))
        bytes.appendInteger(split)
        bytes.appendInteger(session)
        bytes.appendInteger(request)
        bytes += payload
        return bytes
    }

    init(code: UInt16, split: UInt32 = 0, session: UInt64, request: UInt64, payload: [UInt8]) {
        self.code = code
        self.split = split
        self.session = session
        self.request = request
        self.payload = payload
    }

    /// - Throws: `protocolViolation` when the header is cut short.
    init(decoding body: [UInt8]) throws(ManagementError) {
        guard body.count >= Self.headerByteCount else {
            throw ManagementError(.protocolViolation, "native message of \(body.count) bytes has no header")
        }
        code = body.integer(at: 0)
        split = body.integer(at: 4)
        session = body.integer(at: 8)
        request = body.integer(at: 16)
        payload = Array(body[Self.headerByteCount...])
    }

    /// The reply that this is, nil for a code that we never asked for.
    ///
    /// - Throws: `protocolViolation` when a field is cut short or a string does not end.
    func reply(datastores: DatastoreNumbers) throws(ManagementError) -> Reply? {
        guard let body = try replyBody(datastores: datastores) else { return nil }
        return Reply(session: session, request: request, body: body)
    }

    private func replyBody(datastores: DatastoreNumbers) throws(ManagementError) -> Reply.Body? {
        switch code {
        case Code.error:
            try requireFixedPart()
            let number = Int(payload.integer(at: 0, as: Int16.self))
            return .failure(Reply.Failure(errno: abs(number), text: text(from: 8)))
        case Code.treeData:
            try requireFixedPart()
            guard payload[1] == Self.jsonFormat else {
                throw ManagementError(.protocolViolation, "TREE_DATA in format \(payload[1]), which is not JSON")
            }
            let end = payload.last == 0 ? payload.count - 1 : payload.count
            return .tree(Array(payload[8..<max(end, 8)]), partialError: Int(Int8(bitPattern: payload[0])))
        case Code.notify:
            return .notification
        case Code.editReply:
            try requireFixedPart()
            return .edited(changed: payload[0] != 0, created: payload[1] != 0)
        case Code.sessionReply:
            try requireFixedPart()
            return payload[0] != 0 ? .sessionCreated : .sessionDeleted
        case Code.lockReply:
            try requireFixedPart()
            return .locked(datastores.datastore(payload[0]), take: payload[1] != 0)
        case Code.commitReply:
            try requireFixedPart()
            let note = text(from: 8)
            return .committed(note.isEmpty ? nil : note)
        default:
            return nil
        }
    }

    private func requireFixedPart() throws(ManagementError) {
        guard payload.count >= 8 else {
            throw ManagementError(
                .protocolViolation, "native message of code \(code) is cut short: \(payload.count) bytes of 8")
        }
    }

    private func text(from offset: Int) -> String {
        String(decoding: payload[offset...].prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// How a release numbers the datastores in native messages.
struct DatastoreNumbers: Sendable, Hashable {
    var running: UInt8
    var candidate: UInt8
    var operational: UInt8 = 3

    /// 10.0 to 10.3, and the protobuf dialect's own order reversed.
    static let upTo10r3 = DatastoreNumbers(running: 2, candidate: 1)
    /// 10.4 and later; also the numbers inside protobuf messages of every release.
    static let from10r4 = DatastoreNumbers(running: 1, candidate: 2)

    func number(_ datastore: Datastore) -> UInt8 {
        switch datastore {
        case .running: running
        case .candidate: candidate
        case .operational: operational
        }
    }

    func datastore(_ number: UInt8) -> Datastore? {
        switch number {
        case running: .running
        case candidate: .candidate
        case operational: .operational
        default: nil
        }
    }
}
