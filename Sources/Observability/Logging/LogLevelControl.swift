public import Logging
internal import Synchronization

/// The lowest level that the process logs, which may change while it runs.
public final class LogLevelControl: Sendable {
    private let index: Atomic<Int>

    /// Starts at a level.
    public init(_ level: Logger.Level) {
        index = Atomic(Self.index(of: level))
    }

    /// The level; may be read and set from any thread.
    public var level: Logger.Level {
        get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
        set { index.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    private static func index(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}

/// Lets another handler log what the process's level lets through; a level that a logger was given itself comes first.
struct ControlledLogHandler: LogHandler {
    private var base: any LogHandler
    private let control: LogLevelControl
    private var ownLevel: Logger.Level?

    init(_ base: any LogHandler, _ control: LogLevelControl) {
        self.base = base
        self.control = control
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? control.level }
        set { ownLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { base.metadataProvider }
        set { base.metadataProvider = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) { base.log(event: event) }
}
