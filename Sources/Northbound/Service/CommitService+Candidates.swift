/// Candidates: lists of edits that clients put together over several calls. Bounded for each client and for all, and
/// forgotten when they are not used.
extension CommitService {
    /// A new empty candidate of this client.
    public func createCandidate(client: String) async throws(NorthboundError) -> UInt64 {
        if let refusal = configuration.policy.refusal(of: .candidate, path: "CreateCandidate") { throw refusal.error }
        expireCandidates()
        let own = candidates.values.count { $0.client == client }
        guard own < configuration.maximumCandidatesPerClient else {
            throw NorthboundError(.resourceExhausted, "client \(client) has \(own) candidates already; delete some")
        }
        guard candidates.count < configuration.maximumCandidates else {
            throw NorthboundError(.resourceExhausted, "\(candidates.count) candidates exist already; delete some")
        }
        defer { nextCandidate += 1 }
        candidates[nextCandidate] = Candidate(client: client, edits: [], usedAt: uptime())
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

    /// Candidates of all clients.
    public var candidateCount: Int { candidates.count }

    /// A candidate that is used now.
    func candidate(_ id: UInt64, of client: String) throws(NorthboundError) -> Candidate {
        expireCandidates()
        guard let candidate = candidates[id], candidate.client == client else {
            throw NorthboundError(.notFound, "client \(client) has no candidate \(id), or it was not used for too long")
        }
        candidates[id]?.usedAt = uptime()
        return candidate
    }

    /// Forgets candidates that were not used for `candidateTimeout`.
    func expireCandidates() {
        let now = uptime()
        candidates = candidates.filter { now - $0.value.usedAt <= configuration.candidateTimeout }
    }
}
