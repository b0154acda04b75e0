import CosmoletTesting
import Foundation

/// Signals to a lab's daemons without a detour: `hack/lab` takes longer than the moment that is to be hit.
///
/// Only processes that the lab has recorded are signalled: a record holds pid and start time, since a pid alone may be
/// somebody else's by now.
struct DaemonSignals: Sendable {
    let lab: Lab
    let member: String

    /// Sends a signal; nothing happens when the daemon does not run.
    func send(_ signal: Int32, to daemon: String) {
        if let pid = livePID(daemon) { kill(pid, signal) }
    }

    /// True while the daemon's process is there.
    func isRunning(_ daemon: String) -> Bool { livePID(daemon) != nil }

    /// Ends a daemon if it still runs, waits for its end, and starts it again.
    func restart(_ daemon: String, loadsConfiguration: Bool = false) async throws {
        try await lab.daemon(member, daemon, "kill")
        try await lab.daemon(member, daemon, "start", loadsConfiguration: loadsConfiguration)
    }

    private func livePID(_ daemon: String) -> pid_t? {
        let record = "\(lab.description.dir)/\(member)/pids/\(daemon)"
        guard let text = try? String(contentsOfFile: record, encoding: .utf8) else { return nil }
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard fields.count == 2, let pid = pid_t(fields[0]),
            let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            // State is the first field behind the command's closing bracket, start time the twentieth.
            let behind = stat.lastIndex(of: ")")
        else { return nil }
        let rest = stat[stat.index(after: behind)...].split(separator: " ")
        return rest.count > 19 && rest[19] == fields[1] && rest[0] != "Z" ? pid : nil
    }
}
