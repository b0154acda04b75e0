/// Runs HTTP transfers with libcurl on one thread of its own, any number at a time.
///
/// Connections are kept and used again by later transfers, and with HTTP/2 shared by those that run together. Memory
/// per transfer is bounded by the request's `bufferByteLimit`: when the reader is behind, it is paused until it has
/// caught up; see there for what HTTP/2 adds.
public actor TransferLoop {
    private let thread: PinnedThread
    private let waiter: TransferWaiter

    /// The pinned thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.executor }

    /// Starts the thread.
    ///
    /// - Parameter name: the thread's name; the kernel keeps 15 bytes.
    /// - Throws: `other` when libcurl cannot start.
    public init(name: String = "curl") throws(CurlError) {
        waiter = try TransferWaiter()
        thread = PinnedThread(name: name, waiter: waiter)
    }

    isolated deinit {
        waiter.close()
    }

    /// Starts a transfer.
    ///
    /// - Throws: `invalidRequest` for an option or URL that cannot be used, `closed` after `close()`. Everything that
    ///   happens later is thrown by the transfer's own functions.
    public func start(_ request: TransferRequest) throws(CurlError) -> Transfer {
        precondition(thread.isCurrent, "the transfer loop runs on its pinned thread")
        let mailbox = TransferMailbox(bufferByteLimit: request.bufferByteLimit)
        let number = try waiter.add(request, mailbox: mailbox)
        return Transfer(number: number, mailbox: mailbox, waiter: waiter)
    }

    /// Ends all transfers with `closed` and closes all connections before it returns. May be called again.
    public func close() {
        precondition(thread.isCurrent, "the transfer loop runs on its pinned thread")
        waiter.close()
    }
}

/// One running transfer, to be read by one task. Dropping it ends the transfer.
public final class Transfer: Sendable {
    private let number: Int
    private let mailbox: TransferMailbox
    private let waiter: TransferWaiter

    init(number: Int, mailbox: TransferMailbox, waiter: TransferWaiter) {
        self.number = number
        self.mailbox = mailbox
        self.waiter = waiter
    }

    deinit {
        waiter.post(.cancel(number))
    }

    /// Waits for status and headers.
    ///
    /// - Throws: what ended the transfer before; `cancelled` when the task is cancelled.
    public func head() async throws(CurlError) -> ResponseHead {
        while true {
            if let head = try mailbox.head() { return head }
            await waitForChange(wantsHead: true)
        }
    }

    /// Waits for the next piece of the body: all that has arrived since the last call. Nil at its end.
    ///
    /// - Throws: what broke the transfer, once all that arrived before is read; `cancelled` when the task is cancelled.
    public func next() async throws(CurlError) -> [UInt8]? {
        while true {
            switch mailbox.takeBody() {
            case .bytes(let bytes, let wasPaused):
                if wasPaused { waiter.post(.unpause(number)) }
                return bytes
            case .end: return nil
            case .failed(let error): throw error
            case .nothingYet: await waitForChange(wantsHead: false)
            }
        }
    }

    /// Ends the transfer; a reader that waits gets `cancelled`. Any thread, any number of times.
    public func cancel() {
        mailbox.finish(.failure(.cancelled))
        waiter.post(.cancel(number))
    }

    private func waitForChange(wantsHead: Bool) async {
        await withTaskCancellationHandler {
            await mailbox.waitForChange(wantsHead: wantsHead)
        } onCancel: {
            cancel()
        }
    }
}
