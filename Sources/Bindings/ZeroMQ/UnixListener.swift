internal import Glibc

/// A listening socket file that appears under its name only when it is complete: mode and group set, listening.
///
/// libzmq by itself would remove whatever has the name, also under a server that lives, and would leave the mode to the
/// umask. So the file is made here, beside its final name, and then moved over it:
///
/// ```
/// PATH.lock   locked (flock) as long as the server lives; never removed
/// PATH.new    bound, mode 0660, group set, listening; then renamed to
/// PATH        what clients connect to
/// ```
public final class UnixListener {
    /// Where clients connect.
    public let path: String
    /// The listening descriptor, until libzmq takes it.
    let descriptor: Int32
    private let lock: Int32
    private var ownsDescriptor = true

    /// Longest path: what `sockaddr_un` holds, less the ending of the temporary name.
    public static let pathByteLimit = 103

    /// Makes the directory if there is none (mode 0750) and the socket in it (mode 0660).
    ///
    /// A directory that is there already is left as it is, except when others could replace files in it: then it is
    /// closed to them (0750) if it is ours, as a volume freshly mounted, and refused if not.
    ///
    /// - Parameters:
    ///   - path: absolute, at most `pathByteLimit` bytes.
    ///   - group: the name of the group for directory and socket; nil for the process's own.
    /// - Throws: `addressInUse` when a server listens there; `forbidden` for a directory open to others or no permission;
    ///   `invalidArgument` for a path or group that cannot be used, or a file that is no socket; `system`.
    public init(path: String, group: String?) throws(ZeroMQError) {
        guard path.hasPrefix("/"), !path.hasSuffix("/"), path.utf8.count <= Self.pathByteLimit,
            !path.utf8.contains(0), let slash = path.lastIndex(of: "/")
        else {
            throw ZeroMQError(
                code: .invalidArgument,
                message: "socket path \"\(path)\" is not absolute or has more than \(Self.pathByteLimit) bytes")
        }
        let groupID = try group.map(lookUpGroup)
        try prepareDirectory(path[..<slash].isEmpty ? "/" : String(path[..<slash]), groupID: groupID)
        let lock = try lockFile("\(path).lock")
        do throws(ZeroMQError) {
            try checkNobodyListens(path)
            descriptor = try makeListeningSocket(path, groupID: groupID)
        } catch {
            Glibc.close(lock)
            throw error
        }
        self.path = path
        self.lock = lock
    }

    deinit {
        if ownsDescriptor { Glibc.close(descriptor) }
        Glibc.close(lock)
    }

    /// Removes the socket file and lets the next server come.
    public func remove() {
        _ = unsafe unlink(path)
    }

    func descriptorWasTaken() { ownsDescriptor = false }
}

private func lookUpGroup(_ name: String) throws(ZeroMQError) -> gid_t {
    if let number = gid_t(name) { return number }
    var entry = unsafe group()
    var found: UnsafeMutablePointer<group>?
    var buffer = [CChar](repeating: 0, count: 64 << 10)
    let status = unsafe getgrnam_r(name, &entry, &buffer, buffer.count, &found)
    guard status == 0 else { throw ZeroMQError(number: status, doing: "group \(name)") }
    guard unsafe found != nil else { throw ZeroMQError(code: .invalidArgument, message: "there is no group \(name)") }
    return unsafe entry.gr_gid
}

private func prepareDirectory(_ path: String, groupID: gid_t?) throws(ZeroMQError) {
    let isNew = unsafe mkdir(path, 0o750) == 0
    let code = errno
    guard isNew || code == EEXIST else { throw ZeroMQError(number: code, doing: "create directory \(path)") }
    var facts = stat()
    guard unsafe stat(path, &facts) == 0 else { throw ZeroMQError(number: errno, doing: "directory \(path)") }
    guard facts.st_mode & S_IFMT == S_IFDIR else { throw ZeroMQError(number: ENOTDIR, doing: "directory \(path)") }
    // A sticky directory (/tmp) lets others add files but not replace ours.
    let isOpen = facts.st_mode & 0o002 != 0 && facts.st_mode & S_ISVTX == 0
    guard isNew || isOpen else { return }
    guard facts.st_uid == geteuid() else {
        throw ZeroMQError(
            code: .forbidden,
            message: "directory \(path) belongs to user \(facts.st_uid) and everyone may replace files in it; "
                + "use a directory below it, which is then made with mode 0750")
    }
    if let groupID, unsafe chown(path, uid_t.max, groupID) != 0 {
        throw ZeroMQError(number: errno, doing: "group of directory \(path)")
    }
    guard unsafe chmod(path, 0o750) == 0 else { throw ZeroMQError(number: errno, doing: "mode of directory \(path)") }
}

/// Two servers that start at once must not both find the file stale.
private func lockFile(_ path: String) throws(ZeroMQError) -> Int32 {
    let lock = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else { throw ZeroMQError(number: errno, doing: "open \(path)") }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        close(lock)
        if code == EWOULDBLOCK {
            throw ZeroMQError(code: .addressInUse, number: code, message: "another process holds \(path)")
        }
        throw ZeroMQError(number: code, doing: "lock \(path)")
    }
    return lock
}

private func checkNobodyListens(_ path: String) throws(ZeroMQError) {
    var facts = stat()
    guard unsafe lstat(path, &facts) == 0 else {
        if errno == ENOENT { return }
        throw ZeroMQError(number: errno, doing: "look at \(path)")
    }
    guard facts.st_mode & S_IFMT == S_IFSOCK else {
        throw ZeroMQError(code: .invalidArgument, message: "\(path) exists and is not a socket; it is left alone")
    }
    do throws(SocketError) {
        _ = try UnixStreamSocket(connectingTo: path)
    } catch {
        // Refused: the file is what a server left behind that is gone. A full queue (EAGAIN) is a server alive.
        if error.errno == ECONNREFUSED || error.errno == ENOENT { return }
        if error.errno != EAGAIN { throw ZeroMQError(number: error.errno, doing: "try \(path)") }
    }
    throw ZeroMQError(code: .addressInUse, message: "a server listens on \(path) already")
}

private func makeListeningSocket(_ path: String, groupID: gid_t?) throws(ZeroMQError) -> Int32 {
    let temporaryPath = "\(path).new"
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw ZeroMQError(number: errno, doing: "socket") }
    do throws(ZeroMQError) {
        // Linux gives the file the descriptor's mode less the umask: closed to others from its first moment.
        guard fchmod(descriptor, 0o600) == 0 else { throw ZeroMQError(number: errno, doing: "mode of socket") }
        _ = unsafe unlink(temporaryPath)
        try bind(descriptor, to: temporaryPath)
        if let groupID, unsafe chown(temporaryPath, uid_t.max, groupID) != 0 {
            throw ZeroMQError(number: errno, doing: "group of socket \(path)")
        }
        guard unsafe chmod(temporaryPath, 0o660) == 0 else {
            throw ZeroMQError(number: errno, doing: "mode of \(path)")
        }
        guard listen(descriptor, 128) == 0 else { throw ZeroMQError(number: errno, doing: "listen on \(path)") }
        guard unsafe rename(temporaryPath, path) == 0 else { throw ZeroMQError(number: errno, doing: "rename \(path)") }
    } catch {
        close(descriptor)
        _ = unsafe unlink(temporaryPath)
        throw error
    }
    return descriptor
}

private func bind(_ descriptor: Int32, to path: String) throws(ZeroMQError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let status = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            unsafe Glibc.bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard status == 0 else { throw ZeroMQError(number: errno, doing: "bind \(path)") }
}
