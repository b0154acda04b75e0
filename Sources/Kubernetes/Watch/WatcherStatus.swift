/// What a watcher tells whoever counts; each goes with one step of `ListWatchMachine`.
public enum WatcherNotice: Sendable, Hashable {
    /// A complete list has been delivered.
    case listed(objectCount: Int, invalidCount: Int)
    /// A watch is open.
    case connected
    /// The watch ended (nil: cleanly) and is opened again at the same place after this wait.
    case reconnecting(KubernetesError?, after: Duration)
    /// The place of the watch or list is lost; a new list begins after this wait.
    case relisting(KubernetesError, after: Duration)
    /// A page failed and is asked for again after this wait.
    case listFailed(KubernetesError, after: Duration)
    /// An object could not be decoded.
    case skipped(ObjectName, reason: String)
}

/// A watcher's counters and state, as of one moment.
public struct WatcherStatus: Sendable, Hashable {
    /// Whether a watch is open now.
    public var isConnected = false
    /// The HTTP version of the last watch that was opened, `1.1` or `2`; nil before the first.
    public var httpVersion: String?
    /// Whether a complete list was ever delivered.
    public var hasSynced = false
    /// Complete lists delivered, the first one too.
    public var listCount = 0
    /// Lists begun because a watch or list lost its place.
    public var relistCount = 0
    /// Watches opened again, after a clean end too.
    public var reconnectCount = 0
    /// Requests and watches that failed; a clean end is no failure.
    public var errorCount = 0
    /// Objects skipped because they could not be decoded.
    public var invalidObjectCount = 0
    /// Events of watches received, bookmarks included.
    public var eventCount = 0
    /// The last failure; nil once a watch is open again.
    public var lastError: KubernetesError?
    /// How long ago the server was last heard on a list or watch, bookmarks included; nil before the first time.
    public var timeSinceLastHeard: Duration?
    /// How long ago the last change or bookmark came; nil before the first list.
    public var timeSinceLastEvent: Duration?

    /// Makes a status with nothing counted.
    public init() {}

    mutating func count(_ notice: WatcherNotice) {
        switch notice {
        case .listed:
            listCount += 1
            hasSynced = true
        case .connected:
            isConnected = true
            lastError = nil
        case .reconnecting(let error, _):
            isConnected = false
            reconnectCount += 1
            count(error)
        case .relisting(let error, _):
            isConnected = false
            relistCount += 1
            count(error)
        case .listFailed(let error, _):
            isConnected = false
            count(error)
        case .skipped:
            invalidObjectCount += 1
        }
    }

    private mutating func count(_ error: KubernetesError?) {
        guard let error else { return }
        errorCount += 1
        lastError = error
    }
}
