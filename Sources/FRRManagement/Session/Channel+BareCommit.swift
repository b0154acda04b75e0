internal import NetworkTypes
internal import Northbound

extension Channel {
    /// The shortest transaction there is, as a yardstick: what FRR and the socket cost without us.
    func bareCommit(_ network: Network) throws(ManagementError) -> Duration {
        let ownership = configuration.ownership
        guard let tag = ownership.tag(of: network.attributeClass) else {
            throw ManagementError(.invalidEdit, "class \(network.attributeClass) has no route tag")
        }
        let start = ContinuousClock.now
        try lockBoth()
        if let refusal = try clean() {
            try unlockAll()
            throw ManagementError(.locked, refusal)
        }
        let plan = RoutePlan(putting: network.prefix, tag: tag)
        let batches =
            release.dialect == .native
            ? plan.treeBatches(schema: release.schema, ownership: ownership, limits: release.limits)
            : plan.leafBatches(schema: release.schema, ownership: ownership, limits: release.limits)
        for batch in batches {
            if let failure = try request(.edit(batch)).failure { throw try refusal(failure) }
        }
        let reply = try connection.request(
            .commit(.apply), session: session, within: configuration.commitDeadline ?? release.commitDeadline)
        if let failure = reply.failure { throw try refusal(failure) }
        try unlockAll()
        return start.duration(to: .now)
    }

    private func refusal(_ failure: Reply.Failure) throws(ManagementError) -> ManagementError {
        try discard(failure)
        try unlockAll()
        return ManagementError(.rejected, failure.text)
    }
}

extension RoutePlan {
    /// One new route.
    init(putting prefix: IPPrefix, tag: UInt32) {
        puts = [Put(prefix: prefix, tag: tag, isNew: true)]
    }
}
