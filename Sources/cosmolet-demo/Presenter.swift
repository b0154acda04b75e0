internal import Foundation
internal import Synchronization

/// Shows people what the demo does. May be called from any task.
protocol Presenter: Sendable {
    /// What the demo does now, in a sentence.
    func now(_ sentence: String)
    /// What came of it.
    func result(_ text: String)
    /// A comparison of the demo's own, and whether it holds.
    func checked(_ name: String, seen: String, passed: Bool)
    /// Whether many transactions follow that nobody wants to read.
    func measure(_ isMeasuring: Bool)
    /// A transaction.
    func committed(_ commit: Commit)
    /// The lab is there.
    func follow(_ fabric: Fabric)
    /// Time to read before the next step.
    func pause() async throws
    /// The last thing that is shown; gives the terminal back.
    func close()
}

/// One line after the other, without control codes.
final class LinePresenter: Presenter {
    private let start = ContinuousClock.now
    private let isMeasuring = Mutex(false)

    func now(_ sentence: String) { say("==> \(sentence)") }
    func result(_ text: String) { say("    \(text)") }

    func checked(_ name: String, seen: String, passed: Bool) {
        say("    \(passed ? "ok    " : "FAILED") \(name): \(seen)")
    }

    func measure(_ isMeasuring: Bool) { self.isMeasuring.withLock { $0 = isMeasuring } }

    func committed(_ commit: Commit) {
        if isMeasuring.withLock(\.self) { return }
        say("    \(commit.node) \(commit.outcome): \(commit.edits.joined(separator: ", ")), \(commit.timings)")
        for cause in commit.cause { say("      \(cause)") }
    }

    func follow(_ fabric: Fabric) {}
    func pause() async throws {}
    func close() {}

    private func say(_ text: String) {
        let seconds = start.duration(to: .now).milliseconds / 1000
        print(String(format: "%7.3f  ", seconds) + text)
        fflush(nil)
    }
}
