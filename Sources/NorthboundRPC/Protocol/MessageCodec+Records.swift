internal import Bindings
internal import NetworkTypes
internal import Northbound

extension MessageCodec {
    // MARK: - Records

    static func wire(
        _ record: TransactionRecord, _ field: String
    ) throws(NorthboundError) -> NorthboundWire.TransactionRecord {
        var message = NorthboundWire.TransactionRecord()
        message.sequence = try natural(record.sequence, "\(field).sequence")
        message.id = try name(record.id, "\(field).id")
        message.parent = try optionalText(record.parent, "\(field).parent")
        message.kind = record.kind.wireNumber
        message.requestID = try text(record.requestID, "\(field).request_id")
        message.client = try text(record.client, "\(field).client")
        message.cause = try causes(record.cause, "\(field).cause")
        try count(record.edits.count, "\(field).edits", maximum: Limits.recordEditCount)
        message.edits = record.edits.map { edit in
            var recorded = NorthboundWire.RecordedEdit()
            recorded.prefix = edit.prefix.description
            recorded.before = edit.before?.rawValue
            recorded.after = edit.after?.rawValue
            return recorded
        }
        if let capabilities = record.capabilities {
            message.management = try wire(capabilities, "\(field).management")
        }
        message.startedAtMicroseconds = record.startedAtMicroseconds
        message.steps = CommitPhase.allCases.compactMap { phase in
            guard let duration = record.phaseMicroseconds[phase] else { return nil }
            var step = NorthboundWire.StepDuration()
            step.step = phase.wireNumber
            step.durationMicroseconds = duration
            return step
        }
        message.durationMicroseconds = record.durationMicroseconds
        message.outcome = record.outcome.wireNumber
        message.error = record.error.map { cut($0, to: Limits.errorByteCount) }
        message.confirmByMicroseconds = record.confirmByMicroseconds
        return message
    }

    static func record(
        _ message: NorthboundWire.TransactionRecord, _ field: String
    ) throws(NorthboundError) -> TransactionRecord {
        try count(message.edits.count, "\(field).edits", maximum: Limits.recordEditCount)
        var edits: [RecordedEdit] = []
        edits.reserveCapacity(message.edits.count)
        for (index, edit) in message.edits.enumerated() {
            edits.append(try recordedEdit(edit, "\(field).edits[\(index)]"))
        }
        var phases: [CommitPhase: Int64] = [:]
        for (index, step) in message.steps.enumerated() {
            let place = "\(field).steps[\(index)].step"
            let phase: CommitPhase = try choice(step.step, place)
            guard phases.updateValue(step.durationMicroseconds ?? 0, forKey: phase) == nil else {
                throw invalid(place, "is there twice")
            }
        }
        var capabilities: ManagementCapabilities?
        if let wire = message.management { capabilities = try management(wire, "\(field).management") }
        return TransactionRecord(
            sequence: try natural(message.sequence ?? 0, "\(field).sequence"),
            id: try name(message.id, "\(field).id"),
            parent: try optionalText(message.parent, "\(field).parent"),
            kind: try choice(message.kind, "\(field).kind"),
            requestID: try text(message.requestID ?? "", "\(field).request_id"),
            client: try text(message.client ?? "", "\(field).client"),
            cause: try causes(message.cause, "\(field).cause"),
            edits: edits, capabilities: capabilities,
            startedAtMicroseconds: message.startedAtMicroseconds ?? 0,
            phaseMicroseconds: phases, durationMicroseconds: message.durationMicroseconds ?? 0,
            outcome: try choice(message.outcome, "\(field).outcome"),
            error: try optionalText(message.error, "\(field).error", maximum: Limits.errorByteCount),
            confirmByMicroseconds: message.confirmByMicroseconds)
    }

    private static func recordedEdit(
        _ message: NorthboundWire.RecordedEdit, _ field: String
    ) throws(NorthboundError) -> RecordedEdit {
        let prefix = try prefix(try required(message.prefix, "\(field).prefix"), "\(field).prefix")
        var edit = RecordedEdit(prefix: prefix, before: nil, after: nil)
        if let before = message.before { edit.before = try attributeClass(before, "\(field).before") }
        if let after = message.after { edit.after = try attributeClass(after, "\(field).after") }
        return edit
    }

    static func causes(_ causes: [String], _ field: String) throws(NorthboundError) -> [String] {
        try count(causes.count, field, maximum: Limits.causeCount)
        for (index, cause) in causes.enumerated() {
            try text(cause, "\(field)[\(index)]", maximum: Limits.causeByteCount)
        }
        return causes
    }

    // MARK: - The FRR behind

    static func wire(
        _ capabilities: ManagementCapabilities, _ field: String
    ) throws(NorthboundError) -> NorthboundWire.ManagementCapabilities {
        var message = NorthboundWire.ManagementCapabilities()
        message.provider = try text(capabilities.provider, "\(field).provider")
        message.dialect = try text(capabilities.dialect, "\(field).dialect")
        message.schema = try text(capabilities.schema, "\(field).schema")
        message.releases = try text(capabilities.releases, "\(field).releases")
        message.canReadState = capabilities.canReadState
        return message
    }

    static func management(
        _ message: NorthboundWire.ManagementCapabilities, _ field: String
    ) throws(NorthboundError) -> ManagementCapabilities {
        ManagementCapabilities(
            provider: try text(message.provider ?? "", "\(field).provider"),
            dialect: try text(message.dialect ?? "", "\(field).dialect"),
            schema: try text(message.schema ?? "", "\(field).schema"),
            releases: try text(message.releases ?? "", "\(field).releases"),
            canReadState: message.canReadState ?? false)
    }

    // MARK: - Small values

    static func wire(_ pathValue: PathValue) -> NorthboundWire.PathValue {
        var message = NorthboundWire.PathValue()
        message.path = pathValue.path
        message.value = pathValue.value
        return message
    }

    static func pathValue(
        _ message: NorthboundWire.PathValue, _ field: @autoclosure () -> String
    ) throws(NorthboundError) -> PathValue {
        PathValue(
            path: try name(message.path, "\(field()).path", maximum: Limits.pathByteCount),
            value: try optionalText(message.value, "\(field()).value", maximum: Limits.valueByteCount))
    }

    static func prefix(_ text: String, _ field: String) throws(NorthboundError) -> IPPrefix {
        do { return try IPPrefix(text) } catch { throw invalid(field, "\(error)") }
    }

    static func attributeClass(_ text: String, _ field: String) throws(NorthboundError) -> AttributeClass {
        guard let name = AttributeClass(rawValue: text) else {
            throw invalid(field, "\"\(text)\" is not the name of an attribute class")
        }
        return name
    }
}
