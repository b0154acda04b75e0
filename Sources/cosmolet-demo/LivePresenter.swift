internal import CosmoletTesting
internal import Foundation
internal import NetworkTypes
internal import Synchronization

/// The live view: what the demo does, the routers' tables, the agents' transactions.
final class LivePresenter: Presenter {
    private struct State {
        var terminal = Terminal()
        var sentence = ""
        var results: [String] = []
        var commits: [Commit] = []
        var fabric: Fabric?
        /// VIPs that were ever there, so that one that goes is seen to be gone.
        var prefixes: Set<IPPrefix> = []
        var isOpen = true
    }

    private let state = Mutex(State())
    private let kubeconfig: String
    private let ticker: Mutex<Task<Void, Never>?> = Mutex(nil)

    /// Takes the terminal over; draws what has changed ten times a second.
    init(kubeconfig: String) {
        self.kubeconfig = kubeconfig
        state.withLock { $0.terminal.open() }
        let task = Task { [weak self] in
            while (try? await ContinuousClock().sleep(for: .milliseconds(100))) != nil { self?.draw() }
        }
        ticker.withLock { $0 = task }
    }

    func now(_ sentence: String) {
        state.withLock {
            $0.sentence = sentence
            $0.results = []
        }
    }

    func result(_ text: String) {
        state.withLock { $0.results.append(text) }
    }

    func measure(_ isMeasuring: Bool) {}

    func committed(_ commit: Commit) {
        state.withLock { $0.commits = ($0.commits + [commit]).suffix(100) }
    }

    func follow(_ fabric: Fabric) {
        state.withLock { $0.fabric = fabric }
    }

    func pause() async throws {
        try await ContinuousClock().sleep(for: .seconds(6))
    }

    func close() {
        ticker.withLock { $0?.cancel() }
        draw()
        state.withLock { state in
            guard state.isOpen else { return }
            state.isOpen = false
            state.terminal.close()
        }
    }

    // MARK: - Drawing

    private func draw() {
        state.withLock { state in
            guard state.isOpen else { return }
            if let fabric = state.fabric {
                for prefix in fabric.routes().values.flatMap(\.keys).compactMap({ try? IPPrefix($0) }) {
                    state.prefixes.insert(prefix)
                }
            }
            state.terminal.draw(frame(state))
        }
    }

    private func frame(_ state: State) -> [Terminal.Line] {
        let space = state.terminal.space
        var lines = [Terminal.Line("Cosmolet demo    export KUBECONFIG=\(kubeconfig)", .dim), Terminal.Line()]
        lines += Self.wrapped(state.sentence, columns: space.columns - 1).map { Terminal.Line($0, .bold) }
        // Always three lines, so that the table stays where it is.
        let results = state.results.suffix(3)
        lines += results.map { Terminal.Line("  " + $0) }
        lines += Array(repeating: Terminal.Line(), count: 4 - results.count)
        if let fabric = state.fabric { lines += Self.table(fabric, state.prefixes.sorted()) }
        lines += [Terminal.Line(), Terminal.Line("COMMITS", .bold)]
        let room = max(0, space.rows - lines.count)
        lines += state.commits.flatMap(Self.lines).suffix(room)
        return lines
    }

    /// VIP × router → next hops; one line per node, so that a path has its place.
    private static func table(_ fabric: Fabric, _ prefixes: [IPPrefix]) -> [Terminal.Line] {
        let first = 18
        let cell = 31
        var lines = [
            Terminal.Line(
                "VIP".padded(to: first) + fabric.tables.map { $0.router.name.uppercased().padded(to: cell) }.joined(),
                .bold)
        ]
        let routes = fabric.routes()
        for prefix in prefixes {
            let columns = fabric.tables.map { routes[$0.router.name]?["\(prefix)"] ?? [] }
            let using = fabric.nodes.filter { node in
                columns.contains { $0.contains(fabric.nextHop(of: prefix, node)) }
            }
            if using.isEmpty { lines.append(Terminal.Line("\(prefix.address)".padded(to: first) + "no path", .dim)) }
            for (index, node) in using.enumerated() {
                let nextHop = fabric.nextHop(of: prefix, node)
                let cells = columns.map { column in
                    (column.contains(nextHop) ? "\(nextHop) \(node.name) (\(node.release))" : "-").padded(to: cell)
                }
                lines.append(
                    Terminal.Line((index == 0 ? "\(prefix.address)" : "").padded(to: first) + cells.joined()))
            }
        }
        return lines
    }

    private static func lines(_ commit: Commit) -> [Terminal.Line] {
        let duration = String(format: "%.1f ms", commit.replyMilliseconds ?? commit.durationMilliseconds)
        let edits = commit.edits.joined(separator: " ")
        let head = "\(commit.timeOfDay) \(commit.node) \(commit.outcome) \(duration)  \(edits)"
        let reasons = commit.cause + [commit.error].compactMap(\.self)
        return [Terminal.Line(head)] + reasons.prefix(2).map { Terminal.Line("             \($0)", .dim) }
    }

    private static func wrapped(_ text: String, columns: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].count + word.count + 1 > columns { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
        }
        return lines
    }
}

extension String {
    /// Spaces behind it up to a width, and one at least.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
