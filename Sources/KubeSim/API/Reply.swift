internal import Hummingbird
internal import NIOCore

/// An answer before it becomes an HTTP response, so that faults can still spoil it.
struct Reply: Sendable {
    var status: Int
    var contentType = "application/json"
    var retryAfterSeconds: Int?
    var body: [UInt8]

    init(status: Int = 200, json: JSONValue) {
        self.status = status
        body = json.serialized()
    }

    init(status: Int = 200, bytes: [UInt8], contentType: String = "application/json") {
        self.status = status
        self.contentType = contentType
        body = bytes
    }

    /// A failure as a Status object.
    init(_ failure: APIStatus) {
        self.init(status: failure.code, json: failure.json)
        retryAfterSeconds = failure.retryAfterSeconds
    }

    /// The HTTP response. A reply to HEAD has the length of the body but not the body.
    ///
    /// - Parameter cutAfterHalf: if given, half of the body is sent, then this connection is closed.
    func response(isHead: Bool = false, cutAfterHalf connection: ConnectionControl? = nil) -> Response {
        var headers: HTTPFields = [.contentType: contentType, .cacheControl: "no-cache, private"]
        if let retryAfterSeconds { headers[.retryAfter] = String(retryAfterSeconds) }
        let httpStatus = HTTPResponse.Status(code: status)
        if let connection {
            let half = ByteBuffer(bytes: body.prefix(body.count / 2))
            let length = body.count
            return Response(
                status: httpStatus, headers: headers,
                body: ResponseBody(contentLength: length) { writer in
                    try await writer.write(half)
                    connection.cut(withReset: false)
                })
        }
        if isHead {
            headers[.contentLength] = String(body.count)
            return Response(status: httpStatus, headers: headers)
        }
        return Response(status: httpStatus, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
