/// The Service that a cause names.
///
/// The agent writes causes as `namespace/name: …`, for instance `shop/web: 198.51.100.1 EndpointOnNode`; people write
/// what they like. A cause names a Service when it starts with two Kubernetes names (RFC 1123: lower case letters,
/// digits, `-` and `.`), a slash between them and a colon behind.
enum ServiceName {
    /// `namespace/name`, or nil when the cause does not name a Service.
    static func inCause(_ cause: String) -> String? {
        guard let colon = cause.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let head = cause[..<colon]
        let parts = head.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(isName) else { return nil }
        return String(head)
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E
            }
    }
}
