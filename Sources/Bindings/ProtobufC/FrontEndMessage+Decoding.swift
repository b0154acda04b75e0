internal import CMessages
internal import CProtobufC

extension FrontEndMessage {
    /// Reads a message. Everything is copied; protobuf-c's own copy is freed before this returns.
    ///
    /// - Throws: `FrontEndMessageError` when the bytes do not parse, lack a required field or carry no known message.
    public init(decoding bytes: [UInt8]) throws(FrontEndMessageError) {
        let unpacked = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe frr_mgmt__fe_message__unpack(nil, buffer.count, buffer.baseAddress)
        }
        guard let message = unsafe unpacked else {
            throw FrontEndMessageError(description: "\(bytes.count) bytes that are no message of the protobuf dialect")
        }
        defer { unsafe frr_mgmt__fe_message__free_unpacked(message, nil) }
        guard let value = unsafe Self.copy(message.pointee) else {
            let number = unsafe message.pointee.message_case.rawValue
            throw FrontEndMessageError(description: "message number \(number) of the protobuf dialect is not known")
        }
        self = value
    }

    private static func copy(_ message: FrrMgmt__FeMessage) -> FrontEndMessage? {
        switch unsafe message.message_case {
        case FRR_MGMT__FE_MESSAGE__MESSAGE_REGISTER_REQ:
            return unsafe .register(clientName: text(message.register_req.pointee.client_name) ?? "")
        case FRR_MGMT__FE_MESSAGE__MESSAGE_SESSION_REQ:
            let request = unsafe message.session_req.pointee
            return unsafe request.create != 0
                ? .createSession(clientConnectionID: request.client_conn_id)
                : .deleteSession(sessionID: request.session_id)
        case FRR_MGMT__FE_MESSAGE__MESSAGE_SESSION_REPLY:
            let reply = unsafe message.session_reply.pointee
            return unsafe .sessionReply(
                SessionReply(
                    isCreation: reply.create != 0, isSuccess: reply.success != 0,
                    clientConnectionID: reply.has_client_conn_id != 0 ? reply.client_conn_id : nil,
                    sessionID: reply.session_id))
        case FRR_MGMT__FE_MESSAGE__MESSAGE_LOCKDS_REQ:
            let request = unsafe message.lockds_req.pointee
            return unsafe .lock(
                sessionID: request.session_id, requestID: request.req_id, datastore: number(request.ds_id),
                take: request.lock != 0)
        case FRR_MGMT__FE_MESSAGE__MESSAGE_LOCKDS_REPLY:
            let reply = unsafe message.lockds_reply.pointee
            return unsafe .lockReply(
                sessionID: reply.session_id, requestID: reply.req_id, datastore: number(reply.ds_id),
                take: reply.lock != 0, result: result(reply.success, reply.error_if_any))
        case FRR_MGMT__FE_MESSAGE__MESSAGE_SETCFG_REQ:
            return unsafe copyEdits(message.setcfg_req.pointee)
        case FRR_MGMT__FE_MESSAGE__MESSAGE_SETCFG_REPLY:
            let reply = unsafe message.setcfg_reply.pointee
            return unsafe .setConfigReply(
                sessionID: reply.session_id, requestID: reply.req_id,
                result: result(reply.success, reply.error_if_any))
        case FRR_MGMT__FE_MESSAGE__MESSAGE_COMMCFG_REQ:
            let request = unsafe message.commcfg_req.pointee
            return unsafe .commit(
                sessionID: request.session_id, requestID: request.req_id, validateOnly: request.validate_only != 0,
                abort: request.abort != 0)
        case FRR_MGMT__FE_MESSAGE__MESSAGE_COMMCFG_REPLY:
            let reply = unsafe message.commcfg_reply.pointee
            return unsafe .commitReply(
                sessionID: reply.session_id, requestID: reply.req_id, validateOnly: reply.validate_only != 0,
                result: result(reply.success, reply.error_if_any))
        case FRR_MGMT__FE_MESSAGE__MESSAGE_GET_REQ:
            let request = unsafe message.get_req.pointee
            let paths = unsafe (0..<request.n_data).map { index in
                unsafe text(request.data[index]?.pointee.data.pointee.xpath) ?? ""
            }
            return unsafe .get(
                sessionID: request.session_id, requestID: request.req_id, datastore: number(request.ds_id),
                paths: paths)
        case FRR_MGMT__FE_MESSAGE__MESSAGE_GET_REPLY:
            return unsafe copyLeaves(message.get_reply.pointee)
        default:
            return nil
        }
    }

    private static func copyEdits(_ request: FrrMgmt__FeSetConfigReq) -> FrontEndMessage {
        let edits = unsafe (0..<request.n_data).compactMap { index -> LeafEdit? in
            guard let entry = unsafe request.data[index]?.pointee else { return nil }
            let leaf = unsafe copyLeaf(entry.data.pointee)
            return unsafe entry.req_type == FRR_MGMT__CFG_DATA_REQ_TYPE__SET_DATA
                ? .set(path: leaf.path, value: leaf.value) : .remove(path: leaf.path)
        }
        return unsafe .setConfig(sessionID: request.session_id, requestID: request.req_id, edits: edits)
    }

    private static func copyLeaves(_ reply: FrrMgmt__FeGetReply) -> FrontEndMessage {
        var leaves: [Leaf] = []
        var isLast = true
        if let data = unsafe reply.data?.pointee {
            leaves = unsafe (0..<data.n_data).compactMap { index in
                guard let leaf = unsafe data.data[index]?.pointee else { return nil }
                return unsafe copyLeaf(leaf)
            }
            isLast = unsafe data.next_indx < 0
        }
        return unsafe .getReply(
            sessionID: reply.session_id, requestID: reply.req_id, leaves: leaves, isLast: isLast,
            result: result(reply.success, reply.error_if_any))
    }

    private static func copyLeaf(_ data: FrrMgmt__YangData) -> Leaf {
        var value: String?
        if let box = unsafe data.value?.pointee,
            unsafe box.value_case == FRR_MGMT__YANG_DATA_VALUE__VALUE_ENCODED_STR_VAL
        {
            value = unsafe text(box.encoded_str_val)
        }
        return unsafe Leaf(path: text(data.xpath) ?? "", value: value)
    }

    private static func result(_ success: protobuf_c_boolean, _ message: UnsafeMutablePointer<CChar>?) -> Result {
        unsafe Result(isSuccess: success != 0, text: text(message))
    }

    private static func number(_ datastore: FrrMgmt__DatastoreId) -> Int32 {
        Int32(bitPattern: datastore.rawValue)
    }

    /// A copy of C text; bytes that are not UTF-8 are replaced.
    private static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe String(cString: pointer)
    }
}
