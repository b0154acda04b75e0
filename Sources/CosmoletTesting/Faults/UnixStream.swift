internal import Glibc

/// The few socket calls of a relay, blocking. Descriptors are plain numbers here; `FrameRelay` says who closes them.
enum UnixStream {
    /// A listening socket; a file of that name is removed first.
    static func listen(at path: String) throws -> Int32 {
        unlink(path)
        return try open(path, "bind") { descriptor, address, length in
            let status = bind(descriptor, address, length)
            return status == 0 ? Glibc.listen(descriptor, 16) : status
        }
    }

    /// A connected socket.
    static func connect(to path: String) throws -> Int32 {
        try open(path, "connect") { Glibc.connect($0, $1, $2) }
    }

    private static func open(
        _ path: String, _ call: String, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        precondition(bytes.count < MemoryLayout.size(ofValue: address.sun_path), "the path \(path) is too long")
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw RelayFailure(call: "socket", path: path, code: errno) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let code = errno
            close(descriptor)
            throw RelayFailure(call: call, path: path, code: code)
        }
        return descriptor
    }

    /// What has arrived; empty at the end of the stream.
    static func receive(_ descriptor: Int32) -> [UInt8] {
        let limit = 1 << 18
        return [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            repeat { count = max(recv(descriptor, buffer.baseAddress, limit, 0), -1) } while count < 0 && errno == EINTR
            count = max(count, 0)
        }
    }

    /// Sends all; false when the peer is gone.
    static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Waits until one of two has something, and says which have.
    static func wait(_ first: Int32, _ second: Int32) -> (Bool, Bool) {
        var entries = [first, second].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while poll(&entries, 2, -1) < 0, errno == EINTR {}
        return (entries[0].revents != 0, entries[1].revents != 0)
    }
}

/// A relay could not be set up.
public struct RelayFailure: Error, CustomStringConvertible {
    let call: String
    let path: String
    let code: Int32

    /// The call, the path and the system's text.
    public var description: String { "\(call) \(path): \(String(cString: strerror(code)))" }
}
