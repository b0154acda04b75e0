internal import Glibc
internal import Synchronization

/// Names of our connections, none used twice on this machine (hazard 18).
enum ClientName {
    /// What mgmtd keeps of a name.
    static let maximumByteCount = 31

    static let defaultPrefix = "cosmolet-\(getpid())"

    private static let count = Atomic<UInt64>(0)

    /// A fresh name: the prefix, cut where it must be, and a number.
    static func next(prefix: String) -> String {
        let suffix = "-\(count.add(1, ordering: .relaxed).newValue)"
        var name = prefix
        while name.utf8.count + suffix.utf8.count > maximumByteCount { name.removeLast() }
        return name + suffix
    }
}
