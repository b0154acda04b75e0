internal import NetworkTypes

extension CommitService {
    /// Reads FRR and settles everything that was open: transactions in doubt, commits whose answer was lost, and what
    /// FRR runs that the journal does not know.
    func recover() async throws(ManagementError) {
        await enter()
        defer { leave() }
        let networks = try await session.networks()
        setRunning(networks)
        for (commit, record) in unresolved.values {
            let resolved = Self.resolve(record, running: networks)
            await finish(resolved)
            answer(commit, Self.result(resolved))
        }
        unresolved = [:]
        do {
            for record in try await journal.inDoubt() {
                await finish(Self.resolve(record, running: networks))
            }
            parent = try await journal.head().id
            let known = try await journal.networks(after: nil)
            if known != networks {
                await observe(networks, known: known, cause: ["FRR runs something else than the journal says"])
            }
        } catch {
            tell(.journalFailed(error))
        }
    }

    /// The outcome that FRR shows: applied when all of it is there, rejected when not. A transaction is never applied in
    /// part; where running has moved on since, what is missing was changed by somebody else.
    static func resolve(_ record: TransactionRecord, running: Set<Network>) -> TransactionRecord {
        let classes = running.byPrefix
        var resolved = record
        let isThere = record.edits.allSatisfy { classes[$0.prefix] == $0.after }
        resolved.outcome = isThere ? .applied : .rejected
        let reason = record.error.map { "\($0); " } ?? ""
        resolved.error = isThere ? nil : reason + "not applied, as running shows"
        return resolved
    }

    private static func result(_ record: TransactionRecord) -> Result<TransactionRecord, NorthboundError> {
        do { return .success(try outcome(record)) } catch { return .failure(error) }
    }

    /// Reads running again. What somebody else changed is observed, so that the journal's model stays FRR's.
    func refreshRunning() async throws(ManagementError) -> Set<Network> {
        await enter()
        defer { leave() }
        let networks = try await session.networks()
        if let running, running != networks {
            await observe(networks, known: running, cause: ["changed by somebody else"])
        }
        setRunning(networks)
        return networks
    }

    /// Writes what FRR runs as a record of its own, if it differs from what is known.
    func observe(_ networks: Set<Network>, known: Set<Network>? = nil, cause: [String]) async {
        let before: Set<Network>
        if let known {
            before = known
        } else {
            do { before = try await journal.networks(after: nil) } catch { return }
        }
        let edits = NetworkEdit.difference(from: before, to: networks)
        guard !edits.isEmpty else { return }
        let record = TransactionRecord(
            id: makeID(), parent: parent, kind: .observed, requestID: "", client: "northbound", cause: cause,
            edits: Self.recorded(edits, before: before.byPrefix), capabilities: management,
            startedAtMicroseconds: now(),
            outcome: .applied)
        // A failing journal has been told of already; the next write that succeeds marks the gap.
        if let written = try? await journal.begin(record) { await finish(written) }
    }
}
