/// A failure as the Kubernetes API reports it: the `Status` object (meta/v1) with its HTTP code.
public struct APIStatus: Error, Sendable, Equatable, CustomStringConvertible {
    /// One field-level cause, as in `status.details.causes`.
    public struct Cause: Sendable, Equatable {
        /// Machine-readable kind, for instance `FieldValueInvalid`.
        public var reason: String
        /// What is wrong.
        public var message: String
        /// Path of the field, for instance `spec.ports[0].port`.
        public var field: String
    }

    /// HTTP status code.
    public var code: Int
    /// CamelCase reason, for instance `NotFound`; empty where the real server sends none.
    public var reason: String
    /// Text for people.
    public var message: String
    /// Name of the object, if one is concerned.
    public var name: String?
    /// API group of the resource; nil or empty for the core group.
    public var group: String?
    /// What the real server puts into `details.kind`: the plural resource, or the kind for invalid objects.
    public var kind: String?
    /// Field-level causes.
    public var causes: [Cause]
    /// Seconds to wait before the next try: `details.retryAfterSeconds` and the `Retry-After` header.
    public var retryAfterSeconds: Int?
    /// `metadata.continue`: the token that an expired list may go on with.
    public var continueToken: String?

    /// Makes a status from its parts.
    public init(
        code: Int, reason: String, message: String, name: String? = nil, group: String? = nil, kind: String? = nil,
        causes: [Cause] = [], retryAfterSeconds: Int? = nil
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.name = name
        self.group = group
        self.kind = kind
        self.causes = causes
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// Code, reason and message.
    public var description: String { "\(code) \(reason): \(message)" }

    /// The `Status` object.
    public var json: JSONValue {
        var status: JSONValue = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
            "code": .integer(Int64(code)),
        ]
        if !reason.isEmpty { status["reason"] = .string(reason) }
        var details: [String: JSONValue] = [:]
        if let name, !name.isEmpty { details["name"] = .string(name) }
        if let group, !group.isEmpty { details["group"] = .string(group) }
        if let kind, !kind.isEmpty { details["kind"] = .string(kind) }
        if let retryAfterSeconds { details["retryAfterSeconds"] = .integer(Int64(retryAfterSeconds)) }
        if !causes.isEmpty {
            details["causes"] = .array(
                causes.map { cause in
                    var value: JSONValue = ["reason": .string(cause.reason), "message": .string(cause.message)]
                    if !cause.field.isEmpty { value["field"] = .string(cause.field) }
                    return value
                })
        }
        if let continueToken { status["metadata"] = ["continue": .string(continueToken)] }
        if !details.isEmpty { status["details"] = .object(details) }
        return status
    }
}

// MARK: - The failures the real server knows

extension APIStatus {
    static func notFound(_ type: ResourceType, _ name: String) -> APIStatus {
        APIStatus(
            code: 404, reason: "NotFound", message: "\(type.qualifiedName) \"\(name)\" not found", name: name,
            group: type.group, kind: type.plural)
    }

    static let noSuchPath = APIStatus(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource")

    static func alreadyExists(_ type: ResourceType, _ name: String) -> APIStatus {
        APIStatus(
            code: 409, reason: "AlreadyExists", message: "\(type.qualifiedName) \"\(name)\" already exists", name: name,
            group: type.group, kind: type.plural)
    }

    static func conflict(_ type: ResourceType, _ name: String, _ why: String) -> APIStatus {
        APIStatus(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(type.qualifiedName) \"\(name)\": \(why)", name: name,
            group: type.group, kind: type.plural)
    }

    static func stale(_ type: ResourceType, _ name: String) -> APIStatus {
        conflict(
            type, name,
            "the object has been modified; please apply your changes to the latest version and try again")
    }

    static func invalid(_ type: ResourceType, _ name: String, _ causes: [Cause]) -> APIStatus {
        let parts = causes.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" }
        let list = parts.count == 1 ? parts[0] : "[" + parts.joined(separator: ", ") + "]"
        let qualified = type.group.isEmpty ? type.kind : "\(type.kind).\(type.group)"
        return APIStatus(
            code: 422, reason: "Invalid", message: "\(qualified) \"\(name)\" is invalid: \(list)", name: name,
            group: type.group, kind: type.kind, causes: causes)
    }

    static func badRequest(_ message: String) -> APIStatus {
        APIStatus(code: 400, reason: "BadRequest", message: message)
    }

    static func expired(_ message: String) -> APIStatus {
        APIStatus(code: 410, reason: "Expired", message: message)
    }

    /// The answer to a resourceVersion that this server has not reached, as after a restore from an older database.
    static func tooLargeResourceVersion(_ asked: Int64, current: Int64) -> APIStatus {
        APIStatus(
            code: 504, reason: "Timeout", message: "Too large resource version: \(asked), current: \(current)",
            causes: [Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")],
            retryAfterSeconds: 1)
    }

    static let unauthorized = APIStatus(code: 401, reason: "Unauthorized", message: "Unauthorized")

    static func methodNotAllowed(_ method: String) -> APIStatus {
        APIStatus(
            code: 405, reason: "MethodNotAllowed",
            message: "the server does not allow this method on the requested resource (\(method))")
    }

    static func unsupportedMediaType(_ type: String) -> APIStatus {
        APIStatus(
            code: 415, reason: "UnsupportedMediaType",
            message: "the body of the request was in an unknown format - \"\(type)\" is not accepted here")
    }

    static func tooLarge(limitBytes: Int) -> APIStatus {
        APIStatus(
            code: 413, reason: "RequestEntityTooLarge",
            message: "Request entity too large: limit is \(limitBytes) bytes")
    }

    static func forbidden(_ type: ResourceType, _ name: String, _ why: String) -> APIStatus {
        APIStatus(
            code: 403, reason: "Forbidden", message: "\(type.qualifiedName) \"\(name)\" is forbidden: \(why)",
            name: name, group: type.group, kind: type.plural)
    }
}

extension APIStatus.Cause {
    static func required(_ field: String, _ why: String = "") -> Self {
        Self(reason: "FieldValueRequired", message: "Required value" + (why.isEmpty ? "" : ": \(why)"), field: field)
    }

    static func invalid(_ field: String, _ value: String, _ why: String) -> Self {
        Self(reason: "FieldValueInvalid", message: "Invalid value: \(value): \(why)", field: field)
    }

    static func unsupported(_ field: String, _ value: String, allowed: [String]) -> Self {
        let list = allowed.map { "\"\($0)\"" }.joined(separator: ", ")
        return Self(
            reason: "FieldValueNotSupported", message: "Unsupported value: \"\(value)\": supported values: \(list)",
            field: field)
    }

    static func duplicate(_ field: String, _ value: String) -> Self {
        Self(reason: "FieldValueDuplicate", message: "Duplicate value: \(value)", field: field)
    }
}
