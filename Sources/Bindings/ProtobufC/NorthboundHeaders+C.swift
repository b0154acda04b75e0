internal import CMessages
internal import CProtobufC

extension NorthboundWire.RequestHeader: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__request_header__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__RequestHeader.self).pointee
        apiMajor = unsafe CCopy.scalar(message.has_api_major, message.api_major)
        apiMinor = unsafe CCopy.scalar(message.has_api_minor, message.api_minor)
        service = unsafe CCopy.text(message.service)
        method = unsafe CCopy.text(message.method)
        requestID = unsafe CCopy.text(message.request_id)
        client = unsafe CCopy.text(message.client)
        deadlineMilliseconds = unsafe CCopy.scalar(message.has_deadline_ms, message.deadline_ms)
        flags = unsafe CCopy.scalar(message.has_flags, message.flags)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__RequestHeader.self)
        unsafe CFill.scalar(apiMajor, &message.pointee.has_api_major, &message.pointee.api_major)
        unsafe CFill.scalar(apiMinor, &message.pointee.has_api_minor, &message.pointee.api_minor)
        unsafe message.pointee.service = unsafe arena.string(service)
        unsafe message.pointee.method = unsafe arena.string(method)
        unsafe message.pointee.request_id = unsafe arena.string(requestID)
        unsafe message.pointee.client = unsafe arena.string(client)
        unsafe CFill.scalar(deadlineMilliseconds, &message.pointee.has_deadline_ms, &message.pointee.deadline_ms)
        unsafe CFill.scalar(flags, &message.pointee.has_flags, &message.pointee.flags)
    }
}

extension NorthboundWire.ReplyHeader: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__reply_header__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__ReplyHeader.self).pointee
        apiMajor = unsafe CCopy.scalar(message.has_api_major, message.api_major)
        apiMinor = unsafe CCopy.scalar(message.has_api_minor, message.api_minor)
        requestID = unsafe CCopy.text(message.request_id)
        statusCode = unsafe CCopy.scalar(message.has_status_code, message.status_code)
        statusMessage = unsafe CCopy.text(message.status_message)
        more = unsafe CCopy.flag(message.has_more, message.more)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__ReplyHeader.self)
        unsafe CFill.scalar(apiMajor, &message.pointee.has_api_major, &message.pointee.api_major)
        unsafe CFill.scalar(apiMinor, &message.pointee.has_api_minor, &message.pointee.api_minor)
        unsafe message.pointee.request_id = unsafe arena.string(requestID)
        unsafe CFill.scalar(statusCode, &message.pointee.has_status_code, &message.pointee.status_code)
        unsafe message.pointee.status_message = unsafe arena.string(statusMessage)
        unsafe CFill.flag(more, &message.pointee.has_more, &message.pointee.more)
    }
}

extension NorthboundWire.Empty: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__empty__init))
    }

    init(copying _: UnsafeRawPointer) {
        self.init()
    }

    func fill(_: UnsafeMutableRawPointer, in _: CArena) {}
}

extension NorthboundWire.Ping: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__ping__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Ping.self).pointee
        sequence = unsafe CCopy.scalar(message.has_sequence, message.sequence)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Ping.self)
        unsafe CFill.scalar(sequence, &message.pointee.has_sequence, &message.pointee.sequence)
    }
}

extension NorthboundWire.Pong: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__pong__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Pong.self).pointee
        sequence = unsafe CCopy.scalar(message.has_sequence, message.sequence)
        instance = unsafe CCopy.text(message.instance)
        journalSequence = unsafe CCopy.scalar(message.has_journal_sequence, message.journal_sequence)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Pong.self)
        unsafe CFill.scalar(sequence, &message.pointee.has_sequence, &message.pointee.sequence)
        unsafe message.pointee.instance = unsafe arena.string(instance)
        unsafe CFill.scalar(journalSequence, &message.pointee.has_journal_sequence, &message.pointee.journal_sequence)
    }
}
