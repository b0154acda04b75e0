import CosmoletAgent
import Testing

@Suite struct FRRLinesTests {
    private let configuration = """
        bgp: {asn: 65001}
        frr: {table: 1791}
        classes:
          gold:
            tag: 120
            communities: ["65001:120", no-export]
            largeCommunities: ["65001:120:1"]
            localPreference: 200
            med: 0
            asPathPrepend: [65001, 65001]
            origin: egp
        announce: {allowedPrefixes: [198.51.100.0/24, 203.0.113.9/32, "2001:db8:1::/64"]}
        """

    private func text(_ change: (inout FRRLines) throws -> Void = { _ in }) throws -> String {
        var lines = FRRLines(try AgentConfiguration(yaml: configuration))
        try change(&lines)
        return try lines.lines().dropFirst().joined(separator: "\n")
    }

    @Test func mgmtdHasOneRouteMapAndRedistributesTheTable() throws {
        #expect(
            try text() == """
                route-map COSMOLET permit 100
                 description class default
                 match tag 100
                exit
                !
                route-map COSMOLET permit 120
                 description class gold
                 match tag 120
                 set community 65001:120 no-export
                 set large-community 65001:120:1
                 set local-preference 200
                 set metric 0
                 set as-path prepend 65001 65001
                 set origin egp
                exit
                !
                route-map COSMOLET permit 198
                 description class manual
                 match tag 198
                exit
                !
                route-map COSMOLET permit 199
                 description class drain
                 match tag 199
                 set community graceful-shutdown
                exit
                !
                router bgp 65001
                 !
                 address-family ipv4 unicast
                  redistribute table-direct 1791 route-map COSMOLET
                 exit-address-family
                 !
                 address-family ipv6 unicast
                  redistribute table-direct 1791 route-map COSMOLET
                 exit-address-family
                exit
                !
                """)
    }

    @Test func theModuleHasARouteMapForEachClass() throws {
        let text = try text { $0.provider = .bgpd }
        #expect(text.contains("route-map COSMOLET-gold permit 10\n set community 65001:120 no-export\n"))
        #expect(
            text.contains(
                "route-map COSMOLET-drain permit 10\n set community graceful-shutdown\n set origin incomplete\nexit\n"))
        #expect(text.hasSuffix("router bgp 65001\n no bgp network import-check\nexit\n!"))
        #expect(!text.contains("match tag") && !text.contains("redistribute"))
    }

    @Test func sessionsSendVIPsOnlyAndTakeNothing() throws {
        let text = try text {
            $0.peers = [try FRRLines.Peer("192.0.2.1,65100"), try FRRLines.Peer("2001:db8::1,4200000000")]
            $0.hasBFD = true
            $0.timers = try FRRLines.Timers("3,9")
            $0.hasGracefulRestart = true
        }
        #expect(
            text.hasSuffix(
                """
                ip prefix-list COSMOLET-VIPS seq 5 permit 198.51.100.0/24 ge 32
                ip prefix-list COSMOLET-VIPS seq 10 permit 203.0.113.9/32
                ipv6 prefix-list COSMOLET-VIPS seq 5 permit 2001:db8:1::/64 ge 128
                route-map COSMOLET-OUT permit 10
                 match ip address prefix-list COSMOLET-VIPS
                exit
                route-map COSMOLET-OUT permit 20
                 match ipv6 address prefix-list COSMOLET-VIPS
                exit
                route-map COSMOLET-IN deny 10
                exit
                !
                router bgp 65001
                 bgp graceful-restart
                 neighbor 192.0.2.1 remote-as 65100
                 neighbor 192.0.2.1 bfd
                 neighbor 192.0.2.1 timers 3 9
                 neighbor 2001:db8::1 remote-as 4200000000
                 neighbor 2001:db8::1 bfd
                 neighbor 2001:db8::1 timers 3 9
                 !
                 address-family ipv4 unicast
                  redistribute table-direct 1791 route-map COSMOLET
                  neighbor 192.0.2.1 activate
                  neighbor 192.0.2.1 route-map COSMOLET-IN in
                  neighbor 192.0.2.1 route-map COSMOLET-OUT out
                  no neighbor 2001:db8::1 activate
                 exit-address-family
                 !
                 address-family ipv6 unicast
                  redistribute table-direct 1791 route-map COSMOLET
                  neighbor 2001:db8::1 activate
                  neighbor 2001:db8::1 route-map COSMOLET-IN in
                  neighbor 2001:db8::1 route-map COSMOLET-OUT out
                 exit-address-family
                exit
                !
                """), "\(text)")
    }

    @Test(arguments: ["9.1", "10.0", "8.5"]) func releasesThatCannotAreRefused(version: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try text { $0.release = FRRRelease(version) } }
        #expect(error?.path == "--frr-version")
        #expect(error?.message.contains("10.1 or later") == true)
    }

    @Test func releasesAreRead() throws {
        #expect(FRRRelease("10.3")?.description == "10.3")
        #expect(FRRRelease("10.7.1") == FRRRelease("10.7"))
        for text in ["", "10", "10.", "10.x", "10.3.1.2", "-1.2", "10.1000"] { #expect(FRRRelease(text) == nil) }
        for version in ["10.1", "10.3.1", "10.7", "11.0"] { _ = try text { $0.release = FRRRelease(version) } }
        // The module does not need the table.
        _ = try text {
            $0.release = FRRRelease("9.1")
            $0.provider = .bgpd
        }
    }

    @Test func optionsThatMakeNoSenseAreRefused() throws {
        for peer in [
            "", "192.0.2.1", "192.0.2.1,0", "192.0.2.1,23456", "192.0.2.1,65100,1", "host,65100", "192.0.2.1:65100",
        ] {
            #expect(throws: ConfigurationError.self) { try FRRLines.Peer(peer) }
        }
        for timers in ["", "3", "3,2", "10,9", "0,9", "3,9,1", "a,b", "1,65536"] {
            #expect(throws: ConfigurationError.self) { try FRRLines.Timers(timers) }
        }
        #expect(throws: ConfigurationError.self) { try text { $0.hasBFD = true } }
        #expect(throws: ConfigurationError.self) {
            try text { $0.peers = [try FRRLines.Peer("192.0.2.1,65100"), try FRRLines.Peer("192.0.2.1,65101")] }
        }
        let error = #expect(throws: ConfigurationError.self) { try FRRLines(AgentConfiguration()).lines() }
        #expect(error?.path == "bgp.asn")
    }
}
