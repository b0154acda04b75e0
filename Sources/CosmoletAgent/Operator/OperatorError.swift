/// Why a command that an operator gave could not be carried out.
public struct OperatorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// Nobody answers there, or not now.
        case unreachable
        /// Whoever answers does not do it.
        case refused
        /// A file or setting cannot be used.
        case configuration
    }

    /// The kind of failure.
    public var code: Code
    /// What failed, on which object.
    public var description: String
    /// What to do about it.
    public var hint: String?

    /// A setting that cannot be used.
    public init(configuration description: String) { self.init(.configuration, description) }

    init(_ code: Code, _ description: String, hint: String? = nil) {
        self.code = code
        self.description = description
        self.hint = hint
    }
}
