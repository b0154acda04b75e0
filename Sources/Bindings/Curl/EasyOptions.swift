internal import CCurl

/// Sets options on an easy handle that is being made; each failure names its option.
@safe
struct EasyOptions {
    let pointer: UnsafeMutableRawPointer

    /// Sets everything that is a value; pointers and lists, whose life the handle manages, have calls of their own.
    func apply(_ request: TransferRequest, url: String) throws(CurlError) {
        try set(CURLOPT_URL, url)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        // Only TLS says before the first request whether the server speaks HTTP/2. A transfer waits for that rather
        // than open a connection of its own at once; without TLS it would wait for another transfer's answer.
        let offersHTTP2 = request.offersHTTP2 && url.lowercased().hasPrefix("https:")
        try set(CURLOPT_HTTP_VERSION, offersHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_PIPEWAIT, offersHTTP2 ? 1 : 0)
        try set(CURLOPT_TCP_NODELAY, 1)
        // A peer that died without a word is noticed after about a minute, also while a watch is silent.
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_KEEPIDLE, 15)
        try set(CURLOPT_TCP_KEEPINTVL, 5)
        try set(CURLOPT_BUFFERSIZE, 64 << 10)
        try set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.libcurlMilliseconds)
        try set(CURLOPT_TIMEOUT_MS, request.totalTimeout?.libcurlMilliseconds ?? 0)
        // An empty string switches off the proxy variables of the environment.
        try set(CURLOPT_PROXY, request.proxy ?? "")
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if request.acceptsCompression { try set(CURLOPT_ACCEPT_ENCODING, "gzip") }
        try applyMethod(request)
        try apply(request.tls)
    }

    func setPointer(_ option: CURLoption, _ value: UnsafeMutableRawPointer) throws(CurlError) {
        try check(unsafe cosmolet_easy_set_pointer(pointer, option, value), "\(option.rawValue)")
    }

    func setList(_ option: CURLoption, _ list: UnsafeMutablePointer<curl_slist>?) throws(CurlError) {
        guard let list = unsafe list else { return }
        try check(unsafe cosmolet_easy_set_list(pointer, option, list), "\(option.rawValue)")
    }

    private func applyMethod(_ request: TransferRequest) throws(CurlError) {
        if let body = request.body {
            try set(CURLOPT_POST, 1)
            let count = curl_off_t(body.count)
            try check(unsafe cosmolet_easy_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, count), "POSTFIELDSIZE")
            // libcurl copies exactly `count` bytes; the last zero only keeps the array from being empty.
            let terminated = body.map(CChar.init(bitPattern:)) + [0]
            try check(unsafe cosmolet_easy_set_string(pointer, CURLOPT_COPYPOSTFIELDS, terminated), "COPYPOSTFIELDS")
        } else if request.method == "HEAD" {
            try set(CURLOPT_NOBODY, 1)
        }
        if request.method != "GET" || request.body != nil {
            try set(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    private func apply(_ tls: TLSOptions) throws(CurlError) {
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try set(CURLOPT_SSL_VERIFYPEER, tls.verifiesServer ? 1 : 0)
        try set(CURLOPT_SSL_VERIFYHOST, tls.verifiesServer ? 2 : 0)
        // libcurl would keep a parsed CA file for a day; a rotated one must count at the next connection.
        try set(CURLOPT_CA_CACHE_TIMEOUT, 0)
        if let authority = tls.authority {
            // libcurl has a CA folder built in and would trust it besides the given authority.
            try set(CURLOPT_CAPATH, nil)
            try set(CURLOPT_CAINFO, nil)
            try set(authority, file: CURLOPT_CAINFO, data: CURLOPT_CAINFO_BLOB, name: "certificate authority")
        }
        if let certificate = tls.certificate {
            try set(certificate, file: CURLOPT_SSLCERT, data: CURLOPT_SSLCERT_BLOB, name: "client certificate")
        }
        if let key = tls.key {
            try set(key, file: CURLOPT_SSLKEY, data: CURLOPT_SSLKEY_BLOB, name: "client key")
        }
    }

    private func set(
        _ material: TLSOptions.Material, file: CURLoption, data: CURLoption, name: String
    ) throws(CurlError) {
        switch material {
        case .file(let path):
            try set(file, path)
        case .data(let bytes):
            guard !bytes.isEmpty else {
                throw CurlError(code: .invalidRequest, message: "the \(name) is empty")
            }
            try check(unsafe cosmolet_easy_set_blob(pointer, data, bytes, bytes.count), name)
        }
    }

    private func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
        try check(unsafe cosmolet_easy_set_long(pointer, option, value), "\(option.rawValue)")
    }

    private func set(_ option: CURLoption, _ value: String?) throws(CurlError) {
        try check(unsafe cosmolet_easy_set_string(pointer, option, value), "\(option.rawValue)")
    }

    func check(_ result: CURLcode, _ option: String) throws(CurlError) {
        guard result != CURLE_OK else { return }
        let error = CurlError(result)
        throw CurlError(
            code: .invalidRequest, number: error.number, message: "libcurl option \(option): \(error.message)")
    }
}

extension Duration {
    /// At least 1, since 0 means "no limit" to libcurl.
    fileprivate var libcurlMilliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
