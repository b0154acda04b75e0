internal import Glibc

/// Blocks on a semaphore: for a `PinnedThread` that serves nothing but its own jobs.
@safe
public final class ConditionWaiter: PinnedThreadWaiter, @unchecked Sendable {
    // Sendable because a POSIX semaphore may be used from any thread; the pointer itself never changes.
    private let semaphore: UnsafeMutablePointer<sem_t>

    /// Makes a waiter with nothing pending.
    public init() {
        unsafe semaphore = .allocate(capacity: 1)
        unsafe sem_init(semaphore, 0, 0)
    }

    deinit {
        unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    /// Blocks until `wake()` was called once more than `wait()` returned.
    public func wait() {
        while unsafe sem_wait(semaphore) != 0 && errno == EINTR {}
    }

    /// Lets one `wait()` return. Any thread.
    public func wake() {
        unsafe sem_post(semaphore)
    }
}
