import KubeSim
import Testing

@Suite struct JSONValueTests {
    @Test func unknownFieldsSurviveARoundTrip() throws {
        let text = #"{"a":[1,-2.5,true,null,"x\ny\u00e9\ud83d\ude00"],"b":{"c":{}},"big":9223372036854775807}"#
        let value = try JSONValue(parsing: text)
        #expect(value.at("a")?.array?.last?.string == "x\nyé😀")
        #expect(try JSONValue(parsing: value.serialized()) == value)
        #expect(value["big"]?.integer == .max)
    }

    @Test(arguments: [
        "", "{", "[1,", #"{"a"}"#, #"{"a":1,}"#, "01", "1.", "-", "1e", "tru", #""a"#, "\"\u{01}\"", #""\x""#,
        #""\u12""#,
        "[1] 2", "1e999",
    ])
    func malformedTextIsRefusedWithAPlace(_ text: String) throws {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
        #expect((0...text.utf8.count).contains(error?.byteOffset ?? -1))
    }

    @Test func deepNestingIsRefused() throws {
        let depth = JSONValue.nestingLimit
        let deepest = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        _ = try JSONValue(parsing: deepest)
        let error = #expect(throws: JSONParseError.self) {
            try JSONValue(parsing: String(repeating: "[", count: 1_000_000))
        }
        #expect(error?.reason.contains("nesting") == true)
    }

    @Test func textThatIsNotUTF8IsRefused() {
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    }

    @Test func settingAPathMakesTheObjectsInBetween() {
        var value: JSONValue = ["a": 1]
        value.set(["b", "c"], to: "d")
        value.set(["a"], to: nil)
        #expect(value == ["b": ["c": "d"]])
    }
}
