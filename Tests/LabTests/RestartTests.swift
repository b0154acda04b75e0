import CosmoletTesting
import FRRManagement
import Foundation
import KubeSim
import NetworkTypes
import Northbound
import Testing

extension LabTests {
    /// What stays when a part goes: agents, FRR's daemons, the API server.
    @Suite(.timeLimit(.minutes(10))) struct RestartTests {
        private static let vips = ["198.51.100.10", "2001:db8:51::10"]

        private func announce(_ cluster: Cluster) async throws {
            try cluster.createService("web", vips: Self.vips)
            for vip in Self.vips { try await cluster.expectNextHops(vip, cluster.nodes) }
        }

        /// The routers' tables, sampled each 100 ms while the closure runs, and the kernel's own reports in between.
        private func expectNoChange(_ cluster: Cluster, during body: @Sendable () async throws -> Void) async throws {
            let taken = try await TableSamples.take(cluster.routers, during: body)
            for sample in taken.samples { #expect(sample == taken.samples[0]) }
            #expect(taken.changedRouters == [])
        }

        @Test func killedAgentAdoptsWhatItFinds() async throws {
            try await Cluster.with { cluster in
                try await announce(cluster)
                try await expectNoChange(cluster) {
                    for node in cluster.nodes {
                        let killed = try cluster.agent(node)
                        killed.signal(SIGKILL)
                        try await killed.waitForEnd()
                        cluster.startAgent(node)
                        let agent = try cluster.agent(node)
                        _ = try await agent.line(containing: "own node are listed")
                        let address = try await cluster.httpAddress(node)
                        try await HTTPProbe.waitUntilReady(address)
                        #expect(!agent.lines.value.contains { $0.contains("\"message\":\"commit\"") })
                    }
                }
            }
        }

        @Test func endingAgentsLeavesRoutesInPlace() async throws {
            try await Cluster.with { cluster in
                try await announce(cluster)
                try await expectNoChange(cluster) {
                    await cluster.stopAgents()
                    for node in cluster.nodes {
                        let phase = try cluster.agent(node).phase.value
                        #expect(phase == .ended("exited(0)"))
                    }
                }
                // Once they have adopted it: what no Service has at an agent's start is held by its fuse.
                for node in cluster.nodes {
                    cluster.startAgent(node)
                    _ = try await cluster.agent(node).line(containing: "first plan made")
                }
                try cluster.deleteService("web")
                for vip in Self.vips { try await cluster.expectNextHops(vip, []) }
            }
        }

        @Test(arguments: [0, 1]) func mgmtdRestartLosesNoRouteAndLeavesNoOrphan(index: Int) async throws {
            try await Cluster.with { cluster in
                let node = cluster.nodes[index]
                try await announce(cluster)
                let agent = try cluster.agent(node)
                let before = agent.lines.value.count
                try await expectNoChange(cluster) {
                    try await cluster.lab.daemon(node.name, "mgmtd", "kill")
                    _ = try await agent.line(containing: "session with FRR lost", from: before)
                    try await cluster.lab.daemon(node.name, "mgmtd", "start", loadsConfiguration: true)
                    _ = try await agent.line(containing: "session with FRR open", from: before)
                    let networks = try await cluster.withSession(node) { try await $0.networks() }
                    #expect(networks.count == 2)
                }
                // Orphans could not be removed; healed ones can.
                try cluster.deleteService("web")
                for vip in Self.vips { try await cluster.expectNextHops(vip, []) }
            }
        }

        @Test(arguments: [0, 1]) func agentWaitsForFRR(index: Int) async throws {
            try await Cluster.with(agents: false) { cluster in
                let node = cluster.nodes[index]
                try await cluster.lab.daemon(node.name, "mgmtd", "kill")
                cluster.startAgent(node)
                _ = try await cluster.agent(node).line(containing: "FRR cannot be reached")
                try cluster.createService("web", vips: Self.vips)
                let address = try await cluster.httpAddress(node)
                #expect(try await HTTPProbe.get(address, "/readyz").status == 503)
                try await cluster.lab.daemon(node.name, "mgmtd", "start", loadsConfiguration: true)
                for vip in Self.vips { try await cluster.expectNextHops(vip, [node]) }
                try await HTTPProbe.waitUntilReady(address)
            }
        }

        @Test func staticdRestartBringsTheRoutesBack() async throws {
            try await Cluster.with { cluster in
                try await announce(cluster)
                for node in cluster.nodes {
                    try await cluster.lab.daemon(node.name, "staticd", "kill")
                    for vip in Self.vips {
                        try await cluster.expectNextHops(vip, cluster.nodes.filter { $0.name != node.name })
                    }
                    try await cluster.lab.daemon(node.name, "staticd", "start", loadsConfiguration: true)
                    for vip in Self.vips { try await cluster.expectNextHops(vip, cluster.nodes) }
                }
            }
        }

        @Test func faultsOfTheAPIServerChangeNothing() async throws {
            try await Cluster.with { cluster in
                try await announce(cluster)
                let server = cluster.server
                try await expectNoChange(cluster) {
                    for fault in [
                        Fault(.dropWatches), Fault(.endWatches),
                        Fault(.respond(status: 503), verb: "list", count: 3), Fault(.dropWatches),
                    ] {
                        _ = server.faults.inject(fault)
                        try await server.store.waitForWatches(.services, atLeast: 2)
                    }
                    server.store.expireHistory()
                    _ = server.faults.inject(Fault(.dropWatches))
                    try await server.store.waitForWatches(.endpointSlices, atLeast: 2)
                }
                // And afterwards the news still arrive.
                try cluster.setReady("web", on: [cluster.nodes[0]])
                for vip in Self.vips { try await cluster.expectNextHops(vip, [cluster.nodes[0]]) }
            }
        }
    }
}
