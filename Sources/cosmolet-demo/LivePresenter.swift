internal import CosmoletTesting
internal import Foundation
internal import NetworkTypes
internal import Synchronization

/// The live view: what the demo does, the routers' tables, the commit logs of all nodes.
final class LivePresenter: Presenter {
    private struct State {
        var terminal = Terminal()
        var sentence = ""
        var results: [String] = []
        var commits: [Commit] = []
        var fabric: Fabric?
        /// Names of the nodes that ever had a path to a VIP, so that one that goes is seen to be gone.
        var seen: [IPPrefix: Set<String>] = [:]
        /// How many comparisons held in this step.
        var checkCount = 0
        var isOpen = true

        mutating func note(_ routes: [String: [String: [String]]], of fabric: Fabric) {
            for (prefix, nextHops) in routes.values.joined() {
                guard let prefix = try? IPPrefix(prefix) else { continue }
                seen[prefix, default: []].formUnion(nextHops.compactMap { fabric.node(at: $0)?.name })
            }
        }
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
            $0.checkCount = 0
        }
    }

    func result(_ text: String) {
        state.withLock { $0.results.append(text) }
    }

    func checked(_ name: String, seen: String, passed: Bool) {
        state.withLock {
            if passed { $0.checkCount += 1 } else { $0.results.append("FAILED \(name): \(seen)") }
        }
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
            if let fabric = state.fabric { state.note(fabric.routes(), of: fabric) }
            state.terminal.draw(frame(state))
        }
    }

    private func frame(_ state: State) -> [Terminal.Line] {
        let space = state.terminal.space
        var lines = [Terminal.Line("Cosmolet demo    export KUBECONFIG=\(kubeconfig)", .dim), Terminal.Line()]
        lines += Self.wrapped(state.sentence, columns: space.columns - 1).map { Terminal.Line($0, .bold) }
        // Always as many lines, so that the table stays where it is.
        var results = state.results.suffix(Self.resultLines).map { "  " + $0 }
        if state.checkCount > 0 { results.append("  \(state.checkCount) checks passed") }
        results = results.suffix(Self.resultLines)
        lines += results.map { Terminal.Line($0) }
        lines += Array(repeating: Terminal.Line(), count: Self.resultLines + 1 - results.count)
        if let fabric = state.fabric { lines += Self.table(fabric, state.seen) }
        lines += [Terminal.Line(), Terminal.Line("COMMITS", .bold)]
        return lines + Self.commits(state.commits, room: max(0, space.rows - lines.count))
    }

    private static let resultLines = 3

    /// The nodes, two in a line; then VIP × router → the nodes that are next hops, each in its place, and a dash where
    /// a node had a path.
    private static func table(_ fabric: Fabric, _ seen: [IPPrefix: Set<String>]) -> [Terminal.Line] {
        let first = 18
        let cell = 31
        var lines = stride(from: 0, to: fabric.nodes.count, by: 2).map { index in
            Terminal.Line(
                fabric.nodes[index...].prefix(2).map { node in
                    "\(node.name) \(node.ipv4) \(node.release) \(node.provider.rawValue)".padded(to: 40)
                }.joined(), .dim)
        }
        let titles = fabric.tables.map { $0.router.name.uppercased().padded(to: cell) }
        lines.append(Terminal.Line("VIP".padded(to: first) + titles.joined(), .bold))
        let routes = fabric.routes()
        for (prefix, names) in seen.sorted(by: { $0.key < $1.key }) {
            let cells = fabric.tables.map { table in
                let nextHops = routes[table.router.name]?["\(prefix)"] ?? []
                return fabric.nodes.map { node in
                    let isThere = nextHops.contains(fabric.nextHop(of: prefix, node))
                    let text = isThere ? node.name : names.contains(node.name) ? "  -" : ""
                    return text.padded(to: 7)
                }.joined().padded(to: cell)
            }
            lines.append(Terminal.Line("\(prefix.address)".padded(to: first) + cells.joined()))
        }
        return lines
    }

    /// The newest transactions that fit, whole, the newest last.
    private static func commits(_ all: [Commit], room: Int) -> [Terminal.Line] {
        var result: [Terminal.Line] = []
        for commit in all.reversed() {
            let lines = lines(commit)
            if result.count + lines.count > room { break }
            result = lines + result
        }
        return result
    }

    private static func lines(_ commit: Commit) -> [Terminal.Line] {
        let edits = commit.edits.map { $0.replacingOccurrences(of: " default", with: "") }.joined(separator: " ")
        let head = "\(commit.timeOfDay) \(commit.node) \(commit.outcome) \(edits)  \(commit.timings)"
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
