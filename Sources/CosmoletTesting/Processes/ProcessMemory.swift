internal import Foundation

/// The memory of a process, as `/proc/PID/status` tells it.
public struct ProcessMemory: Sendable, Hashable {
    /// Resident now (`VmRSS`), in bytes.
    public let resident: Int
    /// The most that was ever resident (`VmHWM`), in bytes.
    public let peak: Int

    /// Reads it; nil when there is no such process.
    public init?(of pid: Int32) {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return nil }
        var values: [Substring: Int] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == ":" || $0.isWhitespace })
            if words.count == 3, words[2] == "kB", let count = Int(words[1]) { values[words[0]] = count * 1024 }
        }
        guard let resident = values["VmRSS"], let peak = values["VmHWM"] else { return nil }
        self.resident = resident
        self.peak = peak
    }
}
