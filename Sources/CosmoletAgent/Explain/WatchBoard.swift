internal import Kubernetes
internal import Synchronization

/// Where the watches of the API server can be asked how fresh they are. Any thread.
final class WatchBoard: Sendable {
    private let watches = Mutex<[(resource: String, status: @Sendable () -> WatcherStatus?)]>([])

    /// Adds a watch, which may be gone when it is asked.
    func add(_ resource: String, _ status: @escaping @Sendable () -> WatcherStatus?) {
        watches.withLock { $0.append((resource, status)) }
    }

    /// How long a watch may be away before its facts may be old. It reconnects within a second or two, if it can.
    private static let patience = Duration.seconds(10)

    /// Whether all watches are heard.
    var isCurrent: Bool {
        watches.withLock(\.self).allSatisfy { _, status in
            guard let status = status(), !status.isConnected, let silence = status.timeSinceLastHeard else {
                return true
            }
            return silence <= Self.patience
        }
    }

    /// Each watch as of now, in the order in which they were added.
    func read() -> [Explanation.Watch] {
        watches.withLock(\.self).compactMap { resource, status in
            status().map { status in
                Explanation.Watch(
                    resource: resource, isSynced: status.hasSynced, isConnected: status.isConnected,
                    secondsSinceHeard: status.timeSinceLastHeard.map(\.roundedSeconds),
                    error: status.isConnected ? nil : status.lastError.map { "\($0)" })
            }
        }
    }
}

extension Duration {
    /// Seconds with a resolution of milliseconds.
    var roundedSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds / 1_000_000_000_000_000) / 1000
    }
}
