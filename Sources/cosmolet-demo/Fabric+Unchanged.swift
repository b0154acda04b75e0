internal import CosmoletTesting

extension Fabric {
    /// Checks that the routers notice nothing of an action: their kernels report no change of a route, and their tables,
    /// read each 100 ms, never differ from what they were.
    ///
    /// - Parameter duration: how long to look at least; in any case until the action is over.
    func checkUnchanged(
        during what: String, for duration: Duration, _ recorder: Recorder,
        _ action: @escaping @Sendable () async throws -> Void
    ) async throws {
        let end = ContinuousClock.now + duration
        let result = try await TableSamples.take(tables) {
            try await action()
            try await ContinuousClock().sleep(until: end)
        }
        let differing = result.samples.count { $0 != result.samples.first }
        try recorder.check(
            "routers' tables during \(what)", expected: "0 of \(result.samples.count) samples differ",
            seen: "\(differing) of \(result.samples.count) samples differ")
        try recorder.check(
            "routers whose kernel reported a change during \(what)", expected: [], seen: result.changedRouters)
    }
}
