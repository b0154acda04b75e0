internal import CosmoletTesting
internal import NetworkTypes
internal import Northbound

/// The ways into one bgpd beside each other: the module, mgmtd, and vtysh.
///
/// All of them on the nodes that have the module, which have mgmtd and staticd too: the same FRR, the same sessions.
struct ProvidersSuite: BenchSuite {
    let name = "providers"
    let purpose = "one change, and all VIPs at once, through the module, through mgmtd, and with vtysh"
    let needsModule = true

    /// Of a change through the module, p50, in milliseconds.
    static let changeLimit = 1.0
    /// Of all VIPs in one transaction of the module.
    static let bulkLimit = 100.0
    /// From the call of the commit to the UPDATE.
    static let updateLimit = 60.0
    /// A change at the most VIPs may take so many times as long as at the fewest.
    static let growthLimit = 1.2
    /// Of what vtysh takes for the same.
    static let shareLimit = 0.1

    func run(_ bench: Bench) async throws -> [Measurement] {
        var result: [Measurement] = []
        for node in bench.moduleNodes {
            var changes: [Measurement] = []
            for size in bench.sizes {
                let trial = ProviderTrial(bench: bench, node: node, size: size)
                let measurements = try await trial.run()
                changes += measurements.filter { $0.name == trial.nameOfModuleChange }
                result += measurements
            }
            guard changes.count > 1, let first = changes.first, let last = changes.last else { continue }
            result.append(
                Measurement(
                    node.frrVersion, "a change at \(bench.sizes.last ?? 0) VIPs over one at \(bench.sizes[0]), module",
                    unit: "x", [last.percentile(50) / first.percentile(50)]
                ).withTarget(Self.growthLimit))
        }
        return result
    }
}

/// A number of VIPs on one node, through each of the ways in turn. Each leaves nothing behind.
struct ProviderTrial: Sendable {
    let bench: Bench
    let node: LabDescription.Node
    let size: Int

    /// mgmtd takes a second for a change at 10,000 VIPs.
    private static let patience = Duration.seconds(10)
    private static let fewestSamples = 5
    private static let bulkRounds = 5
    private static let updateSamples = 40
    private static let vtyshRounds = 10

    var nameOfModuleChange: String { "a change at \(size) VIPs, module" }

    func run() async throws -> [Measurement] {
        let module = try await bench.withModule(node) {
            try await through("module", $0, bulkRounds: Self.bulkRounds)
        }
        let mgmtd = try await bench.withSession(node) {
            try await through("mgmtd", $0, bulkRounds: 1)
        }
        let vtysh = try await withVtysh()
        let ways = [module, mgmtd, vtysh]
        return [module.change.withTarget(ProvidersSuite.changeLimit), mgmtd.change, vtysh.change]
            + [share("a change", module.change, vtysh.change)]
            + [module.bulk, mgmtd.bulk, vtysh.bulk]
            + [share("all at once", module.reply ?? module.bulk, vtysh.bulk)]
            + [module.reply?.withTarget(ProvidersSuite.bulkLimit), mgmtd.reply].compactMap(\.self)
            + ways.compactMap(\.withdrawal)
            + [module.update?.withTarget(ProvidersSuite.updateLimit), mgmtd.update].compactMap(\.self)
    }

    private func share(_ what: String, _ one: Measurement, _ other: Measurement) -> Measurement {
        Measurement(
            node.frrVersion, "\(what) at \(size) VIPs, module over vtysh", unit: "x",
            [one.percentile(50) / other.percentile(50)]
        ).withTarget(ProvidersSuite.shareLimit)
    }

    /// What one way took.
    private struct Way {
        var change: Measurement
        var bulk: Measurement
        var reply: Measurement?
        var withdrawal: Measurement?
        var update: Measurement?
    }

    // MARK: - Sessions

    private func through(
        _ name: String, _ session: any ManagementSession, bulkRounds: Int
    ) async throws -> Way {
        let all = (0..<size).map { NetworkEdit.set(Network(prefix: Bench.vip($0))) }
        let none = (0..<size).map { NetworkEdit.remove(Bench.vip($0)) }
        var announcements: [Duration] = []
        var replies: [Duration] = []
        var withdrawals: [Duration] = []
        for round in 1...bulkRounds {
            let result = try await Bench.commit(all, session)
            announcements.append(result.duration)
            if let reply = result.durationToReply { replies.append(reply) }
            try await bench.waitUntilRouters(have: size)
            // After the last round they stay for the measurements that follow.
            if round < bulkRounds { withdrawals.append(try await withdraw(none, session)) }
        }
        let changes = try await self.changes(session)
        let updates = try await self.updates(session)
        withdrawals.append(try await withdraw(none, session))
        return Way(
            change: measurement("a change at \(size) VIPs, \(name)", changes),
            bulk: measurement("\(size) VIPs announced at once, \(name)", announcements),
            reply: measurement("\(size) VIPs announced at once, \(name), to the reply", replies),
            withdrawal: measurement("\(size) VIPs withdrawn at once, \(name)", withdrawals),
            update: measurement("call to UPDATE at \(size) VIPs, \(name)", updates))
    }

    private func withdraw(_ edits: [NetworkEdit], _ session: any ManagementSession) async throws -> Duration {
        let duration = try await Bench.time { try await Bench.commit(edits, session) }
        try await bench.waitUntilRouters(have: 0)
        return duration
    }

    /// One more VIP, announced and withdrawn in turn.
    private func changes(_ session: any ManagementSession) async throws -> [Duration] {
        let prefix = Bench.vip(size)
        var durations: [Duration] = []
        let end = ContinuousClock.now + Self.patience
        for round in 0... {
            guard durations.count < bench.samples, durations.count < Self.fewestSamples || .now < end else { break }
            for edit in [NetworkEdit.set(Network(prefix: prefix)), .remove(prefix)] {
                let duration = try await Bench.time { try await Bench.commit([edit], session) }
                // The first round warms up.
                if round > 0 { durations.append(duration) }
            }
        }
        return durations
    }

    /// From the call to the route in the kernel of the BIRD router, which puts it there at once.
    private func updates(_ session: any ManagementSession) async throws -> [Duration] {
        let monitor = try await RouteMonitor(bench.lab.routers.first { $0.kind == "bird" })
        var durations: [Duration] = []
        var edits: [NetworkEdit] = []
        let end = ContinuousClock.now + Self.patience
        do {
            // Each time another one, of IPv4: they have the even numbers.
            for round in 0..<min(bench.samples, Self.updateSamples) {
                guard durations.count < Self.fewestSamples || .now < end else { break }
                let prefix = Bench.vip(2 * ((size + 1) / 2 + round + 1))
                let start = ContinuousClock.now
                try await Bench.commit([.set(Network(prefix: prefix))], session)
                let arrival = try await monitor.arrival(of: prefix)
                durations.append(start.duration(to: arrival))
                edits.append(.remove(prefix))
            }
        } catch {
            await monitor.stop()
            throw error
        }
        await monitor.stop()
        try await Bench.commit(edits, session)
        return durations
    }

    // MARK: - vtysh

    private func withVtysh() async throws -> Way {
        let vtysh = try Vtysh(node, lab: bench.lab)
        let prefixes = (0..<size).map(Bench.vip)
        let bulk = try await vtysh.run(file: vtysh.lines(announcing: prefixes))
        try await bench.waitUntilRouters(have: size)
        var changes: [Duration] = []
        let one = [Bench.vip(size)]
        for _ in 0..<Self.vtyshRounds {
            changes.append(try await vtysh.run(commands: vtysh.lines(announcing: one)))
            changes.append(try await vtysh.run(commands: vtysh.lines(withdrawing: one)))
        }
        _ = try await vtysh.run(file: vtysh.lines(withdrawing: prefixes))
        try await bench.waitUntilRouters(have: 0)
        return Way(
            change: measurement("a change at \(size) VIPs, vtysh -c", changes),
            bulk: measurement("\(size) VIPs announced at once, vtysh -f", [bulk]))
    }

    private func measurement(_ name: String, _ durations: [Duration]) -> Measurement {
        Measurement(node.frrVersion, name, durations)
    }
}
