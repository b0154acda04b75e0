internal import CCurl
internal import Glibc
internal import Synchronization

/// Runs libcurl's transfers while the pinned thread has no job, and blocks in `curl_multi_poll` when they rest too.
///
/// Everything but `wake()` and `post(_:)` is called on the pinned thread only.
final class TransferWaiter: PinnedThreadWaiter, @unchecked Sendable {
    // Sendable: `transfers`, `lastNumber` and `isPrepared` belong to the pinned thread, and so does every change of
    // `multi`, which is made under `isOpen`'s lock, as `wake()` reads it there; `commands` has its own lock.

    /// What another thread may ask for, by the number of the transfer.
    enum Command {
        case unpause(Int)
        case cancel(Int)
    }

    /// Keeps the mailbox alive for the callbacks as long as the handle that calls them.
    private final class Running {
        let mailbox: TransferMailbox
        var easy: EasyHandle?

        init(mailbox: TransferMailbox, easy: consuming EasyHandle) {
            self.mailbox = mailbox
            self.easy = consume easy
        }
    }

    private var multi: MultiHandle?
    private var transfers: [Int: Running] = [:]
    private var lastNumber = 0
    private var isPrepared = false
    private let isOpen = Mutex(true)
    private let commands = Mutex<[Command]>([])
    /// What the thread blocks in once the multi handle is closed.
    private let idle = ConditionWaiter()

    init() throws(CurlError) {
        multi = try MultiHandle()
    }

    deinit {
        // For an owner that forgot `close()`; nobody else can hold this object now.
        endAll(.closed)
        multi.take()?.close()
    }

    // MARK: - Any thread

    func wake() {
        isOpen.withLock { isOpen in
            if isOpen { multi?.wakeup() } else { idle.wake() }
        }
    }

    /// Hands over a command and wakes the thread. Ignored when the transfer is over.
    func post(_ command: Command) {
        commands.withLock { $0.append(command) }
        wake()
    }

    // MARK: - The pinned thread

    func wait() {
        prepare()
        obeyCommands()
        guard multi != nil else { return idle.wait() }
        multi?.perform()
        collectFinished()
        // A callback may have led to a command already: it woke the handle, so the poll returns at once.
        multi?.poll()
    }

    /// Starts a transfer and returns its number.
    func add(_ request: TransferRequest, mailbox: TransferMailbox) throws(CurlError) -> Int {
        guard multi != nil else { throw .closed }
        let easy = try EasyHandle(request, sink: mailbox)
        lastNumber += 1
        easy.setNumber(lastNumber)
        do throws(CurlError) {
            try multi?.add(easy)
        } catch {
            easy.close()
            throw error
        }
        transfers[lastNumber] = Running(mailbox: mailbox, easy: easy)
        return lastNumber
    }

    /// Ends all transfers and closes libcurl's handle. The thread goes on serving jobs.
    func close() {
        endAll(.closed)
        isOpen.withLock { isOpen in
            isOpen = false
            multi.take()?.close()
        }
    }

    /// With `CURLOPT_NOSIGNAL` libcurl leaves SIGPIPE to us: a write of OpenSSL to a closed socket must not end the
    /// process. Blocked for this thread only.
    private func prepare() {
        guard !isPrepared else { return }
        isPrepared = true
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private func obeyCommands() {
        let pending = commands.withLock { commands in
            defer { commands = [] }
            return commands
        }
        for command in pending {
            switch command {
            case .unpause(let number):
                guard let running = transfers[number] else { continue }
                running.mailbox.takeAll { running.easy?.unpause() }
            case .cancel(let number): end(number, .failure(.cancelled))
            }
        }
    }

    private func collectFinished() {
        while let finished = multi?.nextFinished() {
            guard finished.result != CURLE_OK else {
                end(finished.number, .success(()))
                continue
            }
            let detail = transfers[finished.number]?.easy?.errorDetail ?? ""
            end(finished.number, .failure(CurlError(finished.result, detail: detail)))
        }
    }

    private func end(_ number: Int, _ end: Result<Void, CurlError>) {
        guard let running = transfers.removeValue(forKey: number) else { return }
        if let easy = running.easy.take() {
            multi?.remove(easy)
            easy.close()
        }
        running.mailbox.finish(end)
    }

    private func endAll(_ error: CurlError) {
        for number in Array(transfers.keys) { end(number, .failure(error)) }
    }
}
