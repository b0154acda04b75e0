internal import Foundation

/// One number of interest: samples, and what they come to.
struct Measurement: Sendable, Encodable {
    /// What must hold.
    struct Target: Sendable, Encodable {
        /// The value may be this much.
        var limit: Double
        /// What was compared with it.
        var seen: Double

        /// Whether it does.
        var isMet: Bool { seen <= limit }
    }

    /// The FRR release, or `-`.
    var subject: String
    /// What was measured.
    var name: String
    /// `ms`, `MB`, or `x` for a ratio.
    var unit: String
    /// In the order in which they were taken.
    var samples: [Double]
    /// The target, where there is one.
    var target: Target?

    /// Durations in milliseconds.
    init(_ subject: String, _ name: String, _ durations: [Duration]) {
        self.init(subject, name, unit: "ms", durations.map { Double($0.microseconds) / 1000 })
    }

    /// Any numbers.
    init(_ subject: String, _ name: String, unit: String, _ samples: [Double]) {
        self.subject = subject
        self.name = name
        self.unit = unit
        self.samples = samples
    }

    /// The sample that this part of all does not exceed (nearest rank).
    func percentile(_ percent: Int) -> Double {
        let sorted = samples.sorted()
        return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
    }

    /// The same with a target for its median.
    func withTarget(_ limit: Double) -> Measurement {
        var copy = self
        copy.target = Target(limit: limit, seen: percentile(50))
        return copy
    }
}

/// What a run found, as `--json` writes it.
struct Report: Sendable, Encodable {
    /// The machine.
    struct Host: Sendable, Encodable {
        /// Cores.
        var cores = ProcessInfo.processInfo.activeProcessorCount
        /// Operating system.
        var system = ProcessInfo.processInfo.operatingSystemVersionString
        #if DEBUG
        /// How the measuring program was built.
        var build = "debug"
        #else
        /// How the measuring program was built.
        var build = "release"
        #endif
    }

    /// When it was begun.
    var date = Date().formatted(.iso8601)
    /// Where.
    var host = Host()
    /// FRR of each node.
    var nodes: [String]
    /// As asked for.
    var samples: Int
    /// All of them.
    var measurements: [Measurement] = []

    init(nodes: [String], samples: Int) {
        self.nodes = nodes
        self.samples = samples
    }

    /// Those whose target is missed.
    var missed: [Measurement] { measurements.filter { $0.target?.isMet == false } }

    /// The last line.
    var verdict: String {
        let count = measurements.count { $0.target != nil }
        return missed.isEmpty
            ? "bench: \(count) targets, all met"
            : "bench: \(missed.count) of \(count) targets missed: "
                + missed.map { "\($0.subject) \($0.name)" }.joined(separator: "; ")
    }

    /// Writes it as JSON.
    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: URL(fileURLWithPath: path))
    }

    /// One line for each measurement.
    static func table(_ measurements: [Measurement]) -> String {
        let rows =
            [["FRR", "MEASUREMENT", "P50", "P99", "", "TARGET"]]
            + measurements.map { one in
                let target = one.target.map { "<= \(number($0.limit)) \($0.isMet ? "met" : "MISSED")" }
                return [
                    one.subject, one.name, number(one.percentile(50)),
                    one.samples.count > 1 ? number(one.percentile(99)) : "", one.unit, target ?? "",
                ]
            }
        let widths = (0..<6).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 2 || column == 3 ? padding + cell.0 : cell.0 + padding
            }.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }.joined(separator: "\n")
    }

    /// Small numbers with two digits, which those in microseconds need.
    private static func number(_ value: Double) -> String { String(format: value < 10 ? "%.2f" : "%.1f", value) }
}

extension Duration {
    /// Whole microseconds.
    var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
