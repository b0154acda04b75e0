import Glibc
import Synchronization

/// Where finished log lines go.
public struct LogSink: Sendable {
    private let receive: @Sendable (String) -> Void

    /// Makes a sink from a function that takes one line without its line feed. It is called from any thread, also from
    /// several at a time.
    public init(_ receive: @escaping @Sendable (String) -> Void) {
        self.receive = receive
    }

    /// Takes one line.
    public func write(_ line: String) {
        receive(line)
    }

    /// File descriptor 2. The default: standard output belongs to the answers of commands.
    public static let standardError = LogSink(descriptor: STDERR_FILENO)

    /// File descriptor 1.
    public static let standardOutput = LogSink(descriptor: STDOUT_FILENO)

    /// Lines of different threads never mix: one lock is held while a line is written.
    private init(descriptor: Int32) {
        let lock = DescriptorLock()
        self.init { line in
            lock.mutex.withLock { _ in Self.write(Array((line + "\n").utf8), to: descriptor) }
        }
    }

    /// Writes everything; gives up when the descriptor is broken, as there is nowhere left to say so.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                written += count
            } else if count < 0 && errno == EAGAIN {
                // Somebody who shares the terminal or pipe made it non-blocking: wait until it takes more.
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wait, 1, -1)
            } else if count == 0 || errno != EINTR {
                return
            }
        }
    }
}

/// A closure cannot capture a `Mutex`, which is not copyable; it can capture this.
private final class DescriptorLock: Sendable {
    let mutex = Mutex(())
}
