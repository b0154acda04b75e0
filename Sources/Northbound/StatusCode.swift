/// The status codes of gRPC, with their numbers (grpc.github.io, "Status codes and their use in gRPC").
public enum StatusCode: Int32, Sendable, Hashable, Codable, CaseIterable {
    // The names and numbers are gRPC's.
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16

    /// The name as gRPC spells it, `PERMISSION_DENIED`.
    public var name: String {
        var text = ""
        for character in "\(self)" {
            if character.isUppercase { text.append("_") }
            text.append(character.uppercased())
        }
        return text
    }
}

/// A failed call of the northbound API.
public struct NorthboundError: Error, Sendable, Hashable, CustomStringConvertible {
    /// gRPC's code.
    public var code: StatusCode
    /// Names the path, transaction or limit, in one line.
    public var message: String

    /// Makes an error.
    public init(_ code: StatusCode, _ message: String) {
        self.code = code
        self.message = message
    }

    /// `PERMISSION_DENIED: …`
    public var description: String { "\(code.name): \(message)" }
}
