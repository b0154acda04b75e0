import CosmoletTesting
import Foundation
import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

extension ModuleLabTests {
    /// Moves of `auto`, and moves in whose middle the northbound or bgpd is killed.
    @Suite(.timeLimit(.minutes(10))) struct AutomaticSwitchTests {
        /// What a move has said when the northbound is killed: at the latest then it has told the new provider, or may
        /// remove from the old one.
        private static let instants = ["\"announced\"", "\"verified\""]

        @Test func noVIPLeavesTheRoutersWhereverAMoveIsKilled() async throws {
            try await SwitchedNode.each { node, lab in
                var process = try await node.start("auto")
                try await node.commit("begin", node.lasting.map { .set(Network(prefix: $0)) })
                try await node.waitForRouters(lab)
                try await node.check(provider: "mgmtd")
                let watch = try await DeletionWatch(lab)
                // The module turns up while mgmtd is used; killed in the middle of that move.
                try node.showModule()
                try await kill(process, at: Self.instants[0])
                process = try await node.start("auto")
                try await node.check(provider: "bgpd")
                for instant in Self.instants {
                    for back in ["auto", "bgpd"] {
                        await process.process.stop()
                        process = try await node.start("mgmtd")
                        try await kill(process, at: instant)
                        process = try await node.start(back)
                        try await node.check(provider: "bgpd")
                    }
                    // All the way there, and killed on the way back.
                    await process.process.stop()
                    process = try await node.start("mgmtd")
                    try await node.check(provider: "mgmtd")
                    await process.process.stop()
                    process = try await node.start("auto")
                    try await kill(process, at: instant)
                    process = try await node.start("auto")
                    try await node.check(provider: "bgpd")
                }
                let deleted = watch.deletions(of: node.lasting)
                #expect(deleted.isEmpty, "FRR \(node.node.frrVersion): \(deleted.count), \(deleted.prefix(3))")
                // And it does see what leaves.
                try await node.commit("end", node.lasting.map { .remove($0) })
                try await eventually("the routers have deleted all") {
                    watch.deletions(of: node.lasting).count >= node.lasting.count * lab.description.routers.count
                }
                await watch.end()
                await process.process.stop()
            }
        }

        @Test func aModuleThatTurnsUpIsMovedToWithoutALoss() async throws {
            try await SwitchedNode.each { node, lab in
                let process = try await node.start("auto")
                try await node.commit("begin", node.lasting.map { .set(Network(prefix: $0)) })
                try await node.waitForRouters(lab)
                let watch = try await DeletionWatch(lab)
                try node.showModule()
                _ = try await process.process.line(containing: "\"removed\"")
                try await node.check(provider: "bgpd")
                let deleted = watch.deletions(of: node.lasting)
                await watch.end()
                #expect(deleted.isEmpty, "FRR \(node.node.frrVersion): \(deleted.count), \(deleted.prefix(3))")
                await process.process.stop()
            }
        }

        @Test func aBGPDThatIsRestartedDuringAMoveGetsAll() async throws {
            try await SwitchedNode.each { node, lab in
                try node.showModule()
                for (from, to) in [("mgmtd", "auto"), ("bgpd", "mgmtd")] {
                    var process = try await node.start(from)
                    try await node.commit("begin-\(from)", node.lasting.map { .set(Network(prefix: $0)) })
                    try await node.waitForRouters(lab)
                    await process.process.stop()
                    process = try await node.start(to)
                    _ = try await process.process.line(containing: Self.instants[0])
                    try await lab.daemon(node.node.name, "bgpd", "kill")
                    try await lab.daemon(node.node.name, "bgpd", "start", loadsConfiguration: true)
                    try await lab.waitForSessions()
                    try await node.waitForRouters(lab)
                    // Once they are back none leaves again while the rest of the move is made up for.
                    let watch = try await DeletionWatch(lab)
                    try await node.check(provider: to == "auto" ? "bgpd" : to)
                    let deleted = watch.deletions(of: node.lasting)
                    await watch.end()
                    #expect(deleted.isEmpty, "FRR \(node.node.frrVersion): \(deleted.count), \(deleted.prefix(3))")
                    await process.process.stop()
                }
            }
        }

        private func kill(_ process: NorthboundProcess, at words: String) async throws {
            _ = try await process.process.line(containing: words)
            process.process.signal(SIGKILL)
            try await process.process.waitForEnd()
        }
    }
}

/// What the kernels of the routers delete from now on, also between two looks.
private struct DeletionWatch: Sendable {
    private var monitors: [ManagedProcess] = []

    init(_ lab: Lab) async throws {
        for router in lab.description.routers {
            let monitor = ManagedProcess(
                name: "deletions of \(router.name)", "ip", ["-n", router.namespace, "monitor", "route"])
            _ = try await monitor.phase.wait(for: "ip monitor") { $0 != .starting }
            monitors.append(monitor)
        }
    }

    /// The lines about prefixes so far.
    func deletions(of prefixes: [IPPrefix]) -> [String] {
        let addresses = Set(prefixes.map { "\($0.address)" })
        return monitors.flatMap(\.lines.value).filter { line in
            let words = line.split(separator: " ")
            return words.first == "Deleted"
                && words.contains { addresses.contains(String($0.split(separator: "/")[0])) }
        }
    }

    func end() async {
        for monitor in monitors { await monitor.stop() }
    }
}

extension SwitchedNode {
    /// Runs a closure for each node with both providers, one after the other, and withdraws all afterwards.
    fileprivate static func each(_ body: (SwitchedNode, Lab) async throws -> Void) async throws {
        let lab = try ModuleLabEnvironment.lab()
        let nodes = lab.description.nodes.filter { $0.northboundSocket != nil }
        try #require(Set(nodes.map { LabRelease.of($0.frrVersion) }) == Set(LabRelease.all) && nodes.count == 2)
        for (number, description) in nodes.enumerated() {
            let node = try await SwitchedNode(description, number: number)
            let result: Result<Void, any Error>
            do { result = .success(try await body(node, lab)) } catch { result = .failure(error) }
            try await node.end(lab)
            try result.get()
        }
    }

    /// Waits until every router has every lasting VIP from this node.
    fileprivate func waitForRouters(_ lab: Lab) async throws {
        for router in lab.description.routers {
            let table = try await RouterTable(router)
            for prefix in lasting {
                let nextHop = prefix.family == .ipv4 ? node.ipv4 : node.ipv6
                try await table.wait(for: "\(prefix)", nextHops: [nextHop])
            }
            await table.stop()
        }
    }

    /// Waits until a provider is in use and announces the lasting VIPs, and the other one nothing.
    fileprivate func check(provider: String) async throws {
        let other = provider == "bgpd" ? "mgmtd" : "bgpd"
        let wanted = Set(lasting)
        try await eventually("FRR \(node.frrVersion): all with \(provider)", within: .seconds(90)) {
            guard (try? await client.capabilities().management?.provider) == provider,
                let here = try? await networks(of: provider), let there = try? await networks(of: other)
            else { return false }
            return Set(here.map(\.prefix)) == wanted && there.isEmpty
        }
    }
}
