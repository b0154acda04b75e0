internal import NetworkTypes

/// What is done while a provider is in use: looking for the preferred one, and for leftovers at the other one.
extension SwitchingSession {
    /// Looks from now on, in a task of its own, until there is nothing more to look for.
    func watchOver() {
        watch?.cancel()
        guard active != 0 || mayHaveLeftovers else { return }
        watch = Task { [weak self, clock, times] in
            var isFirst = true
            repeat {
                if let stay = await self?.endStay(isFirst: isFirst) {
                    guard (try? await clock.sleep(for: stay)) != nil else { return }
                }
                isFirst = false
                guard (try? await clock.sleep(for: times.retry)) != nil else { return }
            } while await self?.look() == true
        }
    }

    /// How long the preferred provider is left alone before it is looked for; nil when it is not.
    private func endStay(isFirst: Bool) -> Duration? {
        if active != 0, refusals.removeValue(forKey: 0) != nil { return times.refusalRetry }
        guard isFirst, active != 0, isAutomatic, unrest.pause > times.retry else { return nil }
        return unrest.pause - times.retry
    }

    /// False when there is nothing more to look for.
    private func look() async -> Bool {
        await enter()
        defer { leave() }
        guard let active, !Task.isCancelled, !isClosing else { return false }
        guard active == 0 else { return await tryPreferred(insteadOf: active) }
        if let used = try? await moveAll(to: active) {
            guard isStillUsed(active) else { return false }
            guard used == active else { return handOver(to: used) }
            undoing = [:]
        }
        return mayHaveLeftovers
    }

    /// All has been moved while the other provider was in use; its session ends, and the next one is with this one.
    private func handOver(to index: Int) -> Bool {
        undoing = [:]
        use(index)
        active = nil
        tell(.disconnected("\(providers[index].name) can be used now"))
        return false
    }

    /// False for a while after a provider has refused.
    func mayTry(_ index: Int) -> Bool {
        refusals[index].map { elapsed() - $0 >= times.refusalRetry } ?? true
    }

    // MARK: - Back to the preferred provider

    /// Moves everything to the preferred provider while the other one is in use, so that another refusal costs nobody the
    /// session. Only when all has been moved the session ends; the next one is with the preferred provider.
    ///
    /// - Returns: false when there is nothing more to look for.
    private func tryPreferred(insteadOf active: Int) async -> Bool {
        await removeWithdrawn()
        guard isStillUsed(active) else { return false }
        if await needsOperator(active) { return true }
        guard (try? await openBeside(0)) != nil else { return isStillUsed(active) }
        trial = 0
        mayHaveLeftovers = true
        defer { trial = nil }
        let used: Int
        do throws(ManagementError) { used = try await moveAll(to: 0) } catch {
            guard isStillUsed(active) else { return false }
            await takeBack(known, from: 0, to: active, error.message)
            return true
        }
        guard isStillUsed(active), used == 0 else { return isStillUsed(active) }
        return handOver(to: 0)
    }

    /// What was withdrawn through the other provider is removed from the preferred one, whether or not all else can be moved.
    private func removeWithdrawn() async {
        guard !withdrawn.isEmpty, (try? await openBeside(0)) != nil,
            let networks = try? await providers[0].session.networks()
        else { return }
        if await withdraw(networks.filter { isWithdrawn($0.prefix) }, from: 0) { withdrawn = [] }
        await providers[0].session.close()
    }

    /// False when the session was lost or closed while the turn was given away.
    func isStillUsed(_ index: Int) -> Bool { active == index && !Task.isCancelled && !isClosing }

    /// What is withdrawn through the provider in use is withdrawn from the one that it is just being moved to as well.
    func withdrawFromTrial(_ edits: [NetworkEdit]) async {
        let removals = edits.filter(\.isRemoval)
        guard let trial, !removals.isEmpty else { return }
        // If that fails the move goes on with what is still wanted, or takes back what it has added.
        _ = await providers[trial].session.commit(
            Transaction(id: "withdraw-from-\(providers[trial].name)", edits: removals, cause: [Self.cause]))
    }

    // MARK: - Turns

    /// Opens a provider, which may take as long as its deadlines; while the other one is in use, its calls have their turns
    /// meanwhile.
    ///
    /// - Throws: `disconnected` also when the session in use has ended since.
    func openBeside(_ index: Int) async throws(ManagementError) {
        guard let used = active else { return try await open(index) }
        leave()
        var failure: ManagementError?
        do throws(ManagementError) { try await open(index) } catch { failure = error }
        await enter()
        guard isStillUsed(used) else { throw ManagementError(.disconnected, "cut off") }
        if let failure { throw failure }
    }

    /// Waits; while a session is in use, its calls have their turns meanwhile.
    ///
    /// - Throws: `disconnected` when that session has ended since, or the task is cancelled.
    func rest(for pause: Duration) async throws(ManagementError) {
        let used = active
        if used != nil { leave() }
        let isOver = (try? await clock.sleep(for: pause)) == nil
        if used != nil { await enter() }
        guard !isOver, active == used, !isClosing else { throw ManagementError(.disconnected, "cut off") }
    }
}
