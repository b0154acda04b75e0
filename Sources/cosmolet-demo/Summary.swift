internal import Foundation

/// The end of `--once`, for people: what was checked and how fast it was.
enum Summary {
    static func text(of report: Report) -> String {
        let seconds = String(format: "%.0f s", report.durationSeconds)
        var lines = ["", "demo: \(report.mode.rawValue) mode, all \(report.checks.count) checks passed in \(seconds)"]
        guard let speed = report.speed else { return lines.joined(separator: "\n") }
        let first = 56
        lines.append(
            "  " + "p50 / p99 in ms, all else idle".padded(to: first)
                + row(speed) { "\($0.node) \($0.frr) \($0.provider.rawValue)" })
        func add(_ name: String, _ series: (Report.NodeSpeed) -> Report.Series?) {
            lines.append("  " + name.padded(to: first) + row(speed) { series($0).map(text) ?? "" })
        }
        add("bare commit of one VIP") { $0.bareCommit }
        for change in ["announce", "withdraw"] {
            add("\(change): API change to commit reply") { $0.changeToReply[change] }
            for router in speed.nodes.first?.changeToRouter[change]?.keys.sorted() ?? [] {
                add("\(change): API change to \(router)") { $0.changeToRouter[change]?[router] }
            }
        }
        let adds = report.mode == .split ? "the split: ZeroMQ, policy, journal" : "policy and journal"
        add("added to a commit by \(adds)") { $0.addedByNorthbound }
        let missed = speed.targets.filter { !$0.met }
        lines.append("  speed targets: \(speed.targets.count - missed.count) of \(speed.targets.count) met")
        return lines.joined(separator: "\n")
    }

    private static func text(_ series: Report.Series) -> String {
        String(format: "%.1f / %.1f", series.p50, series.p99)
    }

    private static func row(_ speed: Report.Speed, _ cell: (Report.NodeSpeed) -> String) -> String {
        speed.nodes.map { cell($0).padded(to: 20) }.joined()
    }
}
