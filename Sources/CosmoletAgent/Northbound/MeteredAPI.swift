internal import Northbound

/// Counts the calls of a northbound API, by method and status code.
struct MeteredAPI: NorthboundAPI {
    private let api: any NorthboundAPI
    private let telemetry: NorthboundTelemetry

    init(_ api: any NorthboundAPI, telemetry: NorthboundTelemetry) {
        self.api = api
        self.telemetry = telemetry
    }

    private func counted<Value: Sendable>(
        _ method: String, _ body: () async throws(NorthboundError) -> Value
    ) async throws(NorthboundError) -> Value {
        do throws(NorthboundError) {
            let value = try await body()
            telemetry.called(method, .ok)
            return value
        } catch {
            telemetry.called(method, error.code)
            throw error
        }
    }

    /// A call that waits for its turn among commits.
    private func queued<Value: Sendable>(
        _ method: String, _ body: () async throws(NorthboundError) -> Value
    ) async throws(NorthboundError) -> Value {
        telemetry.waiting(by: 1)
        defer { telemetry.waiting(by: -1) }
        return try await counted(method, body)
    }

    func journalSequence() async throws(NorthboundError) -> Int64? {
        try await counted("Heartbeat") { () async throws(NorthboundError) in try await api.journalSequence() }
    }

    func capabilities() async throws(NorthboundError) -> ServiceCapabilities {
        try await counted("GetCapabilities") { () async throws(NorthboundError) in try await api.capabilities() }
    }

    func get(_ request: GetRequest) async throws(NorthboundError) -> Set<Network> {
        try await counted("Get") { () async throws(NorthboundError) in try await api.get(request) }
    }

    func createCandidate(client: String) async throws(NorthboundError) -> UInt64 {
        try await counted("CreateCandidate") { () async throws(NorthboundError) in
            try await api.createCandidate(client: client)
        }
    }

    func editCandidate(
        _ candidate: UInt64, client: String, edits: [NetworkEdit]
    ) async throws(NorthboundError) {
        try await counted("EditCandidate") { () async throws(NorthboundError) in
            try await api.editCandidate(candidate, client: client, edits: edits)
        }
    }

    func deleteCandidate(_ candidate: UInt64, client: String) async throws(NorthboundError) {
        try await counted("DeleteCandidate") { () async throws(NorthboundError) in
            try await api.deleteCandidate(candidate, client: client)
        }
    }

    func commit(_ request: CommitRequest) async throws(NorthboundError) -> TransactionRecord {
        telemetry.heard(request.client, isLease: false)
        return try await queued("Commit") { () async throws(NorthboundError) in try await api.commit(request) }
    }

    func confirmCommit(id: String, client: String) async throws(NorthboundError) -> TransactionRecord {
        try await counted("ConfirmCommit") { () async throws(NorthboundError) in
            try await api.confirmCommit(id: id, client: client)
        }
    }

    func listTransactions(_ filter: TransactionFilter) async throws(NorthboundError) -> [TransactionRecord] {
        try await counted("ListTransactions") { () async throws(NorthboundError) in
            try await api.listTransactions(filter)
        }
    }

    func transaction(id: String) async throws(NorthboundError) -> TransactionRecord {
        try await counted("GetTransaction") { () async throws(NorthboundError) in try await api.transaction(id: id) }
    }

    func rollback(
        to id: String, requestID: String, client: String, timeRemaining: Duration?
    ) async throws(NorthboundError) -> TransactionRecord {
        telemetry.heard(client, isLease: false)
        return try await queued("RollbackTo") { () async throws(NorthboundError) in
            try await api.rollback(to: id, requestID: requestID, client: client, timeRemaining: timeRemaining)
        }
    }

    func lock(client: String) async throws(NorthboundError) {
        try await counted("LockConfig") { () async throws(NorthboundError) in try await api.lock(client: client) }
    }

    func unlock(client: String) async throws(NorthboundError) {
        try await counted("UnlockConfig") { () async throws(NorthboundError) in try await api.unlock(client: client) }
    }

    func renewLease(client: String) async throws(NorthboundError) {
        telemetry.heard(client, isLease: true)
        try await counted("RenewLease") { () async throws(NorthboundError) in
            try await api.renewLease(client: client)
        }
    }
}
