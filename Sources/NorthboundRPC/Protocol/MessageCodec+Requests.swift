internal import Bindings
internal import NetworkTypes
internal import Northbound

extension MessageCodec {
    static func encodeBody(of request: NorthboundRequest) throws(NorthboundError) -> [UInt8] {
        switch request {
        case .getCapabilities, .createCandidate, .lockConfig, .unlockConfig, .renewLease:
            return []
        case .heartbeat(let sequence):
            var message = NorthboundWire.Ping()
            message.sequence = sequence
            return try encode(message)
        case .get(let request):
            return try encode(try wire(request))
        case .editCandidate(let candidate, let edits):
            var message = NorthboundWire.EditCandidateRequest()
            message.candidate = candidate
            message.edits = try wire(edits, "EditCandidateRequest.edits")
            return try encode(message)
        case .deleteCandidate(let candidate):
            var message = NorthboundWire.CandidateReference()
            message.candidate = candidate
            return try encode(message)
        case .commit(let request, let expectedGeneration):
            return try encode(try wire(request, expectedGeneration))
        case .confirmCommit(let id), .getTransaction(let id), .rollbackTo(let id):
            var message = NorthboundWire.TransactionReference()
            message.id = try name(id, "TransactionReference.id")
            return try encode(message)
        case .listTransactions(let filter):
            return try encode(try wire(filter))
        }
    }

    static func decodeBody(
        of method: NorthboundMethod, header: RequestHeader, _ bytes: [UInt8]
    ) throws(NorthboundError) -> NorthboundRequest {
        switch method {
        case .heartbeat:
            return .heartbeat(sequence: try decode(NorthboundWire.Ping.self, bytes).sequence ?? 0)
        case .getCapabilities:
            _ = try decode(NorthboundWire.Empty.self, bytes)
            return .getCapabilities
        case .get:
            return .get(try getRequest(try decode(NorthboundWire.GetRequest.self, bytes)))
        case .createCandidate:
            _ = try decode(NorthboundWire.Empty.self, bytes)
            return .createCandidate
        case .editCandidate:
            let message = try decode(NorthboundWire.EditCandidateRequest.self, bytes)
            return .editCandidate(
                try required(message.candidate, "EditCandidateRequest.candidate"),
                edits: try edits(message.edits, "EditCandidateRequest.edits"))
        case .deleteCandidate:
            let message = try decode(NorthboundWire.CandidateReference.self, bytes)
            return .deleteCandidate(try required(message.candidate, "CandidateReference.candidate"))
        case .commit:
            return try commitRequest(try decode(NorthboundWire.CommitRequest.self, bytes), header)
        case .confirmCommit:
            return .confirmCommit(id: try transactionID(bytes))
        case .listTransactions:
            return try listRequest(try decode(NorthboundWire.ListTransactionsRequest.self, bytes))
        case .getTransaction:
            return .getTransaction(id: try transactionID(bytes))
        case .rollbackTo:
            return .rollbackTo(id: try transactionID(bytes))
        case .lockConfig:
            _ = try decode(NorthboundWire.Empty.self, bytes)
            return .lockConfig
        case .unlockConfig:
            _ = try decode(NorthboundWire.Empty.self, bytes)
            return .unlockConfig
        case .renewLease:
            _ = try decode(NorthboundWire.Empty.self, bytes)
            return .renewLease
        }
    }

    private static func transactionID(_ bytes: [UInt8]) throws(NorthboundError) -> String {
        try name(try decode(NorthboundWire.TransactionReference.self, bytes).id, "TransactionReference.id")
    }

    // MARK: - Get

    private static func wire(_ request: GetRequest) throws(NorthboundError) -> NorthboundWire.GetRequest {
        var message = NorthboundWire.GetRequest()
        message.dataset = request.dataset.wireNumber
        message.paths = try checkedPaths(request.paths)
        switch request.moment {
        case .now: break
        case .afterTransaction(let id): message.afterTransaction = try name(id, "GetRequest.after_transaction")
        case .afterSequence(let sequence):
            message.afterSequence = try natural(sequence, "GetRequest.after_sequence")
        }
        message.datastore = request.datastore?.wireNumber
        return message
    }

    private static func getRequest(_ message: NorthboundWire.GetRequest) throws(NorthboundError) -> GetRequest {
        var request = GetRequest(
            try choice(message.dataset, "GetRequest.dataset"), paths: try checkedPaths(message.paths))
        if let id = message.afterTransaction {
            guard message.afterSequence == nil else {
                throw invalid("GetRequest.after_sequence", "is given together with after_transaction")
            }
            request.moment = .afterTransaction(try name(id, "GetRequest.after_transaction"))
        } else if let sequence = message.afterSequence {
            request.moment = .afterSequence(try natural(sequence, "GetRequest.after_sequence"))
        }
        if let number = message.datastore { request.datastore = try choice(number, "GetRequest.datastore") }
        return request
    }

    private static func checkedPaths(_ paths: [String]) throws(NorthboundError) -> [String] {
        try count(paths.count, "GetRequest.paths", maximum: Limits.pathCount)
        for (index, path) in paths.enumerated() {
            try text(path, "GetRequest.paths[\(index)]", maximum: Limits.pathByteCount, minimum: 1)
        }
        return paths
    }

    // MARK: - Edits

    private static func wire(
        _ edits: [NetworkEdit], _ field: String
    ) throws(NorthboundError) -> [NorthboundWire.Edit] {
        try count(edits.count, field, maximum: Limits.editCount)
        return edits.map { edit in
            var message = NorthboundWire.Edit()
            switch edit {
            case .set: message.operation = EditOperation.set.wireNumber
            case .remove: message.operation = EditOperation.remove.wireNumber
            }
            message.pathValue = wire(NetworkPath.pathValue(edit))
            return message
        }
    }

    private static func edits(
        _ messages: [NorthboundWire.Edit], _ field: String
    ) throws(NorthboundError) -> [NetworkEdit] {
        try count(messages.count, field, maximum: Limits.editCount)
        var edits: [NetworkEdit] = []
        edits.reserveCapacity(messages.count)
        for (index, message) in messages.enumerated() {
            edits.append(try edit(message, "\(field)[\(index)]"))
        }
        return edits
    }

    private static func edit(_ message: NorthboundWire.Edit, _ field: String) throws(NorthboundError) -> NetworkEdit {
        let operation = try choice(message.operation, "\(field).operation", EditOperation.self)
        let pathValue = try pathValue(
            try required(message.pathValue, "\(field).path_value"), "\(field).path_value")
        switch operation {
        case .set:
            guard pathValue.value != nil else { throw invalid("\(field).path_value.value", "is missing") }
        case .remove:
            guard pathValue.value == nil else { throw invalid("\(field).path_value.value", "a removal has none") }
        }
        do { return try NetworkPath.edit(pathValue) } catch { throw invalid("\(field).path_value", error.message) }
    }

    // MARK: - Commit

    private static func wire(
        _ request: CommitRequest, _ expectedGeneration: UInt64?
    ) throws(NorthboundError) -> NorthboundWire.CommitRequest {
        var message = NorthboundWire.CommitRequest()
        message.phase = request.phase.wireNumber
        message.edits = try wire(request.edits, "CommitRequest.edits")
        message.candidate = request.candidate
        message.cause = try causes(request.cause, "CommitRequest.cause")
        if let timeout = request.confirmTimeout {
            guard timeout > .zero, timeout <= Limits.confirmTimeout else { throw confirmTimeoutFailure }
            message.confirmTimeoutMilliseconds = UInt32(timeout.wholeMilliseconds)
        }
        message.expectedGeneration = expectedGeneration
        if request.datastore != .running { message.datastore = request.datastore.wireNumber }
        try checkSource(message)
        return message
    }

    private static func commitRequest(
        _ message: NorthboundWire.CommitRequest, _ header: RequestHeader
    ) throws(NorthboundError) -> NorthboundRequest {
        try checkSource(message)
        let timeout = message.confirmTimeoutMilliseconds.map { Duration.milliseconds($0) }
        if let timeout {
            guard timeout > .zero, timeout <= Limits.confirmTimeout else { throw confirmTimeoutFailure }
        }
        var request = CommitRequest(
            requestID: header.requestID, client: header.client,
            edits: try edits(message.edits, "CommitRequest.edits"), candidate: message.candidate,
            cause: try causes(message.cause, "CommitRequest.cause"),
            phase: try choice(message.phase, "CommitRequest.phase"), confirmTimeout: timeout)
        if let number = message.datastore { request.datastore = try choice(number, "CommitRequest.datastore") }
        return .commit(request, expectedGeneration: message.expectedGeneration)
    }

    private static func checkSource(_ message: NorthboundWire.CommitRequest) throws(NorthboundError) {
        guard message.candidate == nil || message.edits.isEmpty else {
            throw invalid("CommitRequest.candidate", "is given together with edits")
        }
    }

    private static var confirmTimeoutFailure: NorthboundError {
        invalid("CommitRequest.confirm_timeout_ms", "is not within 1 ms and 7 days")
    }

    // MARK: - ListTransactions

    private static func wire(
        _ filter: TransactionFilter
    ) throws(NorthboundError) -> NorthboundWire.ListTransactionsRequest {
        var message = NorthboundWire.ListTransactionsRequest()
        let after = try natural(filter.afterSequence, "ListTransactionsRequest.after_sequence")
        message.afterSequence = after == 0 ? nil : after
        if let before = filter.beforeSequence {
            message.beforeSequence = try natural(before, "ListTransactionsRequest.before_sequence")
        }
        message.sinceMicroseconds = filter.sinceMicroseconds
        message.untilMicroseconds = filter.untilMicroseconds
        message.within = filter.within?.description
        message.service = try optionalText(
            filter.service, "ListTransactionsRequest.service", maximum: Limits.serviceNameByteCount)
        message.outcomes = filter.outcomes.map(\.wireNumber).sorted()
        guard filter.limit > 0 else { throw invalid("ListTransactionsRequest.limit", "is \(filter.limit), below 1") }
        message.limit = UInt32(min(filter.limit, Limits.pageRecordCount))
        message.newestFirst = filter.isNewestFirst ? true : nil
        return message
    }

    private static func listRequest(
        _ message: NorthboundWire.ListTransactionsRequest
    ) throws(NorthboundError) -> NorthboundRequest {
        var filter = TransactionFilter()
        filter.afterSequence = try natural(message.afterSequence ?? 0, "ListTransactionsRequest.after_sequence")
        if let before = message.beforeSequence {
            filter.beforeSequence = try natural(before, "ListTransactionsRequest.before_sequence")
        }
        filter.sinceMicroseconds = message.sinceMicroseconds
        filter.untilMicroseconds = message.untilMicroseconds
        if let within = message.within { filter.within = try prefix(within, "ListTransactionsRequest.within") }
        filter.service = try optionalText(
            message.service, "ListTransactionsRequest.service", maximum: Limits.serviceNameByteCount)
        try count(
            message.outcomes.count, "ListTransactionsRequest.outcomes", maximum: TransactionOutcome.allCases.count)
        for (index, number) in message.outcomes.enumerated() {
            let field = "ListTransactionsRequest.outcomes[\(index)]"
            guard filter.outcomes.insert(try choice(number, field)).inserted else {
                throw invalid(field, "is there twice")
            }
        }
        let limit = message.limit ?? UInt32(Limits.pageRecordCount)
        guard limit > 0 else { throw invalid("ListTransactionsRequest.limit", "is 0, below 1") }
        filter.limit = min(Int(limit), Limits.pageRecordCount)
        filter.isNewestFirst = message.newestFirst ?? false
        return .listTransactions(filter)
    }
}
