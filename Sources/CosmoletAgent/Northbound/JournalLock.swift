internal import Foundation
internal import Glibc
internal import Logging
internal import Observability
internal import Synchronization

/// Keeps a second process away from a journal: a lock on the file beside it, `<journal>.lock`, which names the holder.
///
/// The lock ends with `release()`, or with the process however that ends.
final class JournalLock: Sendable {
    private let descriptor: Mutex<Int32>

    private init(descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    deinit { release() }

    /// Lets another process have the journal.
    func release() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }

    /// Takes the lock. Nil when there cannot be a lock file, for instance on a read-only device: then nobody can write the
    /// journal either.
    ///
    /// - Throws: `StartFailure` when another process has it.
    static func take(journal path: String, logger: Logger) throws(StartFailure) -> JournalLock? {
        let lockPath = path + ".lock"
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty {
            try? FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        }
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            logger.warning(
                "the journal cannot be locked",
                metadata: [LogKeys.path: "\(lockPath)", LogKeys.error: "\(String(cString: strerror(errno)))"])
            return nil
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            defer { close(descriptor) }
            let holder = FileManager.default.contents(atPath: lockPath).flatMap {
                Int(String(decoding: $0, as: UTF8.self).trimmed)
            }
            throw StartFailure(
                "journal \(path) is in use by \(holder.map { "process \($0)" } ?? "another process")",
                hint: "End that process, or give this one a journal of its own: --journal FILE.")
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        return JournalLock(descriptor: descriptor)
    }
}

/// Why a process did not start, with what to do about it.
public struct StartFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in one line.
    public let message: String
    /// What to do; nil when the message says it.
    public let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    /// The message.
    public var description: String { message }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
