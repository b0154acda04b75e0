import Logging
import Observability
import Synchronization
import Testing

/// Keeps lines instead of printing them.
private final class CapturedLines: Sendable {
    private let storage = Mutex<[String]>([])
    var lines: [String] { storage.withLock { $0 } }
    var sink: LogSink { LogSink { line in self.storage.withLock { $0.append(line) } } }
}

private struct Refusal: Error, CustomStringConvertible {
    let description = "no such path"
}

/// A logger with a fixed time that writes to `lines`.
private func makeLogger(_ format: LogFormat, _ lines: CapturedLines, provider: Logger.MetadataProvider? = nil) -> Logger
{
    Logger(label: "agent") { label in
        format.makeHandler(
            label: label, level: .info, sink: lines.sink, metadataProvider: provider,
            now: { LogTimestamp(milliseconds: 1_795_359_786_042) })
    }
}

@Suite struct JSONLogHandlerTests {
    private let captured = CapturedLines()
    private static let start = #"{"time":"2026-11-22T15:03:06.042Z","level":"info","label":"agent","message":"#

    @Test func oneObjectPerLine() {
        makeLogger(.json, captured).info("committed")
        #expect(captured.lines == [Self.start + #""committed"}"#])
    }

    @Test func metadataIsSortedAndKeepsItsTypes() {
        makeLogger(.json, captured).info(
            "committed",
            metadata: [
                LogKeys.prefix: ["198.51.100.1/32", "2001:db8::1/128"],
                LogKeys.added: .stringConvertible(2), "ok": .stringConvertible(true),
                "nested": ["b": "2", "a": .stringConvertible(0.5)],
                LogKeys.delay: .stringConvertible(Duration.milliseconds(4)),
            ])
        #expect(
            captured.lines == [
                Self.start + #""committed","metadata":{"added":2,"delay":"0.004 seconds","#
                    + #""nested":{"a":0.5,"b":"2"},"ok":true,"prefix":["198.51.100.1/32","2001:db8::1/128"]}}"#
            ])
    }

    @Test func nothingBreaksOutOfAStringOrALine() {
        makeLogger(.json, captured).info("a\"b\\c\n\r\t\u{1}\u{7F}\u{9B}é🙂", metadata: ["k\"\n": "v\"\n"])
        #expect(
            captured.lines == [
                Self.start + #""a\"b\\c\n\r\t\u0001\u007f\u009bé🙂","metadata":{"k\"\n":"v\"\n"}}"#
            ])
    }

    @Test func numbersThatJSONLacksBecomeStrings() {
        makeLogger(.json, captured).info("x", metadata: ["age": .stringConvertible(Double.infinity)])
        #expect(captured.lines == [Self.start + #""x","metadata":{"age":"inf"}}"#])
    }
}

@Suite struct TextLogHandlerTests {
    private let captured = CapturedLines()

    @Test func oneReadableLine() {
        makeLogger(.text, captured).info(
            "committed", metadata: [LogKeys.prefix: "198.51.100.1/32", LogKeys.added: .stringConvertible(2)])
        #expect(
            captured.lines == ["2026-11-22T15:03:06.042Z INFO  agent: committed added=2 prefix=198.51.100.1/32"])
    }

    @Test func valuesAreQuotedWhenTheyNeedIt() {
        makeLogger(.text, captured).warning(
            "two\nlines\u{1B}[0m", metadata: ["a": "", "b": "x y", "c": "p=q", "d": "\"\\\n", "e": "C:\\"])
        #expect(
            captured.lines == [
                "2026-11-22T15:03:06.042Z WARNING agent: two\\nlines\\u{1b}[0m"
                    + #" a="" b="x y" c="p=q" d="\"\\\n" e=C:\"#
            ])
    }
}

@Suite struct LogFormatTests {
    private let captured = CapturedLines()

    @Test(arguments: LogFormat.allCases)
    func levelsBelowTheLimitAreDropped(format: LogFormat) {
        var logger = makeLogger(format, captured)
        logger.debug("hidden")
        #expect(captured.lines.isEmpty)
        logger.logLevel = .debug
        logger.debug("shown")
        #expect(captured.lines.count == 1)
    }

    @Test func metadataOfTheMessageWinsOverProviderAndLogger() {
        let provider = Logger.MetadataProvider { ["a": "provider", "b": "provider", "c": "provider"] }
        var logger = makeLogger(.text, captured, provider: provider)
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "d"] = "logger"
        logger.info("x", metadata: ["b": "message"])
        #expect(captured.lines.first?.hasSuffix("agent: x a=provider b=message c=provider d=logger") == true)
    }

    @Test func anAttachedErrorAppearsAsMetadata() {
        let logger = makeLogger(.text, captured)
        logger.info("refused", error: Refusal())
        logger.info("refused", error: Refusal(), metadata: [LogKeys.error: "explicit"])
        #expect(captured.lines.first?.hasSuffix("agent: refused error=\"no such path\"") == true)
        #expect(captured.lines.last?.hasSuffix("agent: refused error=explicit") == true)
    }

    @Test func unknownFormatIsRefused() {
        #expect(LogFormat(rawValue: "json") == .json)
        #expect(LogFormat(rawValue: "xml") == nil)
    }
}

@Suite struct LogTimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_005, "2000-02-29T00:00:00.005Z"),
            (1_795_359_786_042, "2026-11-22T15:03:06.042Z"),
        ] as [(Int64, String)])
    func printsRFC3339InUTC(milliseconds: Int64, text: String) {
        #expect(LogTimestamp(milliseconds: milliseconds).description == text)
    }

    @Test func nowIsNow() {
        #expect(LogTimestamp.now().milliseconds > 1_700_000_000_000)
    }
}
