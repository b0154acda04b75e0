internal import Foundation
internal import Glibc
internal import Northbound

/// The journal's file and folder, as the operating system sees them. No SQLite here.
struct JournalFile: Sendable {
    /// Device and inode: which file a path names.
    struct Identity: Sendable, Equatable {
        let device: UInt
        let inode: UInt
    }

    /// Path of the database.
    let path: String

    private var folder: String {
        let folder = (path as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }

    /// Makes the folder (0750) and an empty file (0640) where they are missing, durably.
    ///
    /// SQLite gives `-wal` and `-shm` the mode of the database file, so making that first is enough. The file is opened
    /// here only when it is new: closing a descriptor of a database that is in use would drop SQLite's locks on it.
    func prepare() throws(JournalError) {
        try makeFolder(folder)
        let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            guard errno == EEXIST else { throw JournalError(errno: errno, operation: "create", path: path) }
            try checkIsFile()
            return
        }
        fchmod(descriptor, 0o640)
        let isSynced = fsync(descriptor) == 0
        let failure = errno
        close(descriptor)
        guard isSynced else { throw JournalError(errno: failure, operation: "fsync", path: path) }
        try syncFolder()
    }

    /// Which file the path names now; nil when there is none.
    func identity() -> Identity? { identity(of: path) }

    /// Which file the write-ahead log is now; nil when there is none.
    func logIdentity() -> Identity? { identity(of: path + "-wal") }

    /// Removes the log that a vanished database left: SQLite would take it for the log of the next file of that name.
    func removeLog(_ identity: Identity?) {
        guard let identity, identity == logIdentity() else { return }
        unlink(path + "-wal")
        unlink(path + "-shm")
    }

    /// True when there is a file and it holds something.
    func isNotEmpty() -> Bool { (status(of: path)?.st_size ?? 0) > 0 }

    /// True when the database is empty although its write-ahead log is not: SQLite would silently drop the log.
    func hasLostItsDatabase() -> Bool {
        status(of: path)?.st_size == 0 && (status(of: path + "-wal")?.st_size ?? 0) > 0
    }

    /// Renames the file to `<file>.corrupt-<UTC time>`, with `-wal` and `-shm`, so that a fresh one can be made and the
    /// damaged one can still be looked at with `sqlite3`. Returns the new path.
    func setAside(nowMicroseconds: Int64) throws(JournalError) -> String {
        let stamp = UTCTime.compact(microseconds: nowMicroseconds)
        var target = "\(path).corrupt-\(stamp)"
        var count = 1
        while status(of: target) != nil {
            count += 1
            target = "\(path).corrupt-\(stamp)-\(count)"
        }
        // The database first: should this be interrupted, a log without its database is recognised, while a database
        // without its log would pass for an older journal.
        for suffix in ["", "-wal", "-shm"] where status(of: path + suffix) != nil {
            guard rename(path + suffix, target + suffix) == 0 else {
                throw JournalError(errno: errno, operation: "set aside as \(target)", path: path)
            }
        }
        try syncFolder()
        return target
    }

    /// Says `readOnly` of a failure that SQLite reports in another way, when file or folder may not be written.
    func refine(_ error: JournalError) -> JournalError {
        guard error.code == .inputOutput || error.code == .unusable else { return error }
        for name in [path, folder] where access(name, W_OK) != 0 {
            if errno == EROFS || errno == EACCES || errno == EPERM { return JournalError(.readOnly, error.message) }
        }
        return error
    }

    private func checkIsFile() throws(JournalError) {
        guard let status = status(of: path) else {
            throw JournalError(errno: errno, operation: "stat", path: path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw JournalError(.unusable, "journal \(path): is not a file")
        }
    }

    private func makeFolder(_ folder: String) throws(JournalError) {
        if let status = status(of: folder) {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw JournalError(.unusable, "journal \(path): \(folder) is not a folder")
            }
            return
        }
        let parent = (folder as NSString).deletingLastPathComponent
        if !parent.isEmpty { try makeFolder(parent) }
        guard mkdir(folder, 0o750) == 0 || errno == EEXIST else {
            throw JournalError(errno: errno, operation: "make folder \(folder)", path: path)
        }
        chmod(folder, 0o750)
    }

    private func syncFolder() throws(JournalError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw JournalError(errno: errno, operation: "open folder", path: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw JournalError(errno: errno, operation: "fsync folder", path: path) }
    }

    private func identity(of path: String) -> Identity? {
        status(of: path).map { Identity(device: UInt($0.st_dev), inode: UInt($0.st_ino)) }
    }

    private func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}
