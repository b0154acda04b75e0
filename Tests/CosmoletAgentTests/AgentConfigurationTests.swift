import Announcements
import CosmoletAgent
import NetworkTypes
import Observability
import Testing

@Suite struct AgentConfigurationTests {
    @Test func emptyFileGivesTheDefaults() throws {
        for text in ["", "\n", "# nothing\n", "{}", "frr:\n"] {
            #expect(try AgentConfiguration(yaml: text) == AgentConfiguration())
        }
    }

    @Test func readsEveryKey() throws {
        let configuration = try AgentConfiguration(
            yaml: """
                node: worker-1
                kubernetes: {kubeconfig: /etc/kubeconfig, http2: false}
                bgp: {asn: 4200000001}
                frr:
                  socket: /run/frr/mgmtd_fe.sock
                  table: 1791
                classes:
                  default: {tag: 110, med: 5}
                  gold:
                    tag: 120
                    communities: ["65001:120", no-export]
                    largeCommunities: ["65001:1:4294967295"]
                    localPreference: 4294967295
                    med: 0
                    asPathPrepend: [65001, 65001]
                    origin: igp
                announce:
                  kinds: [loadBalancer, clusterIP]
                  allowedPrefixes: [198.51.100.0/24, "2001:db8:1::/64"]
                  allowedExternalPrefixes: [203.0.113.0/24]
                  drainOnTerminating: true
                http: {address: "[::1]:9000"}
                log: {level: debug, format: json}
                events: {enabled: false}
                """)
        #expect(!configuration.recordsEvents)
        #expect(configuration.node == "worker-1")
        #expect(configuration.kubeconfig == "/etc/kubeconfig" && !configuration.usesHTTP2)
        #expect(configuration.asn == 4_200_000_001)
        #expect(configuration.socket == "/run/frr/mgmtd_fe.sock")
        #expect(configuration.table == 1791)
        #expect(configuration.tags.tag(of: .default) == 110)
        #expect(configuration.tags.tag(of: .drain) == 199)
        #expect(configuration.tags.tag(of: AttributeClass(rawValue: "gold")!) == 120)
        let gold = try #require(configuration.classAttributes[AttributeClass(rawValue: "gold")!])
        #expect(gold.communities == [try Community("65001:120"), try Community("65535:65281")])
        #expect(gold.largeCommunities.map(\.description) == ["65001:1:4294967295"])
        #expect(gold.localPreference == UInt32.max && gold.med == 0 && gold.origin == .igp)
        #expect(gold.asPathPrepend == [65001, 65001])
        #expect(configuration.classAttributes[.default]?.med == 5)
        #expect(configuration.classAttributes[.drain]?.communities == [.gracefulShutdown])
        #expect(configuration.planner.kinds == [.loadBalancer, .clusterIP])
        #expect(
            configuration.planner.allowedLoadBalancerPrefixes?.map(\.description) == [
                "198.51.100.0/24", "2001:db8:1::/64",
            ])
        #expect(configuration.planner.allowedExternalPrefixes?.map(\.description) == ["203.0.113.0/24"])
        #expect(configuration.planner.drainsOnTerminating)
        #expect(configuration.http == HTTPAddress(host: "::1", port: 9000))
        #expect(configuration.logLevel == .debug && configuration.logFormat == .json)
    }

    /// A bad file, and what its error must say.
    private static let refused: [(yaml: String, path: String, line: Int?, words: String)] = [
        ("nodes: a", "nodes", 1, "did you mean node"),
        ("frr:\n  tabel: 1790", "frr.tabel", 2, "did you mean table"),
        ("events:\n  enabled: often", "events.enabled", 2, "true or false is expected"),
        ("kubernetes:\n  http2: auto", "kubernetes.http2", 2, "true or false is expected"),
        ("events: off", "events", 1, "a mapping is expected"),
        ("frr:\n  table: many", "frr.table", 2, "whole number from 1 to 65535"),
        ("frr:\n  table: 254", "frr.table", 2, "main or local table"),
        ("frr:\n  table: 0", "frr.table", 2, "whole number"),
        ("frr:\n  tags: {default: 100}", "frr.tags", 2, "did you mean table"),
        ("classes:\n  gold: {tag: 100}", "classes.gold.tag", 2, "used by class default already; 101 is free"),
        ("classes:\n  gold: {tag: 120}\n  iron: {tag: 120}", "classes.iron.tag", 3, "used by class gold already"),
        ("classes:\n  Gold: {tag: 101}", "classes.Gold", 2, "is not the name of a class"),
        ("classes:\n  gold: {tag: 300}", "classes.gold.tag", 2, "from 100 to 199"),
        ("classes:\n  gold: {med: 1}", "classes.gold", 2, "has no tag, from 100 to 199; 101 is free"),
        ("classes:\n  gold:", "classes.gold", 2, "has no tag"),
        ("classes:\n  gold: {tag: 120, metric: 1}", "classes.gold.metric", 2, "known keys: tag, communities"),
        ("classes:\n  drain: {communities: [65001]}", "classes.drain.communities[0]", 2, "AS:VALUE"),
        ("classes:\n  drain: {communities: [gracefull-shutdown]}", "classes.drain.communities[0]", 2, "did you mean"),
        ("classes:\n  drain: {communities: ['1:2', '1:2']}", "classes.drain.communities[1]", 2, "already, as item 0"),
        ("classes:\n  drain: {communities: ['65536:1']}", "classes.drain.communities[0]", 2, "0 to 65535"),
        ("classes:\n  drain: {largeCommunities: ['1:2']}", "classes.drain.largeCommunities[0]", 2, "AS:VALUE:VALUE"),
        ("classes:\n  drain: {largeCommunities: ['0:1:2']}", "classes.drain.largeCommunities[0]", 2, "reserved"),
        ("classes:\n  drain: {asPathPrepend: [23456]}", "classes.drain.asPathPrepend[0]", 2, "AS_TRANS"),
        ("classes:\n  drain: {med: 4294967296}", "classes.drain.med", 2, "from 0 to 4294967295"),
        ("classes:\n  drain: {origin: bgp}", "classes.drain.origin", 2, "igp, egp, incomplete"),
        ("frr:\n  table: '1790'", "frr.table", 2, "without quotes"),
        ("node: 12", "node", 1, "put it in quotes"),
        ("frr: [1]", "frr", 1, "a list, but a mapping"),
        ("announce:\n  allowedPrefixes: [198.51.100.1/24]", "announce.allowedPrefixes[0]", 2, "host bits"),
        ("announce:\n  allowedPrefixes: [10.0.0.0/8, 10.1.0.0/16]", "announce.allowedPrefixes[1]", 2, "lies within"),
        ("announce:\n  allowedPrefixes: ['::/0', '::/0']", "announce.allowedPrefixes[1]", 2, "already, as item 0"),
        ("announce:\n  kinds: [loadBalancer, loadBalancer]", "announce.kinds[1]", 2, "already"),
        ("announce:\n  namespaces: {include: [a], exclude: [b, a]}", "announce.namespaces.exclude[1]", 2, "as well"),
        ("announce:\n  allowedPrefixes: 198.51.100.0/24", "announce.allowedPrefixes", 2, "a list is expected"),
        ("announce:\n  kinds: [loadbalancer]", "announce.kinds[0]", 2, "loadBalancer, externalIP, clusterIP"),
        ("announce:\n  drainOnTerminating: perhaps", "announce.drainOnTerminating", 2, "true or false"),
        ("bgp: {asn: 0}", "bgp.asn", 1, "whole number"),
        ("bgp: {asn: 99999999999}", "bgp.asn", 1, "whole number"),
        ("http: {address: nowhere}", "http.address", 1, "HOST:PORT"),
        ("log: {level: loud}", "log.level", 1, "trace, debug"),
        ("log: {format: xml}", "log.format", 1, "text, json"),
        ("- a list", "", 1, "a mapping is expected"),
        ("node: [", "", 2, "not valid YAML"),
        ("log: {}\nnode: a\nlog: {}", "log", 1, "the key stands twice"),
    ]

    @Test(arguments: refused.indices)
    func refusesWithPlaceAndReason(index: Int) {
        let row = Self.refused[index]
        let error = #expect(throws: ConfigurationError.self) { try AgentConfiguration(yaml: row.yaml) }
        #expect(error?.path == row.path)
        #expect(error?.line == row.line)
        #expect(error?.description.contains(row.words) == true, "\(String(describing: error))")
    }

    @Test(arguments: ["127.0.0.1:9723", "[::]:9723", "localhost:0", "node-1.example:65535"])
    func readsAndWritesHTTPAddresses(text: String) {
        #expect(HTTPAddress(text)?.description == text)
    }

    @Test(arguments: ["", ":9723", "host", "host:", "host:65536", "::1:9723", "[::1]", "[host]:1", "host:-1"])
    func refusesOtherHTTPAddresses(text: String) {
        #expect(HTTPAddress(text) == nil)
    }

    @Test func northboundEndpointIsAMgmtdOrZeroMQ() throws {
        #expect(try NorthboundEndpoint("mgmtd:/run/x.sock") == .mgmtd(socket: "/run/x.sock"))
        #expect(try NorthboundEndpoint("zmq+ipc:///run/x.sock").description == "zmq+ipc:///run/x.sock")
        for text in [
            "", "mgmtd:", "zmq+ipc://relative", "zmq+tcp://host", "/run/x.sock", "vtysh:/run",
            "mgmtd:" + String(repeating: "x", count: 108),
        ] {
            #expect(throws: ConfigurationError.self) { try NorthboundEndpoint(text) }
        }
    }
}
