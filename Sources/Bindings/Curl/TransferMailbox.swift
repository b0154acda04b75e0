internal import CCurl
internal import Synchronization

/// Where libcurl's callbacks put what arrives, and where the one reader takes it from.
///
/// Filled on the pinned thread, read on any other; the mutex is what makes it `Sendable`.
final class TransferMailbox: Sendable {
    private struct State {
        var parser = ResponseHeadParser()
        var head: ResponseHead?
        var body: [UInt8] = []
        var isPaused = false
        var takesAll = false
        var end: Result<Void, CurlError>?
        var reader: CheckedContinuation<Void, Never>?

        /// Takes the waiting reader, to be resumed once the lock is released.
        mutating func takeReader() -> CheckedContinuation<Void, Never>? {
            defer { reader = nil }
            return reader
        }
    }

    /// What `takeBody` found.
    enum Body {
        case bytes([UInt8], wasPaused: Bool)
        case end
        case failed(CurlError)
        case nothingYet
    }

    private let state = Mutex(State())
    private let bufferByteLimit: Int

    init(bufferByteLimit: Int) {
        self.bufferByteLimit = bufferByteLimit
    }

    // MARK: - Filling

    /// Takes one line of a response head.
    func receive(headerLine: String) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.head == nil, let head = state.parser.consume(headerLine) else { return nil }
            state.head = head
            return state.takeReader()
        }
        reader?.resume()
    }

    /// Takes a piece of the body; false when the reader is behind, and then libcurl keeps the piece.
    func receive(body: [UInt8]) -> Bool {
        let (isTaken, reader) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            if !state.takesAll, !state.body.isEmpty, state.body.count + body.count > bufferByteLimit {
                state.isPaused = true
                return (false, nil)
            }
            if state.body.isEmpty { state.body = body } else { state.body += body }
            return (true, state.takeReader())
        }
        reader?.resume()
        return isTaken
    }

    /// Takes whatever `unpause` brings, even beyond the limit.
    ///
    /// With HTTP/2, libcurl 7.88 keeps what comes while the transfer is paused, up to 32 MiB, and to unpause allows the
    /// server as much again. What it cannot pass on then it keeps too, and beyond 64 MiB the transfer fails.
    func takeAll(_ unpause: () -> Void) {
        state.withLock { $0.takesAll = true }
        unpause()
        state.withLock { $0.takesAll = false }
    }

    /// Says how the transfer ended. The first end counts.
    func finish(_ end: Result<Void, CurlError>) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.end == nil { state.end = end }
            return state.takeReader()
        }
        reader?.resume()
    }

    // MARK: - Reading

    /// The head, or nil while it is not there.
    func head() throws(CurlError) -> ResponseHead? {
        let (head, end) = state.withLock { ($0.head, $0.end) }
        if let head { return head }
        switch end {
        case nil: return nil
        case .failure(let error)?: throw error
        case .success?: throw CurlError(code: .connectionLost, message: "the response has no head")
        }
    }

    /// Takes all of the body that is there. What arrived before a failure is given out before the failure.
    func takeBody() -> Body {
        state.withLock { state in
            if !state.body.isEmpty {
                defer {
                    state.body = []
                    state.isPaused = false
                }
                return .bytes(state.body, wasPaused: state.isPaused)
            }
            switch state.end {
            case nil: return .nothingYet
            case .success?: return .end
            case .failure(let error)?: return .failed(error)
            }
        }
    }

    /// Waits until there is a head (if it is still missing), a piece of body, or the end. One reader at a time.
    func waitForChange(wantsHead: Bool) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                precondition(state.reader == nil, "a transfer has one reader")
                if state.end != nil || (wantsHead ? state.head != nil : !state.body.isEmpty) { return true }
                state.reader = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}

// MARK: - Callbacks of libcurl

extension EasyOptions {
    /// Makes the handle's callbacks fill `mailbox`, which the caller keeps alive as long as the handle.
    func setCallbacks(_ mailbox: TransferMailbox) throws(CurlError) {
        let box = unsafe Unmanaged.passUnretained(mailbox).toOpaque()
        try unsafe setPointer(CURLOPT_WRITEDATA, box)
        try unsafe setPointer(CURLOPT_HEADERDATA, box)
        try check(unsafe cosmolet_easy_set_callback(pointer, CURLOPT_WRITEFUNCTION, receiveBody), "WRITEFUNCTION")
        try check(
            unsafe cosmolet_easy_set_callback(pointer, CURLOPT_HEADERFUNCTION, receiveHeaderLine), "HEADERFUNCTION")
    }
}

/// `CURLOPT_WRITEFUNCTION`; `context` is an unretained `TransferMailbox` that the transfer's owner keeps alive.
private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let mailbox = unsafe Unmanaged<TransferMailbox>.fromOpaque(context).takeUnretainedValue()
    let piece = unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: size * count))
    return mailbox.receive(body: piece) ? piece.count : cosmolet_write_pause
}

/// `CURLOPT_HEADERFUNCTION`; `context` as for the body.
private func receiveHeaderLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let mailbox = unsafe Unmanaged<TransferMailbox>.fromOpaque(context).takeUnretainedValue()
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    mailbox.receive(headerLine: unsafe String(decoding: line, as: UTF8.self))
    return size * count
}
