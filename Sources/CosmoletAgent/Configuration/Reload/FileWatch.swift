/// Decides when a file that is looked at from time to time is to be read again: when it differs from what was read last,
/// and looks as it did the time before, so that nobody is just writing it.
struct FileWatch<Stamp: Sendable & Hashable>: Sendable {
    private var read: Stamp?
    private var seen: Stamp?

    /// - Parameter stamp: of what was read at the start; nil for a file that was not there.
    init(read stamp: Stamp?) {
        read = stamp
        seen = stamp
    }

    /// Takes in a look; true when the file is to be read.
    mutating func look(_ stamp: Stamp?) -> Bool {
        defer { seen = stamp }
        guard stamp != read, stamp == seen else { return false }
        read = stamp
        return true
    }

    /// The file is read now, whatever it looks like.
    mutating func willRead(_ stamp: Stamp?) {
        read = stamp
        seen = stamp
    }
}
