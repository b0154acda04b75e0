internal import Bindings
internal import Synchronization

/// What the handlers' tasks and the server's thread share.
final class RequestServerMailbox: Sendable {
    /// A request's answer on its way to the socket.
    struct Answer: Sendable {
        var peer: [UInt8]
        /// What the request counted for; to be released.
        var requestByteCount: Int
        var messages: [TransportMessage]
    }

    private struct State {
        var answers: [Answer] = []
        var isStopping = false
        var statistics = RequestServerStatistics()
    }

    private let state = Mutex(State())
    private let waiter: ZeroMQWaiter

    init(waiter: ZeroMQWaiter) {
        self.waiter = waiter
    }

    /// Hands an answer over. Any thread.
    func post(_ answer: Answer) {
        state.withLock { $0.answers.append(answer) }
        waiter.wake()
    }

    /// Takes all answers.
    func takeAnswers() -> [Answer] {
        state.withLock { state in
            defer { state.answers = [] }
            return state.answers
        }
    }

    /// Asks the server to stop. Any thread.
    func stop() {
        state.withLock { $0.isStopping = true }
        waiter.wake()
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    var statistics: RequestServerStatistics { state.withLock { $0.statistics } }

    func count(_ change: (inout RequestServerStatistics) -> Void) {
        state.withLock { change(&$0.statistics) }
    }
}
