// For `stat`, which the compiler takes from here or from Glibc, by the order in which it loads them.
internal import CDispatch
internal import Foundation
internal import Glibc

/// What tells one state of a file from another, without reading it. Symbolic links are followed, so a link that changes
/// its target, as the volume of a ConfigMap does, is another state.
struct FileStamp: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: [Int64]

    /// Looks at a file; nil when it cannot be looked at.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = [status.st_mtim, status.st_ctim].flatMap { [Int64($0.tv_sec), Int64($0.tv_nsec)] }
    }
}

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
