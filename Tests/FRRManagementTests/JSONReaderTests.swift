import Northbound
import Testing

@testable import FRRManagement

@Suite struct JSONReaderTests {
    private func read(_ text: String) throws -> JSONValue { try JSONReader.read(Array(text.utf8)) }

    @Test(arguments: [
        "{}", "[]", "null", "true", "false", "0", "-1.5e+3", #""""#, #"{"a":[1,2,{"b":null}],"a":"twice"}"#,
        #"{"z":1,"a":{"frr-x:y":[null]}}"#, #""h\"\\\n\r\t""#,
    ])
    func writesWhatItReads(text: String) throws {
        #expect(try read(text).encoded == text)
    }

    @Test func readsEscapesAndWhiteSpace() throws {
        #expect(
            try read(" [ \"\\u00e9\\ud83d\\ude00\\/\\b\\f\" ,\n1 ] ")
                == .array([.string("é😀/\u{8}\u{C}"), .number("1")]))
        #expect(JSONValue.string("\u{1}").encoded == #""\u0001""#)
    }

    @Test(arguments: [
        "", " ", "{", "[1,", "[1,]", "{\"a\"}", "{\"a\":1,}", "{a:1}", "01", "1.", "1e", "-", "tru", "\"", "\"\\x\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\u12g4\"", "\"\u{1}\"", "{} {}", "nullx",
        String(repeating: "[", count: 100_000),
    ])
    func refusesWhatIsNoJSON(text: String) {
        #expect(throws: ManagementError.self) { try read(text) }
    }

    @Test func findsMembersWithOrWithoutTheirModule() throws {
        let json = try read(#"{"frr-staticd:route-list":[1],"tag":"100","distance":7}"#)
        #expect(json.member("route-list")?.elements == [.number("1")])
        #expect(json.member("tag")?.integer(UInt32.self) == 100)
        #expect(json.member("distance")?.integer(UInt8.self) == 7)
        #expect(json.member("absent") == nil)
        #expect(json.member("distance")?.text == nil)
    }
}
