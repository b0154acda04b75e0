internal import CMessages
internal import CProtobufC

extension FrontEndMessage {
    /// The message as protobuf-c packs it: fields in ascending order, every required field present.
    ///
    /// The C structs live in an arena for the length of this call. Strings end at their first NUL, as C's do.
    public func encoded() -> [UInt8] {
        let arena = CArena()
        var message = unsafe FrrMgmt__FeMessage()
        unsafe frr_mgmt__fe_message__init(&message)
        unsafe fill(&message, in: arena)
        return unsafe withUnsafeMutablePointer(to: &message) { pointer in
            let size = unsafe frr_mgmt__fe_message__get_packed_size(pointer)
            return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                count = unsafe size == 0 ? 0 : frr_mgmt__fe_message__pack(pointer, buffer.baseAddress)
            }
        }
    }

    private func fill(_ message: inout FrrMgmt__FeMessage, in arena: CArena) {
        switch self {
        case .register(let clientName):
            let request = unsafe arena.make(frr_mgmt__fe_register_req__init)
            unsafe request.pointee.client_name = unsafe arena.string(clientName)
            unsafe message.message_case = FRR_MGMT__FE_MESSAGE__MESSAGE_REGISTER_REQ
            unsafe message.register_req = unsafe request
        case .createSession(let clientConnectionID):
            let request = unsafe arena.make(frr_mgmt__fe_session_req__init)
            unsafe request.pointee.create = 1
            unsafe request.pointee.id_case = FRR_MGMT__FE_SESSION_REQ__ID_CLIENT_CONN_ID
            unsafe request.pointee.client_conn_id = clientConnectionID
            unsafe message.message_case = FRR_MGMT__FE_MESSAGE__MESSAGE_SESSION_REQ
            unsafe message.session_req = unsafe request
        case .deleteSession(let sessionID):
            let request = unsafe arena.make(frr_mgmt__fe_session_req__init)
            unsafe request.pointee.id_case = FRR_MGMT__FE_SESSION_REQ__ID_SESSION_ID
            unsafe request.pointee.session_id = sessionID
            unsafe message.message_case = FRR_MGMT__FE_MESSAGE__MESSAGE_SESSION_REQ
            unsafe message.session_req = unsafe request
        case .sessionReply(let value):
            let reply = unsafe arena.make(frr_mgmt__fe_session_reply__init)
            unsafe reply.pointee.create = value.isCreation ? 1 : 0
            unsafe reply.pointee.success = value.isSuccess ? 1 : 0
            unsafe reply.pointee.has_client_conn_id = value.clientConnectionID == nil ? 0 : 1
            unsafe reply.pointee.client_conn_id = value.clientConnectionID ?? 0
            unsafe reply.pointee.session_id = value.sessionID
            unsafe message.message_case = FRR_MGMT__FE_MESSAGE__MESSAGE_SESSION_REPLY
            unsafe message.session_reply = unsafe reply
        case .lock, .lockReply:
            unsafe fillLock(&message, in: arena)
        case .setConfig, .setConfigReply:
            unsafe fillEdit(&message, in: arena)
        case .commit, .commitReply:
            unsafe fillCommit(&message, in: arena)
        case .get, .getReply:
            unsafe fillGet(&message, in: arena)
        }
    }

    private func fillLock(_ message: inout FrrMgmt__FeMessage, in arena: CArena) {
        switch self {
        case .lock(let sessionID, let requestID, let datastore, let take):
            let request = unsafe arena.make(frr_mgmt__fe_lock_ds_req__init)
            unsafe request.pointee.session_id = sessionID
            unsafe request.pointee.req_id = requestID
            unsafe request.pointee.ds_id = Self.datastore(datastore)
            unsafe request.pointee.lock = take ? 1 : 0
            unsafe message.message_case = FRR_MGMT__FE_MESSAGE__MESSAGE_LOCKDS_REQ
            unsafe message.lockds_req = unsafe request
        case .lockReply(let sessionID, let requestID, let datastore, let take, let result):
            let reply = unsafe arena.make(frr_mgmt__fe_lock_ds_reply__init)
            unsafe reply.pointee.session_id = sessionID
            unsafe reply.pointee.req_id = requestID
            unsafe reply.pointee.ds_id = Self.datastore(datastore)
            unsafe reply.pointee.lock = take ? 1 : 0
            unsafe reply.pointee.success = result.isSuccess ? 1 : 0
            unsafe reply.pointee.error_if_any = unsafe arena.string(result.text)
            unsafe message.message_case = FRR_MGMT__FE_MESSAGE__MESSAGE_LOCKDS_REPLY
            unsafe message.lockds_reply = unsafe reply
        default: break
        }
    }

    private func fillEdit(_ message: inout FrrMgmt__FeMessage, in arena: CArena) {
        switch self {
        case .setConfig(let sessionID, let requestID, let edits):
            let request = unsafe arena.make(frr_mgmt__fe_set_config_req__init)
            unsafe request.pointee.session_id = sessionID
            unsafe request.pointee.ds_id = FRR_MGMT__DATASTORE_ID__CANDIDATE_DS
            unsafe request.pointee.req_id = requestID
            unsafe request.pointee.n_data = edits.count
            unsafe request.pointee.data = unsafe arena.array(edits) { edit in
                let entry = unsafe arena.make(frr_mgmt__yang_cfg_data_req__init)
                switch edit {
                case .set(let path, let value):
                    unsafe entry.pointee.data = unsafe arena.yangData(path, value)
                    unsafe entry.pointee.req_type = FRR_MGMT__CFG_DATA_REQ_TYPE__SET_DATA
                case .remove(let path):
                    unsafe entry.pointee.data = unsafe arena.yangData(path, nil)
                    unsafe entry.pointee.req_type = FRR_MGMT__CFG_DATA_REQ_TYPE__REMOVE_DATA
                }
                return unsafe entry
            }
            unsafe request.pointee.implicit_commit = 0
            unsafe request.pointee.commit_ds_id = FRR_MGMT__DATASTORE_ID__RUNNING_DS
            unsafe message.message_case = FRR_MGMT__FE_MESSAGE__MESSAGE_SETCFG_REQ
            unsafe message.setcfg_req = unsafe request
        case .setConfigReply(let sessionID, let requestID, let result):
            let reply = unsafe arena.make(frr_mgmt__fe_set_config_reply__init)
            unsafe reply.pointee.session_id = sessionID
            unsafe reply.pointee.ds_id = FRR_MGMT__DATASTORE_ID__CANDIDATE_DS
            unsafe reply.pointee.req_id = requestID
            unsafe reply.pointee.success = result.isSuccess ? 1 : 0
            unsafe reply.pointee.error_if_any = unsafe arena.string(result.text)
            unsafe message.message_case = FRR_MGMT__FE_MESSAGE__MESSAGE_SETCFG_REPLY
            unsafe message.setcfg_reply = unsafe reply
        default: break
        }
    }

    private func fillCommit(_ message: inout FrrMgmt__FeMessage, in arena: CArena) {
        switch self {
        case .commit(let sessionID, let requestID, let validateOnly, let abort):
            let request = unsafe arena.make(frr_mgmt__fe_commit_config_req__init)
            unsafe request.pointee.session_id = sessionID
            unsafe request.pointee.src_ds_id = FRR_MGMT__DATASTORE_ID__CANDIDATE_DS
            unsafe request.pointee.dst_ds_id = FRR_MGMT__DATASTORE_ID__RUNNING_DS
            unsafe request.pointee.req_id = requestID
            unsafe request.pointee.validate_only = validateOnly ? 1 : 0
            unsafe request.pointee.abort = abort ? 1 : 0
            unsafe message.message_case = FRR_MGMT__FE_MESSAGE__MESSAGE_COMMCFG_REQ
            unsafe message.commcfg_req = unsafe request
        case .commitReply(let sessionID, let requestID, let validateOnly, let result):
            let reply = unsafe arena.make(frr_mgmt__fe_commit_config_reply__init)
            unsafe reply.pointee.session_id = sessionID
            unsafe reply.pointee.src_ds_id = FRR_MGMT__DATASTORE_ID__CANDIDATE_DS
            unsafe reply.pointee.dst_ds_id = FRR_MGMT__DATASTORE_ID__RUNNING_DS
            unsafe reply.pointee.req_id = requestID
            unsafe reply.pointee.validate_only = validateOnly ? 1 : 0
            unsafe reply.pointee.success = result.isSuccess ? 1 : 0
            unsafe reply.pointee.error_if_any = unsafe arena.string(result.text)
            unsafe message.message_case = FRR_MGMT__FE_MESSAGE__MESSAGE_COMMCFG_REPLY
            unsafe message.commcfg_reply = unsafe reply
        default: break
        }
    }

    private func fillGet(_ message: inout FrrMgmt__FeMessage, in arena: CArena) {
        switch self {
        case .get(let sessionID, let requestID, let datastore, let paths):
            let request = unsafe arena.make(frr_mgmt__fe_get_req__init)
            unsafe request.pointee.session_id = sessionID
            unsafe request.pointee.config = 1
            unsafe request.pointee.ds_id = Self.datastore(datastore)
            unsafe request.pointee.req_id = requestID
            unsafe request.pointee.n_data = paths.count
            unsafe request.pointee.data = unsafe arena.array(paths) { path in
                let entry = unsafe arena.make(frr_mgmt__yang_get_data_req__init)
                unsafe entry.pointee.data = unsafe arena.yangData(path, nil)
                return unsafe entry
            }
            unsafe message.message_case = FRR_MGMT__FE_MESSAGE__MESSAGE_GET_REQ
            unsafe message.get_req = unsafe request
        case .getReply(let sessionID, let requestID, let leaves, let isLast, let result):
            let reply = unsafe arena.make(frr_mgmt__fe_get_reply__init)
            unsafe reply.pointee.session_id = sessionID
            unsafe reply.pointee.ds_id = FRR_MGMT__DATASTORE_ID__RUNNING_DS
            unsafe reply.pointee.req_id = requestID
            unsafe reply.pointee.success = result.isSuccess ? 1 : 0
            unsafe reply.pointee.error_if_any = unsafe arena.string(result.text)
            if result.isSuccess {
                let data = unsafe arena.make(frr_mgmt__yang_data_reply__init)
                unsafe data.pointee.n_data = leaves.count
                unsafe data.pointee.data = unsafe arena.array(leaves) { leaf in
                    unsafe arena.yangData(leaf.path, leaf.value)
                }
                unsafe data.pointee.next_indx = isLast ? -1 : Int64(leaves.count)
                unsafe reply.pointee.data = unsafe data
            }
            unsafe message.message_case = FRR_MGMT__FE_MESSAGE__MESSAGE_GET_REPLY
            unsafe message.get_reply = unsafe reply
        default: break
        }
    }

    private static func datastore(_ number: Int32) -> FrrMgmt__DatastoreId {
        FrrMgmt__DatastoreId(rawValue: UInt32(bitPattern: number))
    }
}

extension CArena {
    /// A path with its value.
    fileprivate func yangData(_ path: String, _ value: String?) -> UnsafeMutablePointer<FrrMgmt__YangData> {
        let data = unsafe make(frr_mgmt__yang_data__init)
        unsafe data.pointee.xpath = unsafe string(path)
        if let value {
            let box = unsafe make(frr_mgmt__yang_data_value__init)
            unsafe box.pointee.value_case = FRR_MGMT__YANG_DATA_VALUE__VALUE_ENCODED_STR_VAL
            unsafe box.pointee.encoded_str_val = unsafe string(value)
            unsafe data.pointee.value = unsafe box
        }
        return unsafe data
    }
}
