internal import Glibc

/// What stat(2) tells of a file.
///
/// In modules that import Foundation as well, the compiler takes the members of `stat` now from Glibc and now from
/// Dispatch, by the order in which it loads them; here there is only one.
public struct FileStatus: Sendable, Hashable {
    /// Which file it is, whatever its name: device and inode.
    public struct Identity: Sendable, Hashable {
        let device: dev_t
        let inode: ino_t
    }

    /// Which file it is.
    public let identity: Identity
    /// In bytes.
    public let size: Int64
    /// False for directories, pipes, sockets and devices.
    public let isRegularFile: Bool
    /// When its content last changed: seconds and nanoseconds since 1970.
    public let modified: SIMD2<Int>

    /// Looks at a path, following symbolic links; nil when there is nothing that can be looked at.
    public init?(path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Looks at an open descriptor; nil when it is not one.
    public init?(descriptor: CInt) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        identity = Identity(device: status.st_dev, inode: status.st_ino)
        size = Int64(status.st_size)
        isRegularFile = status.st_mode & S_IFMT == S_IFREG
        modified = SIMD2(status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }
}
