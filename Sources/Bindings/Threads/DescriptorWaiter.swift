internal import Glibc
internal import Synchronization

/// Blocks in `poll(2)` on a wake-up pipe and on at most one descriptor that the pinned thread owns, so that the end of a
/// peer is seen while nobody is asking it anything.
public final class DescriptorWaiter: PinnedThreadWaiter {
    private struct Watch: Sendable {
        var descriptor: Int32
        var onReadable: @Sendable () -> Void
    }

    /// A pipe and not an eventfd, which Swift's Glibc module does not have. Both ends non-blocking and close-on-exec.
    private let wakeupReader: Int32
    private let wakeupWriter: Int32
    private let watch = Mutex<Watch?>(nil)

    /// Opens the pipe.
    public init() {
        var ends: [Int32] = [-1, -1]
        let status = unsafe pipe(&ends)
        precondition(status == 0, "pipe failed with errno \(errno)")
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakeupReader = ends[0]
        wakeupWriter = ends[1]
    }

    deinit {
        close(wakeupReader)
        close(wakeupWriter)
    }

    /// Watches a descriptor for input, hang-up or error while the thread is idle.
    ///
    /// - Parameters:
    ///   - descriptor: stays owned by the caller, who calls `unwatch()` before closing it.
    ///   - onReadable: called on the pinned thread. It must consume the input or call `unwatch()`; else it is called
    ///     again at once.
    public func watch(_ descriptor: Int32, onReadable: @escaping @Sendable () -> Void) {
        watch.withLock { $0 = Watch(descriptor: descriptor, onReadable: onReadable) }
    }

    /// Forgets the descriptor.
    public func unwatch() {
        watch.withLock { $0 = nil }
    }

    /// Blocks until the descriptor is readable (and then calls its handler) or `wake()` is called.
    public func wait() {
        let watch = watch.withLock { $0 }
        var descriptors = [pollfd(fd: wakeupReader, events: Int16(POLLIN), revents: 0)]
        if let watch {
            descriptors.append(pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0))
        }
        let count = unsafe poll(&descriptors, nfds_t(descriptors.count), -1)
        guard count > 0 else { return }
        if descriptors[0].revents != 0 { drainWakeups() }
        if let watch, descriptors[1].revents != 0 {
            watch.onReadable()
        }
    }

    /// What ended a `pause`.
    public enum PauseEnd: Sendable, Hashable {
        /// The time passed.
        case elapsed
        /// `wake()` was called: a job may be waiting for the thread, or a flag may have been set.
        case woken
        /// The descriptor has input, hung up or failed.
        case readable
    }

    /// Waits inside a job, without losing sight of the peer or of other threads: for a back-off in the middle of
    /// something that must not be interleaved. Only on the pinned thread.
    ///
    /// - Parameters:
    ///   - descriptor: what to watch besides the wake-up pipe.
    ///   - deadline: when to end at the latest.
    public func pause(watching descriptor: Int32, until deadline: ContinuousClock.Instant) -> PauseEnd {
        while true {
            var descriptors = [
                pollfd(fd: wakeupReader, events: Int16(POLLIN), revents: 0),
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let count = unsafe poll(&descriptors, 2, pollTimeout(until: deadline))
            if count > 0, descriptors[1].revents != 0 { return .readable }
            if count > 0, descriptors[0].revents != 0 {
                // The loop looks at its queue after each job, so the byte may be eaten here.
                drainWakeups()
                return .woken
            }
            if ContinuousClock.now >= deadline { return .elapsed }
        }
    }

    private func drainWakeups() {
        var bytes = [UInt8](repeating: 0, count: 256)
        _ = unsafe read(wakeupReader, &bytes, bytes.count)
    }

    /// Ends `wait()`. Any thread.
    public func wake() {
        // A full pipe refuses the byte: then a wake-up is pending already.
        var byte: UInt8 = 1
        _ = unsafe write(wakeupWriter, &byte, 1)
    }
}
