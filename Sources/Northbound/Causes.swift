/// The causes of a transaction as they are kept: a burst of thousands of changes must not fill journal and log with
/// their reasons.
public enum Causes {
    /// How many are kept.
    public static let maximumCount = 100
    /// Size of one in UTF-8; a longer one is cut between characters and ends in an ellipsis.
    public static let maximumByteCount = 300

    /// The first causes, each cut to size; when some are left out, the last one says how many.
    public static func bounded(_ causes: [String]) -> [String] {
        guard causes.count > maximumCount else { return causes.map(cut) }
        let kept = causes.prefix(maximumCount - 1).map(cut)
        return kept + ["and \(causes.count - kept.count) more"]
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumByteCount else { return text }
        var kept = ""
        var byteCount = "…".utf8.count
        for character in text {
            byteCount += character.utf8.count
            guard byteCount <= maximumByteCount else { break }
            kept.append(character)
        }
        return kept + "…"
    }
}
