import CosmoletTesting
import Logging
import Northbound
import Synchronization

/// What happened during one case, for its report if it fails.
enum CaseLog {
    /// Discards what sessions log, unless `COSMOLET_MATRIX_LOG` asks for it.
    static let logger: Logger = {
        var logger = Logger(label: "fault-matrix") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = MatrixEnvironment.isVerbose ? .debug : .critical
        return logger
    }()
}

/// What a service has told, to wait on and to show.
struct Diary: Sendable {
    /// Number of events; grows.
    var count = 0
    var lines: [String] = []
    var lockRefusals = 0
    /// Cases in which FRR crashed by itself, and what of it.
    var crashes: [String] = []

    mutating func add(_ event: ServiceEvent) {
        count += 1
        switch event {
        case .sessionOpened(_, let isReconnect): lines.append(isReconnect ? "session open again" : "session open")
        case .sessionLost(let why): lines.append("session lost: \(why)")
        case .recorded(let record):
            lines.append(
                "\(record.kind.rawValue) \(record.requestID) \(record.outcome.rawValue) \(record.error ?? "")")
        case .running(let networks): lines.append("running: \(networks.count) networks")
        case .lockRefused(let why):
            lockRefusals += 1
            lines.append("lock refused: \(why)")
        default: lines.append("\(event)")
        }
    }
}

extension Diary: CustomStringConvertible {
    /// How it ends, as the beginning says nothing of what has gone wrong since.
    var description: String {
        "\(count) events, the last: " + lines.suffix(12).joined(separator: "; ")
    }
}
