internal import CosmoletTesting
internal import NetworkTypes

/// The kernel of a router, which tells of every route as it comes. Unlike `RouterTable` it reads no table, which would take
/// long where there are thousands of routes.
struct RouteMonitor: Sendable {
    private let process: ManagedProcess
    private let arrivals = Observed<[String: ContinuousClock.Instant]>([:])

    /// Follows a router from now on.
    init(_ router: LabDescription.Router?) async throws {
        guard let router else { throw BenchError("the lab has no BIRD router") }
        let arrivals = arrivals
        process = ManagedProcess(
            name: "ip monitor in \(router.namespace)", "ip", ["-n", router.namespace, "monitor", "route"]
        ) { line in
            let now = ContinuousClock.now
            // `198.51.100.1 via …`; a route that goes has `Deleted` before it.
            guard let address = line.split(separator: " ").first else { return }
            arrivals.update { $0[String(address)] = now }
        }
        _ = try await process.phase.wait(for: process.name) { $0 != .starting }
    }

    /// When the route of a host came.
    func arrival(of prefix: IPPrefix) async throws -> ContinuousClock.Instant {
        let address = "\(prefix.address)"
        let arrivals = try await arrivals.wait(for: "route to \(address)") { $0[address] != nil }
        guard let arrival = arrivals[address] else { throw BenchError("no route to \(address)") }
        return arrival
    }

    func stop() async { await process.stop() }
}
