internal import NetworkTypes

/// What has to be true before anything is removed from the old provider.
extension SwitchingSession {
    /// Waits until the new provider has installed everything, and BGP has it: as the old one sees, where that sees BGP,
    /// else as far as it can be expected.
    ///
    /// While a session is in use its calls have their turns between two looks; what they withdraw is not waited for.
    ///
    /// - Returns: what hinders it; nil when nothing does.
    func hindrance(
        of wanted: Set<IPPrefix>, by target: Int, seenBy witness: (any RedistributionWitness)?
    ) async throws(ManagementError) -> String? {
        // Each look reads all of it, in bgpd's loop too.
        var pause = Duration.milliseconds(50)
        var left = times.installation
        let before = withdrawn
        while true {
            let wanted = wanted.subtracting(withdrawn.subtracting(before))
            var reason = "not all of it was installed within \(times.installation)"
            do throws(ManagementError) {
                if try await isInstalled(wanted, by: target) {
                    guard let witness else { break }
                    guard let gap = try await gap(of: wanted, seenBy: witness) else { return nil }
                    reason = gap.reason
                    if gap.needsOperator { return reason }
                }
            } catch {
                if error.code == .unsupported { return error.message }
                guard error.code == .deadlineExceeded else { throw error }
            }
            guard left > .zero else { return reason }
            try await rest(for: pause)
            left -= pause
            pause = min(pause * 2, .milliseconds(500))
        }
        let settleTime = providers[target].settleTime
        if settleTime > .zero { try await rest(for: settleTime) }
        return nil
    }

    private func isInstalled(_ wanted: Set<IPPrefix>, by target: Int) async throws(ManagementError) -> Bool {
        do throws(ManagementError) {
            return wanted.isSubset(of: try await providers[target].session.installedNetworks().map(\.prefix))
        } catch {
            // Some releases cannot tell what zebra has. One that sees BGP has to.
            guard error.code == .unsupported, witness(target) == nil else { throw error }
            return true
        }
    }

    // MARK: - The witness

    /// The session of a provider, if it sees what BGP has.
    func witness(_ index: Int) -> (any RedistributionWitness)? {
        providers[index].session as? any RedistributionWitness
    }

    /// What hinders BGP from having prefixes out of the routing table. A witness that cannot tell is no witness.
    func gap(
        of prefixes: Set<IPPrefix>, seenBy witness: (any RedistributionWitness)?
    ) async throws(ManagementError) -> RedistributionGap? {
        guard let witness, !prefixes.isEmpty else { return nil }
        do throws(ManagementError) { return try await witness.redistributionGap(of: prefixes) } catch {
            guard error.code == .unsupported else { throw error }
            return RedistributionGap(error.message, needsOperator: true)
        }
    }

    /// True while what the provider in use announces would be lost by moving it to the other one.
    func needsOperator(_ active: Int) async -> Bool {
        (try? await gap(of: Set(known.map(\.prefix)), seenBy: witness(active)))?.needsOperator == true
    }
}
