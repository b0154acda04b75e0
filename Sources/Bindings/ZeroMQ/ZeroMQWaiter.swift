internal import CZeroMQ
internal import Glibc
internal import Synchronization

/// Blocks in `zmq_poll` on the sockets of a pinned thread, on its next timer and on a wake-up pipe.
///
/// `zmq_poll` looks at each socket's own state before it blocks, so it is level-triggered although ZMQ_FD is not: a
/// message left unread makes the next wait return at once.
@safe
public final class ZeroMQWaiter: PinnedThreadWaiter, @unchecked Sendable {
    // Sendable: the pipe may be written from any thread; all else is used on the pinned thread only. What is set up
    // there runs as the actor's jobs, `wait()` between them.

    private struct Watch {
        let socket: ZeroMQSocket
        let events: ZeroMQSocket.Events
        let onReady: @Sendable () -> Void
    }

    /// Both ends non-blocking and close-on-exec. A pipe, since Swift's Glibc module has no eventfd.
    private let wakeupReader: Int32
    private let wakeupWriter: Int32
    private let isAwake = Atomic(false)
    private var watches: [Watch] = []
    private var deadline: ContinuousClock.Instant?
    private var onDue: (@Sendable () -> Void)?
    private var onWake: (@Sendable () -> Void)?

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

    // MARK: - Any thread

    /// Ends `wait()`.
    public func wake() {
        // One byte at a time is enough: it is taken before what it stands for is looked at.
        guard !isAwake.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var byte: UInt8 = 1
        _ = unsafe write(wakeupWriter, &byte, 1)
    }

    // MARK: - The pinned thread

    /// Watches a socket, in place of an earlier watch of the same. The handler is called on the pinned thread while it
    /// is idle, and again until it has received everything or, for output, is no longer interested.
    public func watch(
        _ socket: ZeroMQSocket, for events: ZeroMQSocket.Events = .input, onReady: @escaping @Sendable () -> Void
    ) {
        unwatch(socket)
        watches.append(Watch(socket: socket, events: events, onReady: onReady))
    }

    /// Forgets a socket; to be called before it is closed.
    public func unwatch(_ socket: ZeroMQSocket) {
        watches.removeAll { $0.socket === socket }
    }

    /// Calls `onDue` once when the time has come, in place of what was set before; nil for never.
    public func setTimer(_ deadline: ContinuousClock.Instant?, onDue: (@Sendable () -> Void)? = nil) {
        self.deadline = deadline
        self.onDue = onDue
    }

    /// What to do, on the pinned thread, after each `wake()`: for work handed over in a queue without a job.
    public func setWakeHandler(_ handler: (@Sendable () -> Void)?) {
        onWake = handler
    }

    /// Blocks until a socket is ready, the timer is due or `wake()` is called, and calls the handlers.
    public func wait() {
        let watches = watches
        var items = unsafe [
            zmq_pollitem_t(socket: nil, fd: wakeupReader, events: Events.input.rawValue, revents: 0)
        ]
        for watch in watches {
            let pointer = unsafe watch.socket.checkedPointer()
            precondition(unsafe pointer != nil, "a closed socket is still watched")
            unsafe items.append(zmq_pollitem_t(socket: pointer, fd: 0, events: watch.events.rawValue, revents: 0))
        }
        let count = unsafe zmq_poll(&items, Int32(items.count), timeout)
        if count > 0 {
            if unsafe items[0].revents != 0 {
                drainWakeups()
                onWake?()
            }
            for (index, watch) in watches.enumerated() where unsafe items[index + 1].revents != 0 {
                // An earlier handler may have closed this socket.
                if self.watches.contains(where: { $0.socket === watch.socket }) { watch.onReady() }
            }
        }
        if let deadline, deadline <= .now {
            let onDue = onDue
            setTimer(nil)
            onDue?()
        }
    }

    private typealias Events = ZeroMQSocket.Events

    private var timeout: Int {
        guard let deadline else { return -1 }
        return Int(max(.zero, deadline - .now).wholeMilliseconds)
    }

    private func drainWakeups() {
        var bytes = [UInt8](repeating: 0, count: 16)
        _ = unsafe read(wakeupReader, &bytes, bytes.count)
        // Only now: a wake-up between the two would be lost if the flag came first and the byte were eaten. And an
        // exchange, since it makes visible what was queued before a wake-up that found the flag set.
        _ = isAwake.exchange(false, ordering: .acquiringAndReleasing)
    }
}
