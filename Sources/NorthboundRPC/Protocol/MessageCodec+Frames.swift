internal import Bindings
public import Northbound

extension MessageCodec {
    // MARK: - Headers

    /// First frame of a request.
    public static func encode(_ header: RequestHeader) throws(NorthboundError) -> [UInt8] {
        var message = NorthboundWire.RequestHeader()
        message.apiMajor = header.version.major
        message.apiMinor = header.version.minor
        message.service = try text(header.service, "RequestHeader.service")
        message.method = try text(header.method, "RequestHeader.method")
        message.requestID = try name(header.requestID, "RequestHeader.request_id")
        message.client = try name(header.client, "RequestHeader.client")
        if let time = header.timeRemaining {
            // A deadline beyond the range of the field is none.
            message.deadlineMilliseconds = UInt32(exactly: max(0, time.wholeMilliseconds))
        }
        if header.isRetry { message.flags = 1 }
        return try encode(message, maximum: Limits.headerByteCount)
    }

    /// Reads the first frame of a request. Version, service and method are not checked here but by
    /// `RequestHeader.checkedMethod()`, so that the answer can name the request.
    public static func decodeRequestHeader(_ bytes: [UInt8]) throws(NorthboundError) -> RequestHeader {
        let message = try decode(NorthboundWire.RequestHeader.self, bytes, limits: Limits.header)
        var header = RequestHeader(
            method: .heartbeat,
            requestID: try name(message.requestID, "RequestHeader.request_id"),
            client: try name(message.client, "RequestHeader.client"),
            timeRemaining: message.deadlineMilliseconds.map { .milliseconds($0) },
            isRetry: (message.flags ?? 0) & 1 != 0)
        header.version = APIVersion(
            major: try required(message.apiMajor, "RequestHeader.api_major"), minor: message.apiMinor ?? 0)
        header.service = try name(message.service, "RequestHeader.service")
        header.method = try name(message.method, "RequestHeader.method")
        return header
    }

    /// First frame of a reply. A text that is too long is cut: a reply can always be sent.
    public static func encode(_ header: ReplyHeader) -> [UInt8] {
        var message = NorthboundWire.ReplyHeader()
        message.apiMajor = header.version.major
        message.apiMinor = header.version.minor
        if !header.requestID.isEmpty { message.requestID = cut(header.requestID, to: Limits.nameByteCount) }
        message.statusCode = UInt32(header.status.rawValue)
        if !header.message.isEmpty { message.statusMessage = cut(header.message, to: Limits.statusMessageByteCount) }
        if header.hasMore { message.more = true }
        return message.encoded()
    }

    /// Reads the first frame of a reply. A status number that gRPC does not have counts as `unknown`.
    public static func decodeReplyHeader(_ bytes: [UInt8]) throws(NorthboundError) -> ReplyHeader {
        let message = try decode(NorthboundWire.ReplyHeader.self, bytes, limits: Limits.header)
        let number = try required(message.statusCode, "ReplyHeader.status_code")
        let status = Int32(exactly: number).flatMap(StatusCode.init(rawValue:))
        let words = message.statusMessage ?? ""
        var header = ReplyHeader(
            requestID: try text(message.requestID ?? "", "ReplyHeader.request_id"), status: status ?? .unknown,
            message: status == nil ? "status \(number): \(words)" : words, hasMore: message.more ?? false)
        header.version = APIVersion(
            major: try required(message.apiMajor, "ReplyHeader.api_major"), minor: message.apiMinor ?? 0)
        return header
    }

    // MARK: - Whole calls

    /// Both frames of a request. Request id and client are those of the header; a CommitRequest has to say the same.
    public static func encode(
        _ request: NorthboundRequest, requestID: String, client: String, timeRemaining: Duration? = nil,
        isRetry: Bool = false
    ) throws(NorthboundError) -> MessageFrames {
        if case .commit(let commit, _) = request {
            guard commit.requestID == requestID else {
                throw invalid("RequestHeader.request_id", "is not \(commit.requestID), as the CommitRequest says")
            }
            guard commit.client == client else {
                throw invalid("RequestHeader.client", "is not \(commit.client), as the CommitRequest says")
            }
        }
        let header = RequestHeader(
            method: request.method, requestID: requestID, client: client, timeRemaining: timeRemaining,
            isRetry: isRetry)
        return MessageFrames(header: try encode(header), body: try encodeBody(of: request))
    }

    /// Reads the second frame of a request whose header was read.
    ///
    /// - Throws: `failedPrecondition` and `unimplemented` as `RequestHeader.checkedMethod()`, else `invalidArgument`.
    public static func decodeRequest(
        _ header: RequestHeader, body: [UInt8]
    ) throws(NorthboundError) -> NorthboundRequest {
        try decodeBody(of: try header.checkedMethod(), header: header, body)
    }

    /// The frames of a reply, in order: one pair, or as many as the values of a Get need.
    public static func encode(
        _ reply: NorthboundReply, requestID: String
    ) throws(NorthboundError) -> [MessageFrames] {
        let bodies = try encodeBodies(of: reply)
        return bodies.enumerated().map { index, body in
            let header = ReplyHeader(requestID: requestID, hasMore: index < bodies.count - 1)
            return MessageFrames(header: encode(header), body: body)
        }
    }

    /// The frames that answer a call that failed. An empty request id stands for a header that could not be read.
    public static func encode(failure: NorthboundError, requestID: String) -> MessageFrames {
        let status = failure.code == .ok ? StatusCode.internal : failure.code
        return MessageFrames(
            header: encode(ReplyHeader(requestID: requestID, status: status, message: failure.message)), body: [])
    }

    /// Reads the second frame of a reply to a method.
    ///
    /// - Throws: what the service answered; `failedPrecondition` for another major version; `invalidArgument` for bytes
    ///   that are no such reply.
    public static func decodeReply(
        _ header: ReplyHeader, to method: NorthboundMethod, body: [UInt8]
    ) throws(NorthboundError) -> NorthboundReply {
        try header.check()
        return try decodeReplyBody(to: method, body)
    }

    // MARK: - Commit log

    /// Topic under which transactions of an outcome are published: `commit.applied`. `commit.` subscribes to all.
    public static func topic(_ outcome: TransactionOutcome) -> String { "commit.\(outcome.rawValue)" }

    /// Topic and message of a record on the PUB socket.
    public static func encodeLogEntry(_ record: TransactionRecord) throws(NorthboundError) -> MessageFrames {
        var message = NorthboundWire.CommitLogEntry()
        message.apiMajor = APIVersion.current.major
        message.apiMinor = APIVersion.current.minor
        message.record = try wire(record, "CommitLogEntry.record")
        return MessageFrames(header: Array(topic(record.outcome).utf8), body: try encode(message))
    }

    /// Reads a message of the PUB socket.
    ///
    /// - Throws: `failedPrecondition` for another major version, `invalidArgument` when topic and outcome differ, or the
    ///   bytes are no entry.
    public static func decodeLogEntry(_ frames: MessageFrames) throws(NorthboundError) -> TransactionRecord {
        let message = try decode(NorthboundWire.CommitLogEntry.self, frames.body)
        let version = APIVersion(
            major: try required(message.apiMajor, "CommitLogEntry.api_major"), minor: message.apiMinor ?? 0)
        try version.check(peer: "publisher")
        let record = try record(
            try required(message.record, "CommitLogEntry.record"), "CommitLogEntry.record")
        guard frames.header.elementsEqual(topic(record.outcome).utf8) else {
            throw invalid("CommitLogEntry", "its topic is not \(topic(record.outcome))")
        }
        return record
    }
}

extension Duration {
    /// Rounded up, so that a positive time never becomes none. Far beyond any field's range it stays beyond.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let milliseconds = seconds.multipliedReportingOverflow(by: 1000)
        guard !milliseconds.overflow else { return seconds < 0 ? .min : .max }
        let rest = attoseconds / 1_000_000_000_000_000 + (attoseconds % 1_000_000_000_000_000 > 0 ? 1 : 0)
        let sum = milliseconds.partialValue.addingReportingOverflow(rest)
        return sum.overflow ? (seconds < 0 ? .min : .max) : sum.partialValue
    }
}
