extension CommitService: NorthboundAPI {
    /// The last sequence number of the journal. Asks the journal once; later numbers are the service's own to know.
    public func journalSequence() async throws(NorthboundError) -> Int64? {
        if lastSequence == nil, let head = try? await journal.head(), lastSequence == nil {
            lastSequence = head.sequence
        }
        return lastSequence
    }

    /// Tells what the service is and allows.
    public func capabilities() async throws(NorthboundError) -> ServiceCapabilities {
        ServiceCapabilities(
            apiVersion: Self.apiVersion, programVersion: configuration.programVersion, management: management,
            modules: management.map(ModelModules.names) ?? [], policy: configuration.policy,
            limits: ServiceLimits(
                maximumQueuedCommits: configuration.maximumQueuedCommits,
                maximumCandidates: configuration.maximumCandidates,
                maximumCandidatesPerClient: configuration.maximumCandidatesPerClient,
                candidateTimeout: configuration.candidateTimeout))
    }

    /// Networks of ours: read from FRR at this moment, or as the journal has them.
    public func get(_ request: GetRequest) async throws(NorthboundError) -> Set<Network> {
        var subtrees: [NetworkSubtree] = []
        for path in request.paths {
            do { subtrees.append(try NetworkSubtree(path: path)) } catch {
                throw NorthboundError(.invalidArgument, error.message)
            }
        }
        let own = request.dataset.datastore
        let datastore = request.datastore ?? own
        if let refusal = configuration.policy.refusal(of: datastore, path: request.paths.first ?? NetworkPath.instance)
        {
            throw refusal.error
        }
        guard datastore == own else {
            throw NorthboundError(
                .invalidArgument, "Get of \(request.dataset) reads the datastore \(own), not \(datastore)")
        }
        return try await networks(request).within(subtrees)
    }

    private func networks(_ request: GetRequest) async throws(NorthboundError) -> Set<Network> {
        guard request.moment == .now || request.dataset == .config else {
            throw NorthboundError(.invalidArgument, "the journal keeps no state, only configuration")
        }
        switch request.moment {
        case .now: break
        case .afterTransaction(let id):
            do { return try await journal.networks(after: id) } catch { throw Self.error(error) }
        case .afterSequence(let sequence):
            do { return try await journal.networks(afterSequence: sequence) } catch { throw Self.error(error) }
        }
        guard management != nil, running != nil else {
            throw NorthboundError(.unavailable, "FRR cannot be reached; the northbound keeps trying")
        }
        do throws(ManagementError) {
            switch request.dataset {
            case .config: return try await refreshRunning()
            case .state: return try await session.installedNetworks()
            }
        } catch {
            throw failed(error)
        }
    }

    // MARK: - Transactions

    /// Commits, or with phase validate checks only.
    public func commit(_ request: CommitRequest) async throws(NorthboundError) -> TransactionRecord {
        guard !request.requestID.isEmpty, !request.client.isEmpty else {
            throw NorthboundError(.invalidArgument, "Commit needs a request id and a client name")
        }
        if let timeout = request.confirmTimeout,
            timeout <= .zero || timeout > configuration.maximumConfirmTimeout
        {
            throw NorthboundError(
                .invalidArgument,
                "confirm timeout \(timeout) is not within 0 and \(configuration.maximumConfirmTimeout)")
        }
        heard(request.client)
        if request.phase == .validate { return try validated(try edits(of: request), request) }
        let key = RequestKey(client: request.client, requestID: request.requestID)
        let deadline = deadline(in: request.timeRemaining)
        if let earlier = try await claim(key, deadline: deadline) { return earlier }
        let edits: [NetworkEdit]
        do throws(NorthboundError) { edits = try self.edits(of: request) } catch { throw giveUp(key, error) }
        let record = try await submit(
            QueuedCommit(
                key: key, kind: .commit, change: .edits(edits), cause: request.cause,
                confirmTimeout: request.confirmTimeout, deadline: deadline))
        if let id = request.candidate { candidates[id] = nil }
        return record
    }

    /// The edits of a request or of its candidate, for the running datastore.
    private func edits(of request: CommitRequest) throws(NorthboundError) -> [NetworkEdit] {
        var edits = request.edits
        if let id = request.candidate {
            guard edits.isEmpty else {
                throw NorthboundError(.invalidArgument, "Commit has both edits and candidate \(id)")
            }
            edits = try candidate(id, of: request.client).edits
        }
        let path = edits.first.map { NetworkPath.pathValue($0).path }
        if let refusal = configuration.policy.refusal(of: request.datastore, path: path ?? NetworkPath.instance) {
            throw refusal.error
        }
        guard request.datastore == .running else {
            throw NorthboundError(
                .invalidArgument, "Commit changes the datastore running, not \(request.datastore)")
        }
        return edits
    }

    private func validated(
        _ edits: [NetworkEdit], _ request: CommitRequest
    ) throws(NorthboundError) -> TransactionRecord {
        guard let running else { throw NorthboundError(.unavailable, "FRR cannot be reached") }
        if let refusal = configuration.policy.refusal(of: edits, running: running.byPrefix) { throw refusal.error }
        return TransactionRecord(
            id: makeID(), parent: parent, kind: .commit, requestID: request.requestID, client: request.client,
            cause: Causes.bounded(request.cause), edits: Self.recorded(edits, before: running.byPrefix),
            capabilities: management, startedAtMicroseconds: now(), outcome: .pending)
    }

    /// Records of the journal.
    public func listTransactions(_ filter: TransactionFilter) async throws(NorthboundError) -> [TransactionRecord] {
        do { return try await journal.records(filter) } catch { throw Self.error(error) }
    }

    /// One record.
    public func transaction(id: String) async throws(NorthboundError) -> TransactionRecord {
        let record: TransactionRecord?
        do { record = try await journal.record(id: id) } catch { throw Self.error(error) }
        guard let record else {
            throw NorthboundError(.notFound, "there is no transaction \(id) in the journal, or it was pruned")
        }
        return record
    }

    /// Brings the announcements back to what they were right after a transaction.
    public func rollback(
        to id: String, requestID: String, client: String, timeRemaining: Duration?
    ) async throws(NorthboundError) -> TransactionRecord {
        guard !requestID.isEmpty, !client.isEmpty else {
            throw NorthboundError(.invalidArgument, "RollbackTo needs a request id and a client name")
        }
        if let refusal = configuration.policy.refusal(of: .running, path: NetworkPath.instance) { throw refusal.error }
        heard(client)
        let key = RequestKey(client: client, requestID: requestID)
        let deadline = deadline(in: timeRemaining)
        if let earlier = try await claim(key, deadline: deadline) { return earlier }
        let table: Set<Network>
        do throws(NorthboundError) { table = try await self.table(after: id) } catch { throw giveUp(key, error) }
        return try await submit(
            QueuedCommit(
                key: key, kind: .rollback, change: .table(table), cause: ["rollback to \(id)"], confirmTimeout: nil,
                deadline: deadline))
    }

    private func table(after id: String) async throws(NorthboundError) -> Set<Network> {
        let record = try await transaction(id: id)
        guard record.outcome == .applied else {
            let hint = record.parent.map { "; the one applied before it is \($0)" } ?? ""
            throw NorthboundError(
                .failedPrecondition,
                "transaction \(id) is \(record.outcome.rawValue), so there is nothing to go back to\(hint)")
        }
        do { return try await journal.networks(after: id) } catch { throw Self.error(error) }
    }

    private static func error(_ error: JournalError) -> NorthboundError {
        NorthboundError(error.code == .notFound ? .notFound : .unavailable, error.message)
    }
}
