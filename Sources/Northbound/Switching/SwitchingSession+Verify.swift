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
        of wanted: Set<IPPrefix>, by target: Int, seenBy witness: Int?
    ) async throws(ManagementError) -> Refusal? {
        // Each look reads all of it, in bgpd's loop too.
        var pause = Duration.milliseconds(50)
        var left = times.installation
        let before = withdrawn
        while true {
            let wanted = wanted.subtracting(withdrawn.subtracting(before))
            var refusal = Refusal("not all of it was installed within \(times.installation)")
            do throws(ManagementError) {
                if try await isInstalled(wanted, by: target) {
                    guard let witness else { break }
                    guard let gap = try await gap(of: wanted, seenBy: witness) else { return nil }
                    refusal = Refusal(gap)
                    if gap.needsOperator { return refusal }
                }
            } catch {
                if error.code == .unsupported { return Refusal(error.message) }
                guard error.code == .deadlineExceeded else { throw error }
            }
            guard left > .zero else { return refusal }
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

    /// What hinders BGP from having prefixes out of the routing table, also in families of prefixes before. It is remembered:
    /// while the witness is away its last answer counts.
    ///
    /// A witness that cannot tell is no witness: it is not left while it has something, or had until now.
    func gap(of prefixes: Set<IPPrefix>, seenBy index: Int?) async throws(ManagementError) -> RedistributionGap? {
        guard let index, let witness = witness(index) else { return nil }
        families.formUnion(prefixes.map(\.family))
        do throws(ManagementError) {
            lastGap = try await witness.redistributionGap(of: prefixes, in: families)
        } catch {
            guard error.code == .unsupported else { throw error }
            let isLeft = !prefixes.isEmpty || lastActive == index
            lastGap = isLeft ? RedistributionGap(error.message, needsOperator: true, isCertain: false) : nil
        }
        return lastGap
    }

    /// True while what the provider in use announces would be lost by moving it to the other one.
    func needsOperator(_ active: Int) async -> Bool {
        (try? await gap(of: Set(known.map(\.prefix)), seenBy: active))?.needsOperator == true
    }

    /// What the provider in use has installed and BGP has not, as far as the other one can tell.
    func missing(_ prefixes: Set<IPPrefix>, from used: Int) async -> Set<IPPrefix> {
        let index = 1 - used
        guard witness(used) == nil, let witness = witness(index), !prefixes.isEmpty,
            (try? await openBeside(index)) != nil
        else { return [] }
        return (try? await witness.redistributionGap(of: prefixes, in: []))?.missing ?? []
    }

    /// The last answer of a witness that has gone counts, for as long as a bgpd may take to come back: what the other
    /// provider announces needs bgpd as well.
    func waitForWitness(_ index: Int, _ error: ManagementError) throws(ManagementError) {
        guard lastActive == index, let lastGap else { return }
        let since = silentSince ?? elapsed()
        silentSince = since
        guard elapsed() - since < times.busyPatience else { return }
        throw ManagementError(error.code, "\(error.message); it is waited for: \(lastGap.reason)")
    }
}

/// Why a move does not come about.
struct Refusal {
    let reason: String
    /// BGP does not take what the new provider announces.
    let isGap: Bool

    init(_ reason: String) { (self.reason, isGap) = (reason, false) }
    init(_ gap: RedistributionGap) { (reason, isGap) = (gap.reason, gap.isCertain) }
}
