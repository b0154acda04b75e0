import Glibc

/// A point in time with milliseconds, as log lines show it.
public struct LogTimestamp: Sendable, Hashable, CustomStringConvertible {
    /// Milliseconds since the Unix epoch.
    public let milliseconds: Int64

    /// Takes a time since the Unix epoch.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// The system's idea of now (`CLOCK_REALTIME`).
    public static func now() -> LogTimestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LogTimestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// RFC 3339 in UTC, always with three digits of fraction: `2026-11-22T15:03:06.042Z`.
    public var description: String {
        var (seconds, fraction) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        if fraction < 0 {
            seconds -= 1
            fraction += 1000
        }
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let date = [(Int(parts.tm_year) + 1900, 4), (Int(parts.tm_mon) + 1, 2), (Int(parts.tm_mday), 2)]
        let clock = [(Int(parts.tm_hour), 2), (Int(parts.tm_min), 2), (Int(parts.tm_sec), 2)]
        return Self.joined(date, "-") + "T" + Self.joined(clock, ":") + "." + Self.padded(Int(fraction), 3) + "Z"
    }

    private static func joined(_ numbers: [(Int, Int)], _ separator: String) -> String {
        numbers.map { padded($0, $1) }.joined(separator: separator)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
