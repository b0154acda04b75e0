internal import Foundation

/// SIGINT, SIGTERM and SIGHUP as a stream.
///
/// A handler, not SIG_IGN, is installed: children inherit an ignored signal, but not a handler.
enum Interrupts {
    /// Each signal's number as it comes. Call once.
    static func stream() -> AsyncStream<Int32> {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return AsyncStream { $0.finish() } }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        interruptPipe = ends[1]
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(interruptPipe, &byte, 1)
            }
        }
        let reader = ends[0]
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while true {
                let count = read(reader, &byte, 1)
                if count == 1 { continuation.yield(Int32(byte)) } else if count == 0 || errno != EINTR { return }
            }
        }
        return stream
    }
}

/// Where the handler writes. Set once before the handlers are installed, only read after.
private nonisolated(unsafe) var interruptPipe: Int32 = -1
