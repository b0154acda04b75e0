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

    private static func encodeParts(
        _ values: [PathValue], _ generation: UInt64?
    ) throws(NorthboundError) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var start = 0
        repeat {
            let end = min(values.count, start + Limits.valueCount)
            var message = NorthboundWire.GetReply()
            for index in start..<end {
                let field = "GetReply.values[\(index)]"
                try text(values[index].path, field + ".path", maximum: Limits.pathByteCount, minimum: 1)
                _ = try optionalText(values[index].value, field + ".value", maximum: Limits.valueByteCount)
                message.values.append(wire(values[index]))
            }
            message.generation = generation
            parts.append(try encode(message))
            start = end
        } while start < values.count
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

    // MARK: - GetCapabilities

    private static func wire(
        _ capabilities: ServiceCapabilities
    ) throws(NorthboundError) -> NorthboundWire.Capabilities {
        var message = NorthboundWire.Capabilities()
        let version = capabilities.apiVersion.split(separator: ".", omittingEmptySubsequences: false)
        guard version.count == 2, let major = UInt32(version[0]), let minor = UInt32(version[1]) else {
            throw invalid("Capabilities.api_version", "\(capabilities.apiVersion) is not <major>.<minor>")
        }
        message.apiMajor = major
        message.apiMinor = minor
        message.programVersion = try text(capabilities.programVersion, "Capabilities.program_version")
        if let management = capabilities.management {
            message.management = try wire(management, "Capabilities.management")
        }
        try count(capabilities.modules.count, "Capabilities.modules", maximum: Limits.moduleCount)
        for (index, text) in capabilities.modules.enumerated() {
            let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            var module = NorthboundWire.Module()
            module.name = try name(String(parts[0]), "Capabilities.modules[\(index)].name")
            if parts.count == 2 {
                module.revision = try self.text(String(parts[1]), "Capabilities.modules[\(index)].revision")
            }
            message.modules.append(module)
        }
        message.policy = try wire(capabilities.policy)
        var limits = NorthboundWire.Limits()
        limits.maximumMessageBytes = try number(
            capabilities.maximumMessageByteCount, "Capabilities.limits.maximum_message_bytes")
        message.limits = limits
        return message
    }

    private static func wire(_ policy: NorthboundPolicy) throws(NorthboundError) -> NorthboundWire.Policy {
        var message = NorthboundWire.Policy()
        message.allowedPrefixes = policy.allowedPrefixes.map(\.description)
        message.allowedClasses = policy.allowedClasses.sorted().map(\.rawValue)
        message.maximumNetworks = try number(policy.maximumNetworks, "Capabilities.policy.maximum_networks")
        message.maximumEdits = try number(policy.maximumEdits, "Capabilities.policy.maximum_edits")
        try checkCounts(message)
        return message
    }

    private static func capabilities(
        _ message: NorthboundWire.Capabilities
    ) throws(NorthboundError) -> ServiceCapabilities {
        let version = APIVersion(
            major: try required(message.apiMajor, "Capabilities.api_major"), minor: message.apiMinor ?? 0)
        var management: ManagementCapabilities?
        if let wire = message.management { management = try self.management(wire, "Capabilities.management") }
        try count(message.modules.count, "Capabilities.modules", maximum: Limits.moduleCount)
        var modules: [String] = []
        for (index, module) in message.modules.enumerated() {
            let name = try name(module.name, "Capabilities.modules[\(index)].name")
            let revision = try optionalText(module.revision, "Capabilities.modules[\(index)].revision")
            modules.append(revision.map { "\(name)@\($0)" } ?? name)
        }
        let limits = try required(message.limits, "Capabilities.limits")
        return ServiceCapabilities(
            apiVersion: version.description,
            programVersion: try text(message.programVersion ?? "", "Capabilities.program_version"),
            management: management, modules: modules,
            policy: try policy(try required(message.policy, "Capabilities.policy")),
            maximumMessageByteCount: Int(
                try required(limits.maximumMessageBytes, "Capabilities.limits.maximum_message_bytes")))
    }

    private static func policy(_ message: NorthboundWire.Policy) throws(NorthboundError) -> NorthboundPolicy {
        try checkCounts(message)
        var policy = NorthboundPolicy()
        for (index, text) in message.allowedPrefixes.enumerated() {
            policy.allowedPrefixes.append(try prefix(text, "Capabilities.policy.allowed_prefixes[\(index)]"))
        }
        for (index, text) in message.allowedClasses.enumerated() {
            policy.allowedClasses.insert(try attributeClass(text, "Capabilities.policy.allowed_classes[\(index)]"))
        }
        policy.maximumNetworks = Int(
            try required(message.maximumNetworks, "Capabilities.policy.maximum_networks"))
        policy.maximumEdits = Int(try required(message.maximumEdits, "Capabilities.policy.maximum_edits"))
        return policy
    }

    private static func checkCounts(_ message: NorthboundWire.Policy) throws(NorthboundError) {
        try count(
            message.allowedPrefixes.count, "Capabilities.policy.allowed_prefixes", maximum: Limits.policyEntryCount)
        try count(
            message.allowedClasses.count, "Capabilities.policy.allowed_classes", maximum: Limits.policyEntryCount)
    }

    private static func number(_ value: Int, _ field: String) throws(NorthboundError) -> UInt32 {
        guard let number = UInt32(exactly: value) else {
            throw invalid(field, "is \(value), not within 0 and \(UInt32.max)")
        }
        return number
    }
}
