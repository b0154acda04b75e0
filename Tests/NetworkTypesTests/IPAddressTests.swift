import NetworkTypes
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("::", "::"), ("::1", "::1"), ("2001:DB8::0:1", "2001:db8::1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("fe80::", "fe80::"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
    func readsAndWritesCanonicalText(text: String, canonical: String) throws {
        let address = try IPAddress(text[...])
        #expect(address.description == canonical)
        #expect(try IPAddress(canonical[...]) == address)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1.2.3.-4", "1.2.3.+4", "a.b.c.d", ":", ":::",
        "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "fe80::1%eth0",
        "::1.2.3.4.5", "1.2.3.4::", ":1:2:3:4:5:6:7", "::ffff:999.1.1.1", "٣.1.1.1",
    ])
    func refusesOtherText(text: String) {
        #expect(throws: AddressError.self) { try IPAddress(text[...]) }
    }

    @Test func errorNamesTheTextAndTheReason() {
        do {
            _ = try IPPrefix("198.18.0.9/24")
            Issue.record("accepted host bits")
        } catch {
            #expect(error.description == "\"198.18.0.9/24\" has host bits set; the network is 198.18.0.0/24")
        }
    }

    @Test func ordersFamiliesThenNumbers() throws {
        let texts = ["10.0.0.9", "10.0.0.10", "::1", "2001:db8::"]
        let addresses = try texts.map { try IPAddress($0[...]) }
        #expect(addresses.reversed().sorted() == addresses)
    }
}

@Suite struct IPPrefixTests {
    @Test(arguments: ["203.0.113.0/24", "0.0.0.0/0", "203.0.113.7/32", "2001:db8::/32", "::/0", "2001:db8::7/128"])
    func readsAndWritesCanonicalText(text: String) throws {
        #expect(try IPPrefix(text[...]).description == text)
    }

    @Test(arguments: [
        "203.0.113.0/33", "203.0.113.0/", "203.0.113.0/-1", "203.0.113.0/+8", "2001:db8::/129", "/24", "x/8",
    ])
    func refusesOtherText(text: String) {
        #expect(throws: AddressError.self) { try IPPrefix(text[...]) }
    }

    @Test func bareAddressIsAHostPrefix() throws {
        #expect(try IPPrefix("192.0.2.1").length == 32)
        #expect(try IPPrefix("2001:db8::1").length == 128)
    }

    @Test func containsByFamilyAndLength() throws {
        let network = try IPPrefix("203.0.113.0/24")
        #expect(network.contains(try IPAddress("203.0.113.255"[...])))
        #expect(!network.contains(try IPAddress("203.0.114.0"[...])))
        #expect(network.contains(network))
        #expect(!network.contains(try IPPrefix("203.0.0.0/16")))
        #expect(!(try IPPrefix("::/0")).contains(network))
        #expect(try IPPrefix("0.0.0.0/0").contains(network))
    }
}

@Suite struct TagMapTests {
    @Test func standardMapGoesBothWays() {
        for name in TagMap.standard.classes {
            #expect(TagMap.standard.tag(of: name).flatMap { TagMap.standard.attributeClass(of: $0) } == name)
        }
        #expect(TagMap.standard.classes == [.default, .manual, .drain])
        #expect(TagMap.standard.owns(150) && !TagMap.standard.owns(200) && !TagMap.standard.owns(99))
    }

    @Test func refusesClashesAndTagsOutsideTheRange() {
        #expect(throws: TagMap.Failure.self) {
            try TagMap(ownedTags: 100...199, classes: [.default: 100, .drain: 100])
        }
        #expect(throws: TagMap.Failure.self) { try TagMap(ownedTags: 100...199, classes: [.default: 99]) }
    }

    @Test(arguments: ["", "Gold", "1gold", "gold]", "gold silver", "-gold", String(repeating: "a", count: 33)])
    func refusesBadClassNames(name: String) {
        #expect(AttributeClass(rawValue: name) == nil)
    }
}
