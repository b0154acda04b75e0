import Testing

@testable import Observability

@Suite struct ProcessStatisticsTests {
    /// proc(5) with a program name that tries to look like fields.
    private static let stat =
        "4242 (a) b (c) S 1 4242 4242 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 4 0 12345 99999744 2500 18446744073709551615\n"
    private static let systemStat = "cpu  1 2 3\nbtime 1700000000\nprocesses 5\n"

    private static func parse(_ stat: String, _ systemStat: String = systemStat) -> ProcessStatistics? {
        ProcessStatistics(
            stat: stat, systemStat: systemStat, openFileCount: 7, ticksPerSecond: 100, pageByteCount: 4096)
    }

    @Test func readsTheFieldsBehindTheName() throws {
        let statistics = try #require(Self.parse(Self.stat))
        #expect(statistics.cpuSeconds == 2)
        #expect(statistics.residentByteCount == 2500 * 4096)
        #expect(statistics.startTimeSeconds == 1_700_000_123.45)
        #expect(statistics.openFileCount == 7)
    }

    @Test func refusesTextsOfAnotherForm() {
        #expect(Self.parse("") == nil)
        #expect(Self.parse("4242 (name) S 1 2 3") == nil)
        #expect(Self.parse(Self.stat, "cpu 1 2 3\n") == nil)
    }

    @Test func thisProcessHasPlausibleValues() throws {
        let statistics = try #require(ProcessStatistics.current())
        #expect(statistics.residentByteCount > 1 << 20)
        #expect(statistics.openFileCount >= 3)
        #expect(statistics.startTimeSeconds > 1_600_000_000)
    }
}
