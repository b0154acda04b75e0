internal import CCurl

/// The URL that libcurl is given, and where it really connects.
///
/// libcurl checks a certificate against the host of the URL and has no option for another name. So for a request with
/// `tls.serverName` the URL names that server, `CURLOPT_CONNECT_TO` leads the connection to the real host, and the
/// `Host` header stays that of the original URL.
struct TransferRoute {
    var url: String
    var connectTo: [String] = []
    var headers: [TransferRequest.Header] = []

    init(_ request: TransferRequest) throws(CurlError) {
        url = request.url
        guard let serverName = request.tls.serverName else { return }
        guard let handle = unsafe curl_url() else { throw CurlError(code: .other, message: "curl_url failed") }
        defer { unsafe curl_url_cleanup(handle) }
        let parts = unsafe URLParts(handle: handle)
        try parts.set(CURLUPART_URL, request.url)
        let host = try parts.get(CURLUPART_HOST)
        let port = try parts.get(CURLUPART_PORT, flags: UInt32(CURLU_DEFAULT_PORT))
        try parts.set(CURLUPART_HOST, serverName)
        url = try parts.get(CURLUPART_URL)
        connectTo = ["::\(host):\(port)"]
        headers = [.init(name: "Host", value: "\(host):\(port)")]
    }
}

@safe
private struct URLParts {
    let handle: OpaquePointer

    func set(_ part: CURLUPart, _ value: String) throws(CurlError) {
        let result = unsafe curl_url_set(handle, part, value, 0)
        if result != CURLUE_OK { throw failure(result) }
    }

    func get(_ part: CURLUPart, flags: UInt32 = 0) throws(CurlError) -> String {
        var text: UnsafeMutablePointer<CChar>?
        let result = unsafe curl_url_get(handle, part, &text, flags)
        guard result == CURLUE_OK, let text = unsafe text else { throw failure(result) }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }

    private func failure(_ result: CURLUcode) -> CurlError {
        let text = unsafe String(cString: curl_url_strerror(result))
        return CurlError(code: .invalidRequest, number: Int32(bitPattern: result.rawValue), message: "URL: \(text)")
    }
}
