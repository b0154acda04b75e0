import NetworkTypes
import Testing

@Suite struct CommunityTests {
    @Test(
        arguments: [
            ("65001:100", 0xFDE9_0064), ("0:0", 0), ("65535:65535", 0xFFFF_FFFF), ("graceful-shutdown", 0xFFFF_0000),
            ("no-export", 0xFFFF_FF01), ("local-AS", 0xFFFF_FF03), ("blackhole", 0xFFFF_029A),
        ] as [(String, UInt32)])
    func readsAndWrites(text: String, number: UInt32) throws {
        let community = try Community(text)
        #expect(community.rawValue == number)
        #expect(community.description == text)
    }

    @Test func numbersOfWellKnownOnesGetTheirNames() throws {
        #expect(try Community("65535:0") == .gracefulShutdown)
        #expect(try Community("65535:65282").description == "no-advertise")
        #expect(Set(Community.wellKnown.map(\.community)).count == Community.wellKnown.count)
    }

    @Test(arguments: [
        "", ":", "1", "1:", ":1", "1:2:3", "65536:1", "1:65536", "-1:1", "+1:1", "01:1", "1:1 ", "1: 1", "١:1",
        "No-Export", "internet", "99999999999999999999:1",
    ])
    func refusesOtherText(text: String) {
        let error = #expect(throws: AttributeError.self) { try Community(text) }
        #expect(error?.description.contains("is expected") == true)
    }

    @Test func largeCommunitiesHaveThreeParts() throws {
        for text in ["65001:0:4294967295", "4200000000:1:2", "1:0:0"] {
            #expect(try LargeCommunity(text).description == text)
        }
        for text in [
            "1:2", "1:2:3:4", "4294967296:1:1", "1::2", "a:1:1", "0:1:1", "65535:1:1", "4294967295:1:1", "1:01:1",
        ] {
            #expect(throws: AttributeError.self) { try LargeCommunity(text) }
        }
    }

    @Test func drainIsGracefulShutdownUnlessOneSaysOtherwise() {
        #expect(ClassAttributes.standard[.drain]?.communities == [.gracefulShutdown])
        #expect(ClassAttributes.standard[.default] == ClassAttributes())
    }
}
