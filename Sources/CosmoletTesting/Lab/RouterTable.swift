/// A router's kernel routing table, followed as it changes.
///
/// `ip monitor route` tells when something changed; the table is then read as a whole, so that a multipath route that
/// the kernel reports in parts is seen whole.
public final class RouterTable: Sendable {
    /// One state of the table.
    public struct Snapshot: Sendable {
        /// Next hops by prefix.
        public var routes: [String: Set<String>] = [:]
        /// When the kernel reported the change that led to this state.
        public var changedAt: ContinuousClock.Instant = .now
        /// How many changes the kernel has reported.
        public var changes = 0
        /// How many of them the routes take in.
        public var changesRead = 0
        /// Why the table can no longer be followed; nil while it can.
        public var failure: String?
    }

    /// The router.
    public let router: LabDescription.Router
    /// The table, to wait on.
    public let snapshot = Observed(Snapshot())
    private let monitor: ManagedProcess
    private let reader: Task<Void, Never>

    /// Starts to follow; returns once the first state is known.
    public init(_ router: LabDescription.Router) async throws {
        self.router = router
        let (stream, continuation) = AsyncStream.makeStream(
            of: ContinuousClock.Instant.self, bufferingPolicy: .bufferingNewest(1))
        let snapshot = snapshot
        monitor = ManagedProcess(
            name: "ip monitor in \(router.namespace)", "ip", ["-n", router.namespace, "monitor", "route"]
        ) { _ in
            snapshot.update { $0.changes += 1 }
            continuation.yield(.now)
        }
        reader = Task {
            for await changedAt in stream {
                let changes = snapshot.value.changes
                do {
                    let routes = try await Lab.kernelRoutes(inNamespace: router.namespace)
                    snapshot.update {
                        $0.changesRead = changes
                        guard $0.routes != routes else { return }
                        $0.routes = routes
                        $0.changedAt = changedAt
                    }
                } catch {
                    snapshot.update { $0.failure = "\(error)" }
                }
            }
        }
        _ = try await monitor.phase.wait(for: "ip monitor") { $0 != .starting }
        let routes = try await Lab.kernelRoutes(inNamespace: router.namespace)
        snapshot.update { $0.routes = routes }
        continuation.yield(.now)
    }

    /// Waits until the route of a prefix has exactly these next hops; none means no route.
    ///
    /// - Returns: when the kernel reported it.
    /// - Throws: `DeadlineExceeded`, naming router, prefix and what is there.
    @discardableResult
    public func wait(
        for prefix: String, nextHops: Set<String>, timeout: Duration = .seconds(30)
    ) async throws -> ContinuousClock.Instant {
        let what = "route \(prefix) with next hops \(nextHops.sorted()) on \(router.name)"
        return try await snapshot.wait(for: what, timeout: timeout) { snapshot in
            snapshot.routes[prefix, default: []] == nextHops
        }.changedAt
    }

    /// Waits until all that the kernel has reported is read, so that reading takes no time from what comes next.
    ///
    /// - Throws: `DeadlineExceeded`.
    public func settle() async throws {
        _ = try await snapshot.wait(for: "quiet table of \(router.name)") { $0.changesRead == $0.changes }
    }

    /// Stops following.
    public func stop() async {
        reader.cancel()
        await monitor.stop()
    }
}
