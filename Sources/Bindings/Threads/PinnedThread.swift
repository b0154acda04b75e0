internal import Glibc
internal import Synchronization

/// What a `PinnedThread` blocks in while it has no job: the wait call of the C library that the thread serves.
///
/// An implementer must guarantee that `wake()` ends a `wait()` in progress, or, if none is in progress, makes the next
/// one return at once; otherwise a job could wait behind an idle thread for ever.
public protocol PinnedThreadWaiter: AnyObject, Sendable {
    /// Blocks until there is something to do or `wake()` was called. Called only on the pinned thread, between jobs.
    func wait()

    /// Ends `wait()`. May be called from any thread and must not block.
    func wake()
}

/// One operating-system thread that serves one actor as its serial executor.
///
/// A socket or a curl multi handle is bound to the thread that opened it. An actor that names a `PinnedThread` as its
/// executor runs all its jobs there, in order, and the thread blocks in the library's own wait call when it has none.
///
/// The thread lives as long as this object: the actor holds it, and when the actor goes the thread runs what is still
/// queued and ends. It is safe to release the last reference on the thread itself.
public final class PinnedThread: Sendable {
    private let loop: PinnedThreadLoop

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: shown by `ps -L` and debuggers; the kernel keeps 15 bytes.
    ///   - waiter: what to block in while idle; by default a condition variable.
    public init(name: String, waiter: any PinnedThreadWaiter = ConditionWaiter()) {
        loop = PinnedThreadLoop(waiter: waiter)
        loop.start(name: name)
    }

    deinit {
        loop.stop()
    }

    /// The executor for an actor's `unownedExecutor`. Valid while this object lives.
    public var executor: UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: loop)
    }

    /// True on the thread itself. Any thread may ask.
    public var isCurrent: Bool { loop.isCurrent }
}

/// The queue and the loop of a `PinnedThread`; kept alive by the running thread, so that the handle may go first.
private final class PinnedThreadLoop: SerialExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isStopping = false
        var thread: pthread_t?
    }

    private let waiter: any PinnedThreadWaiter
    private let state = Mutex(State())

    init(waiter: any PinnedThreadWaiter) {
        self.waiter = waiter
    }

    func start(name: String) {
        let box = unsafe Unmanaged.passRetained(ThreadStart(loop: self, name: name))
        var thread = pthread_t()
        let status = unsafe pthread_create(&thread, nil, runPinnedThread, box.toOpaque())
        precondition(status == 0, "pthread_create failed with errno \(status) for thread \(name)")
        pthread_detach(thread)
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        waiter.wake()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        // The waking is under the lock: as soon as it is free the job may run, end with the last reference to the actor,
        // and take this object and its waiter away.
        state.withLock {
            $0.jobs.append(unowned)
            waiter.wake()
        }
    }

    func checkIsolated() {
        precondition(isCurrent, "called on a thread other than the one this object is pinned to")
    }

    func isIsolatingCurrentContext() -> Bool? { isCurrent }

    var isCurrent: Bool {
        let current = pthread_self()
        return state.withLock { $0.thread == current }
    }

    func run() {
        let current = pthread_self()
        state.withLock { $0.thread = current }
        while true {
            let (jobs, isStopping) = state.withLock { state in
                defer { state.jobs.removeAll(keepingCapacity: true) }
                return (state.jobs, state.isStopping)
            }
            for job in jobs {
                unsafe job.runSynchronously(on: asUnownedSerialExecutor())
            }
            if jobs.isEmpty {
                if isStopping { return }
                waiter.wait()
            }
        }
    }
}

private final class ThreadStart {
    let loop: PinnedThreadLoop
    let name: String

    init(loop: PinnedThreadLoop, name: String) {
        self.loop = loop
        self.name = name
    }
}

private func runPinnedThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
    nameCurrentThread(start.name)
    start.loop.run()
    return nil
}

/// Writes the name through procfs: Swift's Glibc module has neither `pthread_setname_np` nor `prctl`.
private func nameCurrentThread(_ name: String) {
    let descriptor = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    let bytes = Array(name.utf8.prefix(15))
    _ = unsafe write(descriptor, bytes, bytes.count)
    close(descriptor)
}
