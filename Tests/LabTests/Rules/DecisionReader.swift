import CosmoletTesting
import Foundation
import Synchronization

/// What an agent with log level debug says it decided: the last reason of each entry.
final class DecisionReader: Sendable {
    /// An entry of a Service.
    struct Entry: Hashable, Sendable {
        /// `namespace/name`.
        var service: String
        /// The address as it is written.
        var text: String
    }

    private struct Line: Decodable {
        struct Metadata: Decodable {
            var service: String?
            var address: String?
            var reason: String?
        }
        var metadata: Metadata?
    }

    private let process: ManagedProcess
    private let state = Mutex((read: 0, reasons: [Entry: String]()))

    init(_ process: ManagedProcess) { self.process = process }

    /// Reads what has come since the last call.
    func reasons() throws -> [Entry: String] {
        let lines = process.lines.value
        return try state.withLock { state in
            for line in lines[state.read...] where line.contains("\"reason\":") && line.contains("\"service\":") {
                let metadata = try JSONDecoder().decode(Line.self, from: Data(line.utf8)).metadata
                guard let service = metadata?.service, let text = metadata?.address else { continue }
                state.reasons[Entry(service: service, text: text)] = metadata?.reason
            }
            state.read = lines.count
            return state.reasons
        }
    }
}
