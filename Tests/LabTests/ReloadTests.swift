import CosmoletTesting
import Foundation
import KubeSim
import Testing

extension LabTests {
    /// Configuration files that change under running agents, on real FRR.
    @Suite(.timeLimit(.minutes(5))) struct ReloadTests {
        @Test func rulesChangeWithoutARestartAndABadFileChangesNothing() async throws {
            try await Cluster.with(configuration: "announce: {allowedPrefixes: [198.51.100.0/24]}\n") { cluster in
                try cluster.createService("web", vips: ["198.51.100.10"])
                try cluster.createService("db", vips: ["198.51.100.11"])
                for vip in ["198.51.100.10", "198.51.100.11"] { try await cluster.expectNextHops(vip, cluster.nodes) }
                let samples = try await TableSamples.take(cluster.routers) {
                    try cluster.configure("announce: {allowedPrefixes: [198.51.100.8/31, 198.51.100.0/24]}\n")
                    for node in cluster.nodes {
                        let line = try await cluster.agent(node).line(containing: "the old one stays in force")
                        #expect(line.contains("announce.allowedPrefixes[1]"))
                        let address = try await cluster.httpAddress(node)
                        #expect(try await HTTPProbe.get(address, "/readyz").status == 200)
                        let metrics = try await HTTPProbe.get(address, "/metrics").body
                        #expect(metrics.contains("cosmolet_config_last_reload_successful 0\n"))
                        #expect(metrics.contains("cosmolet_config_reloads_total{outcome=\"refused\"} 1\n"))
                    }
                }
                #expect(samples.changedRouters == [])
                // Tighter: one of the two goes, and the other one does not blink.
                let kept = try await TableSamples.take(cluster.routers) {
                    try cluster.configure("announce: {allowedPrefixes: [198.51.100.10/32]}\nlog: {level: debug}\n")
                    try await cluster.expectNextHops("198.51.100.11", [])
                }
                for sample in kept.samples {
                    for table in sample.values { #expect(table["198.51.100.10/32"]?.count == 2) }
                }
                for node in cluster.nodes {
                    let line = try await cluster.agent(node).line(containing: "the new configuration is in force")
                    #expect(line.contains("announce.allowedPrefixes") && line.contains("log.level"))
                }
                // Wider again, and without the namespace that all Services are in: Namespaces were not watched so far.
                try cluster.configure("{}\n")
                try await cluster.expectNextHops("198.51.100.11", cluster.nodes)
                try cluster.label(namespace: "default", "env", "test")
                try cluster.configure("announce: {fuse: \"off\", namespaceLabels: {exclude: [env=test]}}\n")
                for vip in ["198.51.100.10", "198.51.100.11"] { try await cluster.expectNextHops(vip, []) }
            }
        }
    }
}

extension Cluster {
    /// Puts a new configuration file in the place of the agents' old one.
    fileprivate func configure(_ text: String) throws {
        let new = configuration + ".new"
        try text.write(toFile: new, atomically: false, encoding: .utf8)
        try #require(rename(new, configuration) == 0)
    }

    fileprivate func label(namespace: String, _ key: String, _ value: String) throws {
        _ = try server.store.patch(
            .namespaces, namespace: nil, name: namespace, patch: ["metadata": ["labels": [key: .string(value)]]])
    }
}
