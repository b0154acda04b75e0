import CosmoletTesting
import FRRManagement
import Foundation
import Glibc
import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

extension LabTests {
    /// The lease end to end: agents that are gone, and what a router sees of it.
    @Suite(.timeLimit(.minutes(10))) struct LeaseTests {
        private static let vips = ["198.51.100.10", "2001:db8:51::10"]
        private static let byHand = Network(prefix: Sample.ipv4(200), attributeClass: .manual)

        @Test func whatNobodyStandsByIsDrainedAndThenWithdrawn() async throws {
            let folder = "/tmp/nb-\(UUID().uuidString.prefix(8))"
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try await Cluster.with(agents: false) { cluster in
                try await cluster.withSession(cluster.nodes[0]) { session in
                    let result = await session.commit(Transaction(id: "by hand", edits: [.set(Self.byHand)]))
                    #expect(result.outcome == .applied)
                }
                var northbounds: [NorthboundProcess] = []
                for node in cluster.nodes {
                    let its = "\(folder)/\(node.name)"
                    try FileManager.default.createDirectory(
                        atPath: its, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
                    let northbound = try await NorthboundProcess.start(
                        .init(
                            program: LabEnvironment.cosmolet, name: node.name, folder: its,
                            managementSocket: node.managementSocket,
                            options: ["--stale-after", "2", "--drain-hold", "4", "--http", "127.0.0.1:0"]))
                    northbounds.append(northbound)
                    cluster.startAgent(node, northbound: northbound.endpoint)
                }
                let result: Result<Void, any Error>
                do { result = .success(try await play(cluster, northbounds)) } catch { result = .failure(error) }
                for northbound in northbounds { await northbound.process.stop() }
                try result.get()
            }
        }

        private func play(_ cluster: Cluster, _ northbounds: [NorthboundProcess]) async throws {
            let router = try #require(cluster.lab.description.routers.first { $0.kind == "frr" })
            let seen = RouterView(lab: cluster.lab, router: router.name)
            try cluster.createService("web", vips: Self.vips)
            for vip in Self.vips {
                try await cluster.expectNextHops(vip, cluster.nodes)
                try await seen.wait(for: vip, toHave: [["65001:100"], ["65001:100"]])
            }
            // Renewals alone keep them, over several times the lease.
            for northbound in northbounds { try await waitForRenewals(of: northbound, count: 14) }

            for node in cluster.nodes { try cluster.agent(node).signal(SIGKILL) }
            let drained = ["65001:199", "gracefulShutdown"]
            for vip in Self.vips { try await seen.wait(for: vip, toHave: [drained, drained]) }
            for vip in Self.vips { try await cluster.expectNextHops(vip, []) }
            // What was announced by hand is nobody's lease.
            #expect(try await seen.communities(Self.byHand.prefix.description) == [["65001:198"]])
            for (node, northbound) in zip(cluster.nodes, northbounds) { try await expectJournal(node, northbound) }
        }

        private func waitForRenewals(of northbound: NorthboundProcess, count: Int) async throws {
            let address = try await northbound.httpAddress()
            let start = "cosmolet_northbound_requests_total{method=\"RenewLease\",code=\"OK\"} "
            try await eventually("\(count) renewals") {
                let metrics = try await HTTPProbe.get(address, "/metrics").body
                let value = metrics.split(separator: "\n").first { $0.hasPrefix(start) }?.dropFirst(start.count)
                return value.flatMap { Double($0) }.map { Int($0) >= count } ?? false
            }
        }

        /// The drain and, after the hold, the withdrawal, each with its cause, and nothing else after the agent's own.
        private func expectJournal(_ node: LabDescription.Node, _ northbound: NorthboundProcess) async throws {
            let client = NorthboundClient(
                configuration: RequestClientConfiguration(
                    endpoint: try TransportEndpoint(parsing: northbound.endpoint)), client: "reader")
            try await client.start()
            let records = try await client.listTransactions(TransactionFilter())
            await client.close()
            #expect(records.allSatisfy { $0.outcome == .applied })
            #expect(records.map(\.kind).suffix(2) == [.leaseDrain, .leaseWithdrawal])
            #expect(records.count { $0.kind == .leaseDrain || $0.kind == .leaseWithdrawal } == 2)
            let (drain, withdrawal) = (try #require(records.dropLast().last), try #require(records.last))
            #expect(drain.cause == ["no lease renewed for 2.0 seconds by agent/\(node.name)"])
            #expect(withdrawal.cause == ["drained for 4.0 seconds without a lease"])
            #expect(drain.client == "northbound" && withdrawal.parent == drain.id)
            let prefixes = Set(Self.vips.map { IPPrefix(host: IPAddress($0)!) })
            for record in [drain, withdrawal] { #expect(Set(record.edits.map(\.prefix)) == prefixes) }
            #expect(drain.edits.allSatisfy { $0.before == .default && $0.after == .drain })
            #expect(withdrawal.edits.allSatisfy { $0.before == .drain && $0.after == nil })
            #expect(withdrawal.startedAtMicroseconds - drain.startedAtMicroseconds >= 4_000_000)
        }
    }
}

/// What an FRR router has in BGP.
private struct RouterView: Sendable {
    let lab: Lab
    let router: String

    /// The communities of each path of an address or prefix, sorted; empty without a path.
    func communities(_ destination: String) async throws -> [[String]] {
        struct Route: Decodable {
            struct Path: Decodable {
                struct Community: Decodable { var list: [String] }
                var community: Community?
            }
            var paths: [Path]?
        }
        let family = destination.contains(":") ? "ipv6" : "ipv4"
        let text = try await lab.vtysh(router, ["show bgp \(family) unicast \(destination) json"])
        let route = try JSONDecoder().decode(Route.self, from: Data(text.utf8))
        return (route.paths ?? []).map { $0.community?.list.sorted() ?? [] }
    }

    func wait(for destination: String, toHave wanted: [[String]]) async throws {
        try await eventually("\(destination) with \(wanted) at \(router)") {
            try await communities(destination) == wanted
        }
    }
}
