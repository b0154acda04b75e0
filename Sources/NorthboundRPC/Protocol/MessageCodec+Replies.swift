internal import Bindings
internal import NetworkTypes
public import Northbound

extension MessageCodec {
    /// One body, or several for the values of a Get.
    static func encodeBodies(of reply: NorthboundReply) throws(NorthboundError) -> [[UInt8]] {
        switch reply {
        case .done:
            return [[]]
        case .heartbeat(let reply):
            var message = NorthboundWire.Pong()
            message.sequence = reply.sequence
            message.instance = try text(reply.instance, "Pong.instance")
            message.journalSequence = reply.journalSequence
            return [try encode(message)]
        case .capabilities(let capabilities):
            return [try encode(try wire(capabilities))]
        case .values(let values, let generation):
            return try encodeParts(values, generation)
        case .candidate(let candidate):
            var message = NorthboundWire.CandidateReference()
            message.candidate = candidate
            return [try encode(message)]
        case .transaction(let record, let generation):
            var message = NorthboundWire.TransactionReply()
            if let record { message.record = try wire(record, "TransactionReply.record") }
            message.generation = generation
            return [try encode(message)]
        case .transactions(let records, let next):
            return [try encodePage(records, next)]
        }
    }

    static func decodeReplyBody(
        to method: NorthboundMethod, _ bytes: [UInt8]
    ) throws(NorthboundError) -> NorthboundReply {
        switch method {
        case .heartbeat:
            let message = try decode(NorthboundWire.Pong.self, bytes)
            return .heartbeat(
                HeartbeatReply(
                    sequence: message.sequence ?? 0, instance: try text(message.instance ?? "", "Pong.instance"),
                    journalSequence: message.journalSequence))
        case .getCapabilities:
            return .capabilities(try capabilities(try decode(NorthboundWire.Capabilities.self, bytes)))
        case .get:
            let message = try decode(NorthboundWire.GetReply.self, bytes)
            try count(message.values.count, "GetReply.values", maximum: Limits.valueCount)
            var values: [PathValue] = []
            for (index, value) in message.values.enumerated() {
                values.append(try pathValue(value, "GetReply.values[\(index)]"))
            }
            return .values(values, generation: message.generation)
        case .createCandidate:
            let message = try decode(NorthboundWire.CandidateReference.self, bytes)
            return .candidate(try required(message.candidate, "CandidateReference.candidate"))
        case .commit, .confirmCommit, .getTransaction, .rollbackTo:
            let message = try decode(NorthboundWire.TransactionReply.self, bytes)
            var found: TransactionRecord?
            if let wire = message.record { found = try record(wire, "TransactionReply.record") }
            return .transaction(found, generation: message.generation)
        case .listTransactions:
            let message = try decode(NorthboundWire.ListTransactionsReply.self, bytes)
            try count(message.records.count, "ListTransactionsReply.records", maximum: Limits.pageRecordCount)
            var records: [TransactionRecord] = []
            for (index, wire) in message.records.enumerated() {
                records.append(try record(wire, "ListTransactionsReply.records[\(index)]"))
            }
            return .transactions(records, next: message.nextSequence)
        case .editCandidate, .deleteCandidate, .lockConfig, .unlockConfig, .renewLease:
            _ = try decode(NorthboundWire.Empty.self, bytes)
            return .done
        }
    }

    // MARK: - Get

    /// The reply of a Get of networks, sorted as the wire promises.
    public static func values(_ networks: Set<Network>, generation: UInt64? = nil) -> NorthboundReply {
        .values(networks.sorted().map(NetworkPath.pathValue), generation: generation)
    }

    /// The networks that values name.
    ///
    /// - Throws: `invalidArgument` for a value that is not the class of a network of ours.
    public static func networks(_ values: [PathValue]) throws(NorthboundError) -> Set<Network> {
        var networks: Set<Network> = []
        for (index, value) in values.enumerated() {
            let edit: NetworkEdit
            do { edit = try NetworkPath.edit(value) } catch {
                throw invalid("GetReply.values[\(index)]", error.message)
            }
            guard case .set(let network) = edit else {
                throw invalid("GetReply.values[\(index)].value", "is missing")
            }
            networks.insert(network)
        }
        return networks
    }

    /// Parts of about `Limits.pageByteCount`, so that a reply of any size costs neither side much at once.
    private static func encodeParts(
        _ values: [PathValue], _ generation: UInt64?
    ) throws(NorthboundError) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var message = NorthboundWire.GetReply()
        message.generation = generation
        var byteCount = 0
        for (index, value) in values.enumerated() {
            let field = "GetReply.values[\(index)]"
            try text(value.path, field + ".path", maximum: Limits.pathByteCount, minimum: 1)
            _ = try optionalText(value.value, field + ".value", maximum: Limits.valueByteCount)
            // Tags and lengths of the message and its two fields take 11 bytes at most.
            byteCount += value.path.utf8.count + (value.value?.utf8.count ?? 0) + 11
            if byteCount > Limits.pageByteCount || message.values.count == Limits.valueCount {
                parts.append(try encode(message))
                message.values = []
                byteCount = 0
            }
            message.values.append(wire(value))
        }
        parts.append(try encode(message))
        return parts
    }

    // MARK: - ListTransactions

    /// Encodes as many records as make a page; if that is not all of them, the page says where to go on.
    private static func encodePage(
        _ records: [TransactionRecord], _ next: Int64?
    ) throws(NorthboundError) -> [UInt8] {
        var message = NorthboundWire.ListTransactionsReply()
        message.nextSequence = next
        var byteCount = 0
        for record in records {
            let wire = try wire(record, "ListTransactionsReply.records[\(message.records.count)]")
            byteCount += wire.encodedByteCount + 6
            let isFull = byteCount > Limits.pageByteCount || message.records.count == Limits.pageRecordCount
            if isFull, let last = message.records.last {
                message.nextSequence = last.sequence
                break
            }
            message.records.append(wire)
        }
        return try encode(message)
    }
}
