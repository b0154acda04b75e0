internal import Glibc

/// How long records are kept. A record is pruned when it is too old or when there are too many, whichever comes first;
/// see `SQLiteJournal.prune()` for what is never pruned.
public struct RetentionPolicy: Sendable, Hashable {
    /// Records begun longer ago than this are pruned; nil keeps them whatever their age.
    public var maximumAge: Duration?
    /// At most so many records are kept; at least 1.
    public var maximumCount: Int

    /// Makes a policy; the defaults are 30 days and 100,000 records.
    public init(maximumAge: Duration? = .seconds(30 * 86_400), maximumCount: Int = 100_000) {
        self.maximumAge = maximumAge
        self.maximumCount = maximumCount
    }
}

/// How a journal works.
public struct JournalConfiguration: Sendable {
    /// How long records are kept.
    public var retention: RetentionPolicy
    /// A checkpoint of all networks is written every so many records, so that reading them back replays no more.
    public var recordsPerCheckpoint: Int
    /// A checkpoint is also due after so many edits, since one record may carry thousands.
    public var editsPerCheckpoint: Int
    /// How long to wait for another process that holds the file's lock, for instance a `sqlite3` shell.
    public var busyTimeout: Duration
    /// What `open` does when the file cannot be written or read now (`full`, `readOnly`, `inputOutput`): throw, or, when
    /// true, return a journal whose calls throw that error until one of them finds the file usable.
    public var opensWhenUnavailable: Bool
    /// The wall clock, in microseconds since the Unix epoch: for the age of records and the name of a damaged file.
    public var now: @Sendable () -> Int64

    /// Makes a configuration.
    public init(
        retention: RetentionPolicy = RetentionPolicy(), recordsPerCheckpoint: Int = 1000,
        editsPerCheckpoint: Int = 20_000, busyTimeout: Duration = .seconds(2), opensWhenUnavailable: Bool = false,
        now: @escaping @Sendable () -> Int64 = JournalConfiguration.systemClock
    ) {
        self.retention = retention
        self.recordsPerCheckpoint = recordsPerCheckpoint
        self.editsPerCheckpoint = editsPerCheckpoint
        self.busyTimeout = busyTimeout
        self.opensWhenUnavailable = opensWhenUnavailable
        self.now = now
    }

    /// The system's wall clock.
    @Sendable public static func systemClock() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

/// Why a journal has no record: its owner should begin one of kind `observed` with what FRR runs, so that the journal's
/// model agrees with FRR again.
public enum FreshStart: Sendable, Hashable {
    /// The file was not there, or held no record.
    case empty
    /// The file was damaged and has been renamed to `setAside`; `detail` says what was wrong with it.
    case corrupt(setAside: String, detail: String)
    /// The file was removed or replaced while it was open.
    case vanished
}

extension FreshStart: CustomStringConvertible {
    /// One line for logs.
    public var description: String {
        switch self {
        case .empty: "the journal had no record"
        case .corrupt(let setAside, let detail): "the journal was damaged (\(detail)) and was set aside as \(setAside)"
        case .vanished: "the journal file was removed or replaced while it was open"
        }
    }
}
