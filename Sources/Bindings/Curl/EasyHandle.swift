internal import CCurl

/// One transfer of libcurl: a `CURL *` with its options, its error buffer and the lists that it refers to.
///
/// Belongs to one thread. It must be out of every multi handle before `close()`.
@safe
struct EasyHandle: ~Copyable {
    private let parts: Parts

    /// What a handle owns.
    @safe
    private struct Parts {
        var pointer: UnsafeMutableRawPointer
        var errorText: UnsafeMutablePointer<CChar>
        var headers: UnsafeMutablePointer<curl_slist>?
        var connectTo: UnsafeMutablePointer<curl_slist>?

        func free() {
            unsafe curl_easy_cleanup(pointer)
            unsafe curl_slist_free_all(headers)
            unsafe curl_slist_free_all(connectTo)
            unsafe errorText.deallocate()
        }
    }

    /// Makes a handle with all options of the request set.
    ///
    /// - Parameter sink: what the callbacks talk to. The caller keeps it alive until `close()`.
    /// - Throws: `invalidRequest` and what else libcurl says of an option.
    init(_ request: TransferRequest, sink: TransferMailbox) throws(CurlError) {
        let route = try TransferRoute(request)
        let lines = try headerLines(request.headers + route.headers)
        guard let pointer = unsafe curl_easy_init() else {
            throw CurlError(code: .other, message: "curl_easy_init failed")
        }
        let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        let parts = unsafe Parts(
            pointer: pointer, errorText: errorText, headers: makeList(lines), connectTo: makeList(route.connectTo))

        let options = unsafe EasyOptions(pointer: pointer)
        do throws(CurlError) {
            try unsafe options.setPointer(CURLOPT_ERRORBUFFER, errorText)
            try options.setCallbacks(sink)
            try unsafe options.setList(CURLOPT_HTTPHEADER, parts.headers)
            try unsafe options.setList(CURLOPT_CONNECT_TO, parts.connectTo)
            try options.apply(request, url: route.url)
        } catch {
            parts.free()
            throw error
        }
        self.parts = parts
    }

    deinit {
        assertionFailure("an EasyHandle was dropped without close()")
    }

    /// Frees the handle. Its callbacks are not called again.
    consuming func close() {
        parts.free()
        discard self
    }

    /// What the last failure was, in libcurl's words; empty if it has none.
    var errorDetail: String { unsafe String(cString: parts.errorText) }

    /// Lets a body callback that answered "pause" be called again, maybe before this returns.
    func unpause() {
        _ = unsafe curl_easy_pause(parts.pointer, CURLPAUSE_CONT)
    }

    /// Says by which number `MultiHandle.nextFinished` shall name this handle.
    func setNumber(_ number: Int) {
        let box = unsafe UnsafeMutableRawPointer(bitPattern: number)
        _ = unsafe cosmolet_easy_set_pointer(parts.pointer, CURLOPT_PRIVATE, box)
    }

    /// Lends the pointer to the multi handle.
    func withPointer<Value>(_ body: (UnsafeMutableRawPointer) -> Value) -> Value {
        unsafe body(parts.pointer)
    }
}

/// Checks the headers and writes them as libcurl wants them.
private func headerLines(_ headers: [TransferRequest.Header]) throws(CurlError) -> [String] {
    var lines: [String] = []
    for header in headers {
        let isBroken = { (text: String) in text.unicodeScalars.contains { $0.value < 32 && $0 != "\t" } }
        guard !header.name.isEmpty, !isBroken(header.name), !isBroken(header.value) else {
            throw CurlError(code: .invalidRequest, message: "header \(header.name.debugDescription) has a line break")
        }
        // "Name;" is libcurl's way to say a header without a value.
        lines.append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
    }
    return lines
}

/// Copies the lines into a list of libcurl's; nil when there are none.
private func makeList(_ lines: [String]) -> UnsafeMutablePointer<curl_slist>? {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines {
        // On failure, which only memory can cause, the old list stays as it is.
        if let longer = unsafe curl_slist_append(list, line) { unsafe list = longer }
    }
    return unsafe list
}
