/// Times of the journal as ISO 8601 text in UTC, exact to the microsecond. `Date` keeps a binary fraction and its ISO
/// format three digits, so a time would not come back as it went.
enum UTCTime {
    /// `2026-02-28T23:59:59.000001Z`.
    static func text(microseconds: Int64) -> String {
        let time = civil(microseconds)
        return "\(pad(time.year, 4))-\(pad(time.month, 2))-\(pad(time.day, 2))T\(pad(time.second / 3600, 2)):"
            + "\(pad(time.second / 60 % 60, 2)):\(pad(time.second % 60, 2)).\(pad(time.fraction, 6))Z"
    }

    /// `20260228T235959Z`, safe in file names.
    static func compact(microseconds: Int64) -> String {
        let time = civil(microseconds)
        return "\(pad(time.year, 4))\(pad(time.month, 2))\(pad(time.day, 2))T\(pad(time.second / 3600, 2))"
            + "\(pad(time.second / 60 % 60, 2))\(pad(time.second % 60, 2))Z"
    }

    private static func pad(_ number: Int64, _ width: Int) -> String {
        let digits = String(abs(number))
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Days to a date of the proleptic Gregorian calendar, counted in eras of 400 years that begin on a 1 March.
    private static func civil(
        _ microseconds: Int64
    ) -> (year: Int64, month: Int64, day: Int64, second: Int64, fraction: Int64) {
        let (seconds, fraction) = floorDivide(microseconds, 1_000_000)
        let (days, second) = floorDivide(seconds, 86_400)
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day, second, fraction)
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
        return remainder < 0 ? (quotient - 1, remainder + b) : (quotient, remainder)
    }
}
