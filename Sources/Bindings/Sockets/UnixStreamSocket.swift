internal import Glibc

/// Why a socket call failed.
public struct SocketError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds that a caller treats differently.
    public enum Kind: Sendable, Hashable {
        /// No such socket, nobody listens, or its queue of connections is full.
        case unreachable
        /// The permissions of the socket or of a folder above it forbid it.
        case forbidden
        /// The peer closed or reset the connection.
        case closed
        /// The deadline passed.
        case deadlineExceeded
        /// The path does not fit `sockaddr_un` (107 bytes).
        case invalidPath
        /// Something else; see `errno`.
        case system
    }

    /// The kind of failure.
    public let kind: Kind
    /// The system's number, 0 when none was involved.
    public let errno: Int32
    /// The call and the system's text.
    public let description: String

    /// Somebody has the socket, and does not take connections from its full queue: a process that was stopped, or hangs.
    public var isBusy: Bool { errno == EAGAIN }

    init(_ kind: Kind, _ call: String, errno: Int32 = 0) {
        self.kind = kind
        self.errno = errno
        description = errno == 0 ? call : unsafe "\(call): \(String(cString: strerror(errno)))"
    }
}

/// A connected stream socket of the Unix domain, non-blocking underneath; calls that wait do so in `poll(2)` up to a
/// deadline. Owns the descriptor and closes it when it goes.
///
/// Not for concurrent use: it belongs to one thread at a time.
public struct UnixStreamSocket: ~Copyable {
    /// For a `DescriptorWaiter`, while this value lives.
    public let descriptor: Int32

    /// Connects to a listening socket.
    ///
    /// - Throws: `SocketError` of kind `unreachable`, `forbidden`, `invalidPath` or `system`.
    public init(connectingTo path: String) throws(SocketError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < capacity, !bytes.contains(0) else {
            throw SocketError(.invalidPath, "socket path \"\(path)\" has not 1 to \(capacity - 1) bytes")
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }

        let descriptor = Glibc.socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw SocketError(.system, "socket", errno: Glibc.errno) }
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let code = Glibc.errno
        guard status == 0 else {
            Glibc.close(descriptor)
            let kind: SocketError.Kind =
                switch code {
                case ENOENT, ENOTDIR, ECONNREFUSED, EAGAIN: .unreachable
                case EACCES, EPERM: .forbidden
                default: .system
                }
            throw SocketError(kind, "connect", errno: code)
        }
        self.descriptor = descriptor
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Sends all bytes, waiting for room.
    ///
    /// - Parameter deadline: nil to wait as long as it takes.
    /// - Throws: `SocketError` of kind `closed`, `deadlineExceeded` or `system`; part of the bytes may have been sent.
    public func send(_ bytes: [UInt8], until deadline: ContinuousClock.Instant?) throws(SocketError) {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor, buffer.baseAddress! + offset, buffer.count - offset, Int32(MSG_NOSIGNAL))
            }
            let code = Glibc.errno
            if count > 0 {
                offset += count
            } else if count < 0, code == EAGAIN {
                guard try wait(for: POLLOUT, until: deadline) else { throw SocketError(.deadlineExceeded, "send") }
            } else if count < 0, code == EINTR {
                continue
            } else {
                throw SocketError(Self.isEnd(code) ? .closed : .system, "send", errno: code)
            }
        }
    }

    /// Appends what has arrived to `buffer`, without waiting.
    ///
    /// - Returns: the number of bytes, 0 at the end of the stream, nil when there is nothing now.
    /// - Throws: `SocketError` of kind `closed` or `system`.
    public func receive(appendingTo buffer: inout [UInt8], atMost limit: Int) throws(SocketError) -> Int? {
        while true {
            var count = -1
            var code: Int32 = 0
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: limit) { target, initializedCount in
                count = unsafe recv(descriptor, target.baseAddress, limit, 0)
                code = Glibc.errno
                initializedCount = max(count, 0)
            }
            if count >= 0 {
                buffer += chunk
                return count
            }
            switch code {
            case EINTR: continue
            case EAGAIN: return nil
            default: throw SocketError(Self.isEnd(code) ? .closed : .system, "recv", errno: code)
            }
        }
    }

    /// Waits until there is input, the end of the stream or an error.
    ///
    /// - Returns: false when the deadline passed first.
    /// - Throws: `SocketError` of kind `system`.
    public func waitForInput(until deadline: ContinuousClock.Instant?) throws(SocketError) -> Bool {
        try wait(for: POLLIN, until: deadline)
    }

    private func wait(for events: Int32, until deadline: ContinuousClock.Instant?) throws(SocketError) -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let milliseconds = deadline.map(pollTimeout(until:)) ?? -1
            let count = unsafe poll(&entry, 1, milliseconds)
            let code = errno
            if count > 0 { return true }
            if count == 0 {
                guard let deadline, ContinuousClock.now < deadline else { return false }
            } else if code != EINTR {
                throw SocketError(.system, "poll", errno: code)
            }
        }
    }

    private static func isEnd(_ code: Int32) -> Bool {
        code == EPIPE || code == ECONNRESET || code == ENOTCONN
    }
}

/// The time to a deadline in the milliseconds of `poll(2)`, rounded up, at least 0.
func pollTimeout(until deadline: ContinuousClock.Instant) -> Int32 {
    let remaining = ContinuousClock.now.duration(to: deadline)
    guard remaining > .zero else { return 0 }
    let (seconds, attoseconds) = remaining.components
    guard seconds < 1_000_000 else { return 1_000_000_000 }
    return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
}
