extension CommitService: NorthboundAPI {
    /// How many candidates may exist at once, over all clients, and how many edits each may hold.
    static let maximumCandidates = 64

    /// Tells what the service is and allows.
    public func capabilities() async throws(NorthboundError) -> ServiceCapabilities {
        ServiceCapabilities(
            apiVersion: Self.apiVersion, programVersion: configuration.programVersion, management: management,
            modules: management.map { ["frr-bgp", "frr-staticd (\($0.schema))"] } ?? [], policy: configuration.policy,
            maximumMessageByteCount: 8 << 20)
    }

    /// Our networks, read from FRR at this moment.
    public func get(_ dataset: NorthboundDataset) async throws(NorthboundError) -> Set<Network> {
        guard management != nil, running != nil else {
            throw NorthboundError(.unavailable, "FRR cannot be reached; the northbound keeps trying")
        }
        do throws(ManagementError) {
            switch dataset {
            case .config: return try await refreshRunning()
            case .state: return try await session.installedNetworks()
            }
        } catch {
            switch error.code {
            case .unsupported: throw NorthboundError(.unimplemented, error.message)
            case .deadlineExceeded: throw NorthboundError(.deadlineExceeded, error.message)
            default:
                loseSession(error.message)
                throw NorthboundError(.unavailable, error.message)
            }
        }
    }

    // MARK: - Candidates

    /// A new empty candidate of this client.
    public func createCandidate(client: String) async throws(NorthboundError) -> UInt64 {
        guard candidates.count < Self.maximumCandidates else {
            throw NorthboundError(.resourceExhausted, "\(candidates.count) candidates exist already; delete some")
        }
        defer { nextCandidate += 1 }
        candidates[nextCandidate] = Candidate(client: client, edits: [])
        return nextCandidate
    }

    /// Appends edits.
    public func editCandidate(
        _ candidate: UInt64, client: String, edits: [NetworkEdit]
    ) async throws(NorthboundError) {
        let known = try self.candidate(candidate, of: client)
        guard known.edits.count + edits.count <= configuration.policy.maximumEdits else {
            throw NorthboundError(
                .resourceExhausted,
                "candidate \(candidate) would hold more than \(configuration.policy.maximumEdits) edits")
        }
        candidates[candidate]?.edits += edits
    }

    /// Forgets a candidate.
    public func deleteCandidate(_ candidate: UInt64, client: String) async throws(NorthboundError) {
        _ = try self.candidate(candidate, of: client)
        candidates[candidate] = nil
    }

    private func candidate(_ id: UInt64, of client: String) throws(NorthboundError) -> Candidate {
        guard let candidate = candidates[id], candidate.client == client else {
            throw NorthboundError(.notFound, "client \(client) has no candidate \(id)")
        }
        return candidate
    }

    // MARK: - Transactions

    /// Commits, or with phase validate checks only.
    public func commit(_ request: CommitRequest) async throws(NorthboundError) -> TransactionRecord {
        var edits = request.edits
        if let id = request.candidate {
            guard edits.isEmpty else {
                throw NorthboundError(.invalidArgument, "Commit has both edits and candidate \(id)")
            }
            edits = try candidate(id, of: request.client).edits
        }
        guard !request.requestID.isEmpty else {
            throw NorthboundError(.invalidArgument, "Commit needs a request id")
        }
        if let timeout = request.confirmTimeout,
            timeout <= .zero || timeout > configuration.maximumConfirmTimeout
        {
            throw NorthboundError(
                .invalidArgument,
                "confirm timeout \(timeout) is not within 0 and \(configuration.maximumConfirmTimeout)")
        }
        renew(request.client)
        if request.phase == .validate { return try validated(edits, request) }
        let record = try await enqueue(
            QueuedCommit(
                key: RequestKey(client: request.client, requestID: request.requestID), kind: .commit, edits: edits,
                cause: request.cause, confirmTimeout: request.confirmTimeout))
        if let id = request.candidate { candidates[id] = nil }
        return record
    }

    private func validated(
        _ edits: [NetworkEdit], _ request: CommitRequest
    ) throws(NorthboundError) -> TransactionRecord {
        guard let running else { throw NorthboundError(.unavailable, "FRR cannot be reached") }
        switch configuration.policy.refusal(of: edits, running: running.byPrefix) {
        case .permissionDenied(let message): throw NorthboundError(.permissionDenied, message)
        case .resourceExhausted(let message): throw NorthboundError(.resourceExhausted, message)
        case nil:
            return TransactionRecord(
                id: "", parent: parent, kind: .commit, requestID: request.requestID, client: request.client,
                cause: request.cause, edits: Self.recorded(edits, before: running.byPrefix), capabilities: management,
                startedAtMicroseconds: now(), outcome: .pending)
        }
    }

    /// Keeps a commit that was made with a confirm timeout.
    public func confirmCommit(id: String, client: String) async throws(NorthboundError) -> TransactionRecord {
        var record = try await transaction(id: id)
        guard record.client == client || client.isEmpty else {
            throw NorthboundError(.permissionDenied, "transaction \(id) belongs to client \(record.client)")
        }
        guard let confirmBy = record.confirmByMicroseconds, confirmBy > now() else {
            throw NorthboundError(.failedPrecondition, "transaction \(id) does not wait for a confirmation")
        }
        record.confirmByMicroseconds = nil
        do { try await journal.finish(record) } catch {
            throw NorthboundError(.unavailable, "the confirmation cannot be written: \(error)")
        }
        tell(.recorded(record))
        return record
    }

    /// Records of the journal.
    public func listTransactions(_ filter: TransactionFilter) async throws(NorthboundError) -> [TransactionRecord] {
        do { return try await journal.records(filter) } catch { throw Self.error(error) }
    }

    /// One record.
    public func transaction(id: String) async throws(NorthboundError) -> TransactionRecord {
        let record: TransactionRecord?
        do { record = try await journal.record(id: id) } catch { throw Self.error(error) }
        guard let record else { throw NorthboundError(.notFound, "there is no transaction \(id)") }
        return record
    }

    /// Brings the announcements back to what they were right after a transaction.
    public func rollback(
        to id: String, requestID: String, client: String
    ) async throws(NorthboundError) -> TransactionRecord {
        let record = try await transaction(id: id)
        guard record.outcome == .applied else {
            throw NorthboundError(
                .failedPrecondition, "transaction \(id) was \(record.outcome.rawValue), there is nothing to go back to")
        }
        let wanted: Set<Network>
        do { wanted = try await journal.networks(after: id) } catch { throw Self.error(error) }
        let current = try await get(.config)
        let edits = NetworkEdit.difference(from: current, to: wanted)
        return try await enqueue(
            QueuedCommit(
                key: RequestKey(client: client, requestID: requestID), kind: .rollback, edits: edits,
                cause: ["rollback to \(id)"], confirmTimeout: nil))
    }

    private static func error(_ error: JournalError) -> NorthboundError {
        NorthboundError(error.code == .notFound ? .notFound : .unavailable, error.message)
    }

    // MARK: - Lock and lease

    /// Refuses commits of all others.
    public func lock(client: String) async throws(NorthboundError) {
        if let lockHolder, lockHolder != client {
            throw NorthboundError(.failedPrecondition, "the configuration is locked by client \(lockHolder)")
        }
        lockHolder = client
        renew(client)
    }

    /// Ends `lock`.
    public func unlock(client: String) async throws(NorthboundError) {
        guard lockHolder == client else {
            throw NorthboundError(.failedPrecondition, "client \(client) does not hold the lock")
        }
        lockHolder = nil
    }

    /// Tells that this client is alive.
    public func renewLease(client: String) async throws(NorthboundError) {
        leases[client] = Lease(renewedAt: now())
    }

    /// A client that has a lease renews it with whatever it asks.
    private func renew(_ client: String) {
        if leases[client] != nil { leases[client] = Lease(renewedAt: now()) }
    }
}
