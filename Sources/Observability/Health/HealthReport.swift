/// The answer to one health question, with the conditions that it rests on.
public struct HealthReport: Sendable, Hashable {
    /// One condition at the moment of the question.
    public struct Entry: Sendable, Hashable {
        /// Name of the condition, such as `synced` or `loop-reconcile`.
        public let name: String
        /// Whether it holds.
        public let isMet: Bool
        /// Why it does not hold, or a measured value; may be empty.
        public let detail: String

        init(_ name: String, isMet: Bool, detail: String) {
            self.name = name
            self.isMet = isMet
            self.detail = detail
        }
    }

    /// The question: `livez` or `readyz`.
    public let name: String
    /// The conditions, in a fixed order.
    public let entries: [Entry]

    /// Whether every condition holds. True when there is none.
    public var isHealthy: Bool { entries.allSatisfy(\.isMet) }

    /// 200 when healthy, 503 when not.
    public var statusCode: Int { isHealthy ? 200 : 503 }

    /// The body of the answer, in the form that Kubernetes' own components use.
    ///
    /// Short is `ok`, or one line per condition that fails. Verbose is one line for every condition, then the verdict:
    ///
    ///     [+]synced ok
    ///     [-]session failed: connection refused
    ///     readyz check failed
    public func text(verbose: Bool) -> String {
        if isHealthy && !verbose { return "ok\n" }
        var text = ""
        for entry in entries where verbose || !entry.isMet {
            text += entry.isMet ? "[+]\(entry.name) ok" : "[-]\(entry.name) failed"
            text += entry.detail.isEmpty ? "\n" : ": \(entry.detail)\n"
        }
        return text + "\(name) check \(isHealthy ? "passed" : "failed")\n"
    }
}
