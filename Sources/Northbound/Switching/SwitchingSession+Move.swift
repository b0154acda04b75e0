internal import NetworkTypes

extension SwitchingSession {
    /// Moves what the other provider announces to the chosen one, which is open.
    ///
    /// - Returns: the provider to be used: the chosen one, or the other one when the chosen one refuses.
    /// - Throws: when it is not known how far the move came; the next try goes on with it.
    func moveAll(to target: Int) async throws(ManagementError) -> Int {
        let source = 1 - target
        let used = active
        var found: Set<Network>
        var isSourceOpen = false
        do throws(ManagementError) {
            if source != used { try await openBeside(source) }
            found = try await providers[source].session.networks()
            isSourceOpen = true
            silentSince = nil
        } catch {
            guard !isClosing, active == used, source != used else { throw error }
            try waitForWitness(source, error)
            // It cannot tell; what it was asked to announce last is known when it was in use.
            found = lastActive == source ? known : []
            unreachable(source, to: target, error)
        }
        if isAutomatic, target != 0, isSourceOpen {
            // It was away when the other one was chosen, and has come back since.
            throw ManagementError(.disconnected, "\(providers[0].name) can be used now")
        }
        for _ in 0..<Self.roundLimit {
            // What the target has is the latest where it was in use already.
            let wanted = lastActive == target ? found.filter { !isWithdrawn($0.prefix) } : found
            if let refusal = try await announce(wanted, from: source, isSourceOpen, to: target) {
                return try await stay(refusal, found, isSourceOpen, from: source, to: target)
            }
            // Where the old one is in use, others may have changed something meanwhile.
            let present = source == used ? try await providers[source].session.networks() : found
            guard present != found else {
                if isSourceOpen { await remove(found, from: source, to: target) }
                return target
            }
            found = present
        }
        throw ManagementError(.disconnected, "\(providers[source].name) changes faster than it can be moved")
    }

    /// A move follows changes so often.
    private static let roundLimit = 10

    /// The new provider refuses, or BGP does not take what it announces.
    ///
    /// - Returns: the provider to be used.
    private func stay(
        _ why: Refusal, _ found: Set<Network>, _ isSourceOpen: Bool, from source: Int,
        to target: Int
    ) async throws(ManagementError) -> Int {
        let refusal = why.reason
        // Nobody has refused anything when this was cut off: both announce, and the next try goes on.
        guard !Task.isCancelled, !isClosing else { throw ManagementError(.disconnected, "cut off: \(refusal)") }
        guard isSourceOpen else { throw ManagementError(.rejected, refusal) }
        let isInUse = lastActive == target
        if why.isGap, isInUse || lastActive == nil && found.isEmpty, mayTry(source) {
            return try await turnBack(refusal, from: target, to: source, found.count)
        }
        guard !isInUse else {
            // What is left at the old one is no reason to leave the new one.
            mayHaveLeftovers = true
            if !found.isEmpty { trouble(move(.leftover, from: source, to: target, found.count, refusal)) }
            await withdraw(found.filter { isWithdrawn($0.prefix) }, from: source)
            return target
        }
        await takeBack(found, from: target, to: source, refusal)
        return source
    }

    /// BGP does not take what one provider announces, so it is moved to the one that was to be left.
    ///
    /// - Returns: the provider to be used.
    private func turnBack(
        _ gap: String, from target: Int, to source: Int, _ count: Int
    ) async throws(ManagementError) -> Int {
        guard active != nil else {
            let used = try await moveAll(to: source)
            if used == source { trouble(move(.stayed, from: source, to: target, count, gap)) }
            return used
        }
        trial = source
        defer { trial = nil }
        do throws(ManagementError) { return try await moveAll(to: source) } catch {
            guard isStillUsed(target) else { throw error }
            await takeBack(known, from: source, to: target, error.message)
            return target
        }
    }

    // MARK: - Steps

    /// Announces by the new provider what it does not announce yet, and reads back.
    ///
    /// - Returns: why the new provider refuses, or does not announce it all the same.
    private func announce(
        _ found: Set<Network>, from source: Int, _ isSourceOpen: Bool, to target: Int
    ) async throws(ManagementError) -> Refusal? {
        let session = providers[target].session
        let wanted = Set(found.map(\.prefix))
        let witness = isSourceOpen ? source : nil
        let present = try await session.networks()
        let edits = edits(for: found, present: present, isLatest: lastActive == source)
        // What is to go goes, whatever hinders the rest.
        let removals = edits.filter(\.isRemoval)
        if let refusal = try await commit(removals, present: present, to: target) { return refusal }
        if !removals.isEmpty { tell(.moved(move(.withdrawn, from: target, to: source, removals.count))) }
        if let gap = try await gap(of: wanted, seenBy: witness), gap.needsOperator { return Refusal(gap) }
        let additions = edits.filter { !$0.isRemoval }
        if let refusal = try await commit(additions, present: present, to: target) { return refusal }
        guard !found.isEmpty else { return nil }
        tell(.moved(move(.announced, from: source, to: target, found.count)))
        guard wanted.isSubset(of: try await session.networks().map(\.prefix)) else {
            return Refusal("it does not keep what it was told to announce")
        }
        if let hindrance = try await hindrance(of: wanted, by: target, seenBy: witness) { return hindrance }
        tell(.moved(move(.verified, from: source, to: target, found.count)))
        return nil
    }

    /// Commits a part of a move.
    private func commit(
        _ edits: [NetworkEdit], present: Set<Network>, to target: Int
    ) async throws(ManagementError) -> Refusal? {
        guard !edits.isEmpty else { return nil }
        let result = await providers[target].session.commit(
            Transaction(id: "move-to-\(providers[target].name)", edits: edits, cause: [Self.cause]))
        switch result.outcome {
        case .applied: noteUndoing(edits, present: present, at: target)
        case .rejected(let why): return Refusal(why.message)
        case .unknown(let why):
            noteUndoing(edits, present: present, at: target)
            throw ManagementError(.disconnected, why.message)
        }
        return nil
    }

    /// What the new provider has to change. It keeps what it has: a move that was cut off goes on, and nobody knows here
    /// what is wanted. But where the old one was in use until now, its classes are the latest, and what was withdrawn
    /// through it is withdrawn from the new one. What the old one merely does not have says nothing: the new one may have
    /// announced it all the time, as a bgpd does that was away when this process started.
    private func edits(for found: Set<Network>, present: Set<Network>, isLatest: Bool) -> [NetworkEdit] {
        guard isLatest else {
            let prefixes = Set(present.map(\.prefix))
            return found.filter { !prefixes.contains($0.prefix) }.sorted().map { .set($0) }
        }
        let kept = Set(found.map(\.prefix))
        return NetworkEdit.difference(
            from: present.filter { isWithdrawn($0.prefix) && !kept.contains($0.prefix) }, to: [])
            + found.subtracting(present).sorted().map { .set($0) }
    }

    /// Remembers how the new provider was before. A withdrawal is none of the move's and stays.
    private func noteUndoing(_ edits: [NetworkEdit], present: Set<Network>, at target: Int) {
        let before = Dictionary(present.map { ($0.prefix, $0) }) { first, _ in first }
        for edit in edits where !edit.isRemoval && undoing[target]?[edit.prefix] == nil {
            undoing[target, default: [:]][edit.prefix] =
                before[edit.prefix].map { NetworkEdit.set($0) } ?? NetworkEdit.remove(edit.prefix)
        }
    }

    /// Removes from the old provider what the new one announces.
    private func remove(_ found: Set<Network>, from source: Int, to target: Int) async {
        guard !isClosing else { return }
        guard !found.isEmpty else { return await finish(source, to: target, count: 0) }
        let edits = found.sorted().map { NetworkEdit.remove($0.prefix) }
        let result = await providers[source].session.commit(
            Transaction(id: "move-from-\(providers[source].name)", edits: edits, cause: [Self.cause]))
        switch result.outcome {
        case .applied: await finish(source, to: target, count: found.count)
        case .rejected(let why), .unknown(let why):
            mayHaveLeftovers = true
            trouble(move(.leftover, from: source, to: target, found.count, why.message))
        }
    }

    /// Removes from the old provider what was withdrawn through the new one, although the rest has to stay.
    ///
    /// - Returns: false when it has them still.
    @discardableResult func withdraw(_ networks: Set<Network>, from source: Int) async -> Bool {
        guard !isClosing, !networks.isEmpty else { return networks.isEmpty }
        let result = await providers[source].session.commit(
            Transaction(
                id: "withdraw-from-\(providers[source].name)", edits: networks.sorted().map { .remove($0.prefix) },
                cause: [Self.cause]))
        guard result.outcome == .applied else { return false }
        tell(.moved(move(.withdrawn, from: source, to: 1 - source, networks.count)))
        return true
    }

    /// The new provider announces all, the old one nothing.
    private func finish(_ source: Int, to target: Int, count: Int) async {
        mayHaveLeftovers = false
        withdrawn = []
        if count > 0 || lastTrouble != nil { tell(.moved(move(.removed, from: source, to: target, count))) }
        lastTrouble = nil
        await providers[source].session.close()
    }

    // MARK: - Trouble

    /// What this move has added to the new provider before that refused is removed from it; the old one announces it on.
    /// What the new one had before stays: nobody knows here whether the old one's reaches the routers.
    func takeBack(_ found: Set<Network>, from target: Int, to source: Int, _ refusal: String) async {
        refused(refusal, by: target, count: found.count)
        let session = providers[target].session
        if let networks = try? await session.networks() {
            let present = Set(networks.map(\.prefix))
            let announced = Set(found.map(\.prefix))
            var both = present.intersection(announced)
            // What the old one does not announce has to stay here.
            let edits = (undoing[target] ?? [:]).values
                .filter { present.contains($0.prefix) && (!$0.isRemoval || announced.contains($0.prefix)) }
                .sorted { $0.prefix < $1.prefix }
            if !edits.isEmpty {
                let result = await session.commit(
                    Transaction(id: "stay-off-\(providers[target].name)", edits: edits, cause: [Self.cause]))
                if result.outcome == .applied { both.subtract(edits.filter(\.isRemoval).map(\.prefix)) }
            }
            if !both.isEmpty { trouble(move(.leftover, from: target, to: source, both.count, refusal)) }
        } else if let added = undoing[target]?.count, added > 0 {
            trouble(move(.leftover, from: target, to: source, added, refusal))
        }
        mayHaveLeftovers = true
        await session.close()
    }

    /// The preferred provider is there and cannot be used.
    func refused(_ reason: String, by target: Int, count: Int) {
        if count > 0 { refusals[target] = elapsed() }
        trouble(move(.stayed, from: 1 - target, to: target, count, reason))
    }

    private func unreachable(_ source: Int, to target: Int, _ error: ManagementError) {
        mayHaveLeftovers = true
        // Where there never was anything, nobody needs to know.
        guard !providers[source].endsWithItsProcess || lastActive == source || error.code != .unreachable else {
            if lastTrouble?.step == .unreachable {
                // One that might have announced something has ended.
                tell(.moved(move(.removed, from: source, to: target, 0)))
                lastTrouble = nil
            }
            return
        }
        trouble(move(.unreachable, from: source, to: target, 0, error.message))
    }

    /// Tells of trouble once, until there is another.
    private func trouble(_ move: ProviderMove) {
        guard lastTrouble != move else { return }
        lastTrouble = move
        tell(.moved(move))
    }

    static let cause = "the provider changes"

    private func move(
        _ step: ProviderMove.Step, from source: Int, to target: Int, _ count: Int, _ error: String? = nil
    ) -> ProviderMove {
        ProviderMove(step, from: providers[source].name, to: providers[target].name, count: count, error: error)
    }
}
