internal import NetworkTypes
internal import Northbound

/// Times of a commit, by phase.
private struct PhaseClock {
    private var phases: [CommitPhase: Duration] = [:]
    private let start = ContinuousClock.now
    private var mark = ContinuousClock.now
    private var durationToReply: Duration?

    mutating func end(_ phase: CommitPhase) {
        let now = ContinuousClock.now
        phases[phase, default: .zero] += mark.duration(to: now)
        mark = now
    }

    mutating func replyArrived() { durationToReply = start.duration(to: .now) }

    func result(_ outcome: CommitOutcome) -> CommitResult {
        CommitResult(
            outcome: outcome, phases: phases, durationToReply: durationToReply, duration: start.duration(to: .now))
    }
}

/// What the steps of one commit tell each other.
private struct ModuleCommit {
    /// The last edit of each prefix.
    let wanted: [IPPrefix: AttributeClass?]
    let edits: [NetworkEdit]
    /// Classes that the sets use.
    let classes: Set<AttributeClass>
    /// Until when locks are waited for.
    let lockDeadline: ContinuousClock.Instant
    var body: [UInt8] = []
    /// The last refusal.
    var refusal = ManagementError(.locked, "FRR's configuration is locked by somebody else")

    init(_ edits: [NetworkEdit], lockPatience: Duration) {
        lockDeadline = .now + lockPatience
        var wanted: [IPPrefix: AttributeClass?] = [:]
        var classes: Set<AttributeClass> = []
        for edit in edits {
            switch edit {
            case .set(let network):
                wanted.updateValue(network.attributeClass, forKey: network.prefix)
                classes.insert(network.attributeClass)
            case .remove(let prefix): wanted.updateValue(nil, forKey: prefix)
            }
        }
        self.wanted = wanted
        self.edits = edits
        self.classes = classes
    }

    /// What running lacks of it, in words.
    func missing(in networks: Set<Network>) -> [String] {
        let removes = wanted.contains { $0.value == nil }
        let prefixes = removes ? Set(networks.map(\.prefix)) : []
        let missing = wanted.filter { prefix, attributeClass in
            guard let attributeClass else { return prefixes.contains(prefix) }
            return !networks.contains(Network(prefix: prefix, attributeClass: attributeClass))
        }
        return missing.keys.sorted().map(\.description)
    }
}

extension ModuleSession {
    /// Up to so many networks are read back by their paths, which costs the same whatever else there is.
    private static let namedReadLimit = Limits.pathCount

    /// Performs the steps that the commit machine gives out. bgpd needs no locks and has no candidate: a commit is one
    /// request, applied whole or not at all.
    func execute(_ edits: [NetworkEdit]) async -> CommitResult {
        var clock = PhaseClock()
        guard let link else { return clock.result(.rejected(ManagementErrorSummary(Self.notOpen))) }
        let connection = link.connection
        var commit = ModuleCommit(edits, lockPatience: configuration.lockPatience)
        var machine = CommitMachine()
        var step = machine.first
        while true {
            let result: CommitMachine.StepResult
            switch step {
            case .lock, .clean, .discard, .unlock: result = .done
            case .wait: result = await wait(commit)
            case .edit: result = await encode(&commit, on: connection)
            case .commit: result = await send(&commit, on: connection)
            case .readBack: result = await readBack(commit, on: connection)
            case .finish(let finish): return conclude(finish, connection, clock)
            }
            if step == .edit || step == .commit || step == .readBack, let phase = step.phase { clock.end(phase) }
            if step == .commit, case .done = result { clock.replyArrived() }
            if case .refused(let error) = result { commit.refusal = error }
            step = machine.handle(result)
        }
    }

    private func conclude(
        _ finish: CommitMachine.Finish, _ connection: ModuleConnection, _ clock: PhaseClock
    ) -> CommitResult {
        switch finish {
        case .applied: return clock.result(.applied)
        case .rejected(let why): return clock.result(.rejected(why))
        case .lost(let why):
            disconnect(why.message, of: connection)
            return clock.result(.rejected(why))
        case .unknown(let why):
            // Also when the connection stands: a new session begins with reading.
            disconnect(why.message, of: connection)
            return clock.result(.unknown(why))
        }
    }

    // MARK: - Steps

    private func wait(_ commit: ModuleCommit) async -> CommitMachine.StepResult {
        guard ContinuousClock.now < commit.lockDeadline, !Task.isCancelled else { return .refused(commit.refusal) }
        // A cancellation only shortens it.
        try? await Task.sleep(for: .milliseconds(Int.random(in: 50...250)))
        return .done
    }

    /// The message: the route-map of `drain` if it has none yet, then the networks.
    private func encode(
        _ commit: inout ModuleCommit, on connection: ModuleConnection
    ) async -> CommitMachine.StepResult {
        guard !commit.edits.isEmpty else { return .nothing }
        do throws(ModuleFailure) {
            var missing = commit.classes.subtracting(link?.classes ?? [])
            if !missing.isEmpty {
                // An operator may have defined one meanwhile.
                let found = try await connection.contents(of: [ClassRouteMap.list]).classes
                link?.classes = found
                missing = commit.classes.subtracting(found)
            }
            let creation = missing.remove(.drain) == nil ? [] : ClassRouteMap.drain
            if let refusal = ClassRouteMap.refusal(of: missing) { return .refused(refusal) }
            commit.body = try ModuleConnection.encode(creation + commit.edits.map(ModuleEdit.init))
            return .done
        } catch {
            if case .lost = error { return .lost(error.error) }
            return .refused(error.error)
        }
    }

    private func send(_ commit: inout ModuleCommit, on connection: ModuleConnection) async -> CommitMachine.StepResult {
        switch await sendOnce(commit, on: connection) {
        case .refused(let error) where error.code == .rejected:
            // An operator may have removed or made a class's route-map meanwhile.
            guard await hasLearntClasses(commit, connection) else { return .refused(error) }
            let again = await encode(&commit, on: connection)
            guard case .done = again else { return again }
            return await sendOnce(commit, on: connection)
        case let result: return result
        }
    }

    private func sendOnce(_ commit: ModuleCommit, on connection: ModuleConnection) async -> CommitMachine.StepResult {
        guard let instance = link?.instance else { return .lost(Self.notOpen) }
        let requestID = connection.nextRequestID()
        do throws(ModuleFailure) {
            try await connection.commit(commit.body, requestID: requestID)
            link?.classes.formUnion(commit.classes)
            return .done
        } catch {
            switch error {
            case .refused(let refusal) where refusal.code == .unknown:
                // A step failed and so did its undoing: only reading tells what is there.
                return .lost(error.error)
            case .refused: return .refused(error.error)
            case .lost:
                doubt = Doubt(requestID: requestID, instance: instance)
                return .lost(error.error)
            }
        }
    }

    /// True when the classes that have route-maps are not those that the session knew of.
    private func hasLearntClasses(_ commit: ModuleCommit, _ connection: ModuleConnection) async -> Bool {
        guard let known = link?.classes,
            let found = try? await connection.contents(of: [ClassRouteMap.list]).classes
        else { return false }
        link?.classes = found
        return commit.classes.intersection(known) != commit.classes.intersection(found)
    }

    private func readBack(_ commit: ModuleCommit, on connection: ModuleConnection) async -> CommitMachine.StepResult {
        let paths =
            commit.wanted.count <= Self.namedReadLimit
            ? commit.wanted.keys.sorted().map(NetworkPath.entry) : [NetworkPath.instance]
        guard !commit.wanted.isEmpty else { return .done }
        do throws(ModuleFailure) {
            let missing = commit.missing(in: try await connection.contents(of: paths).networks)
            return missing.isEmpty ? .done : .missing(missing)
        } catch {
            return .lost(error.error)
        }
    }
}
