internal import Glibc

/// Small files whose permissions matter: secret keys, and lists of who may come in.
public enum GuardedFile {
    /// Who else may touch a file for it to be trusted.
    public enum Protection: Sendable, Hashable {
        /// Nobody but its owner may read or write it (0600 or less).
        case secret
        /// Nobody but its owner may write it (0644 or less).
        case unforgeable
    }

    /// Reads a file, checking the permissions of what was opened, so that a change of the name in between counts for
    /// nothing.
    ///
    /// - Throws: `forbidden` when its mode is too open or it belongs to neither this user nor root; `invalidArgument`
    ///   when it is longer than `byteLimit` or no regular file; `system`.
    public static func read(
        _ path: String, protection: Protection, byteLimit: Int = 1 << 20
    ) throws(ZeroMQError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw ZeroMQError(number: errno, doing: "open \(path)") }
        defer { close(descriptor) }
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0 else { throw ZeroMQError(number: errno, doing: "read \(path)") }
        guard facts.st_mode & S_IFMT == S_IFREG, facts.st_size <= byteLimit else {
            throw ZeroMQError(
                code: .invalidArgument, message: "\(path) is no regular file or has more than \(byteLimit) bytes")
        }
        let forbidden: mode_t = protection == .secret ? 0o077 : 0o022
        guard facts.st_mode & forbidden == 0 else {
            let mode = String(facts.st_mode & 0o777, radix: 8)
            let wanted = protection == .secret ? "0600" : "0644"
            throw ZeroMQError(code: .forbidden, message: "\(path) has mode 0\(mode); it must be \(wanted) or less")
        }
        guard facts.st_uid == geteuid() || facts.st_uid == 0 else {
            throw ZeroMQError(
                code: .forbidden, message: "\(path) belongs to user \(facts.st_uid), not to this user or root")
        }
        return try readAll(descriptor, path: path, byteLimit: byteLimit)
    }

    /// Writes a new file.
    ///
    /// - Parameter mode: set whatever the umask is.
    /// - Throws: `invalidArgument` when there is such a file already: a key is never overwritten; `system`.
    public static func create(_ path: String, mode: UInt32, content: [UInt8]) throws(ZeroMQError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode & 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST {
                throw ZeroMQError(
                    code: .invalidArgument, number: EEXIST, message: "\(path) exists; it is not overwritten")
            }
            throw ZeroMQError(number: errno, doing: "create \(path)")
        }
        defer { close(descriptor) }
        do throws(ZeroMQError) {
            guard fchmod(descriptor, mode_t(mode)) == 0 else {
                throw ZeroMQError(number: errno, doing: "mode of \(path)")
            }
            try writeAll(content, descriptor, path: path)
            guard fsync(descriptor) == 0 else { throw ZeroMQError(number: errno, doing: "write \(path)") }
        } catch {
            _ = unsafe unlink(path)
            throw error
        }
    }
}

private func readAll(_ descriptor: Int32, path: String, byteLimit: Int) throws(ZeroMQError) -> [UInt8] {
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while content.count <= byteLimit {
        let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
        if count == 0 { return content }
        if count > 0 {
            content += chunk[..<count]
        } else if errno != EINTR {
            throw ZeroMQError(number: errno, doing: "read \(path)")
        }
    }
    throw ZeroMQError(code: .invalidArgument, message: "\(path) has more than \(byteLimit) bytes")
}

private func writeAll(_ content: [UInt8], _ descriptor: Int32, path: String) throws(ZeroMQError) {
    var rest = content[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 {
            rest = rest.dropFirst(count)
        } else if errno != EINTR {
            throw ZeroMQError(number: errno, doing: "write \(path)")
        }
    }
}
