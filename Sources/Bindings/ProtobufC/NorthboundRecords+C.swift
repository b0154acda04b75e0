internal import CMessages
internal import CProtobufC

extension NorthboundWire.TransactionReference: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__transaction_reference__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__TransactionReference.self)
            .pointee
        id = unsafe CCopy.text(message.id)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__TransactionReference.self)
        unsafe message.pointee.id = unsafe arena.string(id)
    }
}

extension NorthboundWire.TransactionReply: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__transaction_reply__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__TransactionReply.self).pointee
        record = unsafe CCopy.message(message.record)
        generation = unsafe CCopy.scalar(message.has_generation, message.generation)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__TransactionReply.self)
        unsafe message.pointee.record = unsafe arena.optional(record)
        unsafe CFill.scalar(generation, &message.pointee.has_generation, &message.pointee.generation)
    }
}

extension NorthboundWire.StepDuration: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__step_duration__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__StepDuration.self).pointee
        step = unsafe CCopy.number(message.has_step, message.step)
        durationMicroseconds = unsafe CCopy.scalar(message.has_duration_us, message.duration_us)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__StepDuration.self)
        unsafe CFill.number(step, &message.pointee.has_step, &message.pointee.step)
        unsafe CFill.scalar(durationMicroseconds, &message.pointee.has_duration_us, &message.pointee.duration_us)
    }
}

extension NorthboundWire.RecordedEdit: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__recorded_edit__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__RecordedEdit.self).pointee
        prefix = unsafe CCopy.text(message.prefix)
        before = unsafe CCopy.text(message.before)
        after = unsafe CCopy.text(message.after)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__RecordedEdit.self)
        unsafe message.pointee.prefix = unsafe arena.string(prefix)
        unsafe message.pointee.before = unsafe arena.string(before)
        unsafe message.pointee.after = unsafe arena.string(after)
    }
}

extension NorthboundWire.TransactionRecord: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__transaction_record__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__TransactionRecord.self).pointee
        sequence = unsafe CCopy.scalar(message.has_sequence, message.sequence)
        id = unsafe CCopy.text(message.id)
        parent = unsafe CCopy.text(message.parent)
        kind = unsafe CCopy.number(message.has_kind, message.kind)
        requestID = unsafe CCopy.text(message.request_id)
        client = unsafe CCopy.text(message.client)
        cause = unsafe CCopy.texts(message.n_cause, message.cause)
        edits = unsafe CCopy.messages(message.n_edits, message.edits)
        management = unsafe CCopy.message(message.management)
        startedAtMicroseconds = unsafe CCopy.scalar(message.has_started_at_us, message.started_at_us)
        steps = unsafe CCopy.messages(message.n_steps, message.steps)
        durationMicroseconds = unsafe CCopy.scalar(message.has_duration_us, message.duration_us)
        outcome = unsafe CCopy.number(message.has_outcome, message.outcome)
        error = unsafe CCopy.text(message.error)
        confirmByMicroseconds = unsafe CCopy.scalar(message.has_confirm_by_us, message.confirm_by_us)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__TransactionRecord.self)
        unsafe CFill.scalar(sequence, &message.pointee.has_sequence, &message.pointee.sequence)
        unsafe message.pointee.id = unsafe arena.string(id)
        unsafe message.pointee.parent = unsafe arena.string(parent)
        unsafe CFill.number(kind, &message.pointee.has_kind, &message.pointee.kind)
        unsafe message.pointee.request_id = unsafe arena.string(requestID)
        unsafe message.pointee.client = unsafe arena.string(client)
        unsafe message.pointee.n_cause = cause.count
        unsafe message.pointee.cause = unsafe arena.strings(cause)
        unsafe message.pointee.n_edits = edits.count
        unsafe message.pointee.edits = unsafe arena.messages(edits)
        unsafe message.pointee.management = unsafe arena.optional(management)
        unsafe CFill.scalar(startedAtMicroseconds, &message.pointee.has_started_at_us, &message.pointee.started_at_us)
        unsafe message.pointee.n_steps = steps.count
        unsafe message.pointee.steps = unsafe arena.messages(steps)
        unsafe CFill.scalar(durationMicroseconds, &message.pointee.has_duration_us, &message.pointee.duration_us)
        unsafe CFill.number(outcome, &message.pointee.has_outcome, &message.pointee.outcome)
        unsafe message.pointee.error = unsafe arena.string(error)
        unsafe CFill.scalar(confirmByMicroseconds, &message.pointee.has_confirm_by_us, &message.pointee.confirm_by_us)
    }
}

extension NorthboundWire.ListTransactionsRequest: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__list_transactions_request__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__ListTransactionsRequest.self)
            .pointee
        afterSequence = unsafe CCopy.scalar(message.has_after_sequence, message.after_sequence)
        beforeSequence = unsafe CCopy.scalar(message.has_before_sequence, message.before_sequence)
        sinceMicroseconds = unsafe CCopy.scalar(message.has_since_us, message.since_us)
        untilMicroseconds = unsafe CCopy.scalar(message.has_until_us, message.until_us)
        within = unsafe CCopy.text(message.within)
        service = unsafe CCopy.text(message.service)
        outcomes = unsafe CCopy.numbers(message.n_outcomes, message.outcomes)
        limit = unsafe CCopy.scalar(message.has_limit, message.limit)
        newestFirst = unsafe CCopy.flag(message.has_newest_first, message.newest_first)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__ListTransactionsRequest.self)
        unsafe CFill.scalar(afterSequence, &message.pointee.has_after_sequence, &message.pointee.after_sequence)
        unsafe CFill.scalar(beforeSequence, &message.pointee.has_before_sequence, &message.pointee.before_sequence)
        unsafe CFill.scalar(sinceMicroseconds, &message.pointee.has_since_us, &message.pointee.since_us)
        unsafe CFill.scalar(untilMicroseconds, &message.pointee.has_until_us, &message.pointee.until_us)
        unsafe message.pointee.within = unsafe arena.string(within)
        unsafe message.pointee.service = unsafe arena.string(service)
        unsafe message.pointee.n_outcomes = outcomes.count
        unsafe message.pointee.outcomes = unsafe arena.numbers(outcomes)
        unsafe CFill.scalar(limit, &message.pointee.has_limit, &message.pointee.limit)
        unsafe CFill.flag(newestFirst, &message.pointee.has_newest_first, &message.pointee.newest_first)
    }
}

extension NorthboundWire.ListTransactionsReply: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__list_transactions_reply__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__ListTransactionsReply.self)
            .pointee
        records = unsafe CCopy.messages(message.n_records, message.records)
        nextSequence = unsafe CCopy.scalar(message.has_next_sequence, message.next_sequence)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__ListTransactionsReply.self)
        unsafe message.pointee.n_records = records.count
        unsafe message.pointee.records = unsafe arena.messages(records)
        unsafe CFill.scalar(nextSequence, &message.pointee.has_next_sequence, &message.pointee.next_sequence)
    }
}

extension NorthboundWire.CommitLogEntry: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__commit_log_entry__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__CommitLogEntry.self).pointee
        apiMajor = unsafe CCopy.scalar(message.has_api_major, message.api_major)
        apiMinor = unsafe CCopy.scalar(message.has_api_minor, message.api_minor)
        record = unsafe CCopy.message(message.record)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__CommitLogEntry.self)
        unsafe CFill.scalar(apiMajor, &message.pointee.has_api_major, &message.pointee.api_major)
        unsafe CFill.scalar(apiMinor, &message.pointee.has_api_minor, &message.pointee.api_minor)
        unsafe message.pointee.record = unsafe arena.optional(record)
    }
}
