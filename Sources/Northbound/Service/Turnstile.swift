/// Lets one task of an actor through at a time, in order of arrival, across its suspensions. Used from one actor only.
///
/// A commit and a reading of running must not overlap: a reading that saw half of the story would be taken for somebody
/// else's change.
package struct Turnstile {
    package private(set) var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    package init() {}

    /// Takes the turn if it is free.
    package mutating func tryEnter() -> Bool {
        guard !isTaken else { return false }
        isTaken = true
        return true
    }

    /// Puts a task in line; it has its turn when it is resumed.
    package mutating func wait(_ continuation: CheckedContinuation<Void, Never>) { waiting.append(continuation) }

    /// Hands the turn to the next in line.
    package mutating func leave() {
        if waiting.isEmpty {
            isTaken = false
        } else {
            waiting.removeFirst().resume()
        }
    }
}

extension CommitService {
    /// Waits for the turn to use the session for something that changes or reads running.
    func enter() async {
        if turnstile.tryEnter() { return }
        await withCheckedContinuation { turnstile.wait($0) }
    }

    /// Ends the turn.
    func leave() { turnstile.leave() }
}
