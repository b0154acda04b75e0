internal import Kubernetes
internal import Synchronization

/// Where the watches of the API server can be asked how fresh they are. Any thread.
final class WatchBoard: Sendable {
    private let watches = Mutex<[(resource: String, status: @Sendable () -> WatcherStatus?)]>([])

    /// Adds a watch, which may be gone when it is asked.
    func add(_ resource: String, _ status: @escaping @Sendable () -> WatcherStatus?) {
        watches.withLock { $0.append((resource, status)) }
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
