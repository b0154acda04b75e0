/// What the routers had, sampled while something was done to the nodes.
public struct TableSamples: Sendable {
    /// Routes of each router, by the router's name.
    public typealias Sample = [String: [String: Set<String>]]

    /// In order of time; the first was taken before anything was done.
    public let samples: [Sample]
    /// Routers whose kernel reported a change between the first sample and the last.
    public let changedRouters: [String]

    /// Reads the kernels' tables of the routers each `period` until the closure has ended.
    ///
    /// The samples show what was there at those moments; the count of the kernel's own reports shows what happened
    /// between them.
    public static func take(
        _ routers: [RouterTable], every period: Duration = .milliseconds(100),
        during body: @Sendable () async throws -> Void
    ) async throws -> TableSamples {
        let before = routers.map(\.snapshot.value.changes)
        let first = try await read(routers)
        // A flag and not cancellation, which would end a program that is just reading a table.
        let isDone = Observed(false)
        async let sampling = sample(routers, every: period, until: isDone)
        do { try await body() } catch {
            isDone.update { $0 = true }
            throw error
        }
        isDone.update { $0 = true }
        let later = try await sampling
        let last = try await read(routers)
        let changed = zip(routers, before).filter { $0.snapshot.value.changes != $1 }.map(\.0.router.name)
        return TableSamples(samples: [first] + later + [last], changedRouters: changed)
    }

    private static func sample(
        _ routers: [RouterTable], every period: Duration, until isDone: Observed<Bool>
    ) async throws -> [Sample] {
        var samples: [Sample] = []
        let clock = ContinuousClock()
        var next = clock.now + period
        while !isDone.value {
            try await clock.sleep(until: next)
            samples.append(try await read(routers))
            next += period
        }
        return samples
    }

    private static func read(_ routers: [RouterTable]) async throws -> Sample {
        var sample: Sample = [:]
        for router in routers {
            sample[router.router.name] = try await Lab.kernelRoutes(inNamespace: router.router.namespace)
        }
        return sample
    }
}
