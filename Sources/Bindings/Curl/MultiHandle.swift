internal import CCurl

/// libcurl's set of running transfers: a `CURLM *`.
///
/// All calls but `wakeup()` belong to one thread.
@safe
struct MultiHandle: ~Copyable, @unchecked Sendable {
    // Sendable, since the owner sees to it that only the pinned thread calls anything but `wakeup()`.
    private let pointer: UnsafeMutableRawPointer

    /// A transfer that has ended.
    struct Finished {
        /// What `EasyHandle.setNumber` said.
        var number: Int
        /// How it ended.
        var result: CURLcode
    }

    /// Makes an empty set.
    ///
    /// - Throws: `other` when libcurl has no memory or no descriptors for it.
    init() throws(CurlError) {
        let status = globalStart
        guard status == CURLE_OK else { throw CurlError(status) }
        guard let pointer = unsafe curl_multi_init() else {
            throw CurlError(code: .other, message: "curl_multi_init failed")
        }
        unsafe self.pointer = pointer
    }

    deinit {
        assertionFailure("a MultiHandle was dropped without close()")
    }

    /// Closes the connections and frees the handle. No easy handle may be in it.
    consuming func close() {
        _ = unsafe curl_multi_cleanup(pointer)
        discard self
    }

    /// Starts a transfer at the next `perform()`.
    func add(_ easy: borrowing EasyHandle) throws(CurlError) {
        let result = unsafe easy.withPointer { unsafe curl_multi_add_handle(pointer, $0) }
        if result != CURLM_OK { throw CurlError(result, doing: "adding a transfer") }
    }

    /// Takes a transfer out, running or not.
    func remove(_ easy: borrowing EasyHandle) {
        _ = unsafe easy.withPointer { unsafe curl_multi_remove_handle(pointer, $0) }
    }

    /// Moves all transfers as far as they go without blocking; the callbacks are called in here.
    func perform() {
        var running: Int32 = 0
        _ = unsafe curl_multi_perform(pointer, &running)
    }

    /// Blocks until a socket is ready, a time limit of libcurl is due, or `wakeup()` was called since the last poll.
    func poll() {
        // libcurl shortens the time-out to its own next timer; without transfers only `wakeup()` ends the wait.
        _ = unsafe curl_multi_poll(pointer, nil, 0, 60_000, nil)
    }

    /// Ends `poll()`, or the next one. Any thread, while the handle is not closed.
    func wakeup() {
        _ = unsafe curl_multi_wakeup(pointer)
    }

    /// The next transfer that has ended since the last call, until there is none.
    func nextFinished() -> Finished? {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(pointer, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE, let easy = unsafe message.pointee.easy_handle else {
                continue
            }
            let result = unsafe message.pointee.data.result
            var box: UnsafeMutableRawPointer?
            _ = unsafe cosmolet_easy_get_pointer(easy, CURLINFO_PRIVATE, &box)
            return Finished(number: Int(bitPattern: box), result: result)
        }
        return nil
    }
}

/// Runs curl_global_init once in the process, before the first handle; there is no matching cleanup.
private let globalStart: CURLcode = curl_global_init(cosmolet_global_default)
