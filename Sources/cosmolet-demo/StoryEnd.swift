internal import Synchronization

/// How far the story had come when a signal arrived: Ctrl-C is how the live view ends, so it is no failure there.
final class StoryEnd: Sendable {
    private struct State {
        var isReached = false
        var isInterrupted = false
    }

    private let state = Mutex(State())

    /// The story is told; what follows is a view without an end.
    func reach() { state.withLock { $0.isReached = true } }

    /// A signal came.
    func interrupt() { state.withLock { $0.isInterrupted = true } }

    var wasReached: Bool { state.withLock(\.isReached) }
    var wasInterrupted: Bool { state.withLock(\.isInterrupted) }
}
