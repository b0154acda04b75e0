internal import Foundation

/// The server's own account of a failure (API reference, `meta/v1 Status`).
struct APIStatus: Decodable {
    struct Cause: Decodable {
        var reason: String?
        var message: String?
    }

    struct Details: Decodable {
        var causes: [Cause]?
        var retryAfterSeconds: Int?
    }

    var kind: String?
    var code: Int?
    var reason: String?
    var message: String?
    var details: Details?

    fileprivate var isVersionTooLarge: Bool {
        details?.causes?.contains { $0.reason == "ResourceVersionTooLarge" } == true
            || message?.lowercased().contains("too large resource version") == true
    }
}

extension KubernetesError {
    /// Reads the answer to a failed request.
    ///
    /// - Parameters:
    ///   - retryAfterHeader: its value; only whole seconds are understood, a date is taken for nothing.
    ///   - body: a Status, if the server itself answered; anything else is not shown.
    init(_ request: String, status: Int, retryAfterHeader: String?, body: [UInt8]) {
        let answer = try? JSONDecoder().decode(APIStatus.self, from: Data(body))
        self.init(request, status: status, answer: answer?.kind == "Status" ? answer : nil)
        if retryAfter == nil, let seconds = retryAfterHeader.flatMap(Int.init), seconds >= 0 {
            retryAfter = .seconds(min(seconds, 1 << 20))
        }
    }

    /// Reads a Status that came with a code of its own, as in an ERROR event.
    init(_ request: String, status: Int, answer: APIStatus?) {
        let reason = answer?.message ?? answer?.reason ?? "no reason given"
        let code = Code(status: status, isVersionTooLarge: answer?.isVersionTooLarge == true, reason: answer?.reason)
        var message = "\(request): HTTP \(status): \(reason)"
        if let hint = code.hint { message += "; \(hint)" }
        self.init(code: code, message: message, status: status)
        if let seconds = answer?.details?.retryAfterSeconds, seconds > 0 {
            retryAfter = .seconds(min(seconds, 1 << 20))
        }
    }
}

extension KubernetesError.Code {
    fileprivate init(status: Int, isVersionTooLarge: Bool, reason: String?) {
        switch status {
        case _ where isVersionTooLarge: self = .resourceVersionTooLarge
        case _ where reason == "Expired" || reason == "Gone": self = .expired
        case 400, 422: self = .badRequest
        case 401: self = .unauthorized
        case 403: self = .forbidden
        case 404: self = .notFound
        case 409: self = .conflict
        case 410: self = .expired
        case 429: self = .tooManyRequests
        case 500...599: self = .serverError
        default: self = .unexpectedStatus
        }
    }

    /// What a person can do about it.
    fileprivate var hint: String? {
        switch self {
        case .unauthorized: "check the token or client certificate, and that the service account still exists"
        case .forbidden: "grant this right in the ClusterRole, or wait if the server has just started"
        default: nil
        }
    }
}
