internal import Synchronization

/// Hands values from one task to another, at most `capacity` ahead; a sender that is further ahead waits.
///
/// One sender, one receiver. Both ends see cancellation of their task.
final class BoundedChannel<Element: Sendable>: Sendable {
    private enum Side {
        case sender, receiver
    }

    private struct State {
        var elements: [Element] = []
        var taken = 0
        var isFinished = false
        var sender: CheckedContinuation<Void, Never>?
        var receiver: CheckedContinuation<Void, Never>?

        var count: Int { elements.count - taken }

        subscript(side: Side) -> CheckedContinuation<Void, Never>? {
            get { side == .sender ? sender : receiver }
            set { if side == .sender { sender = newValue } else { receiver = newValue } }
        }

        mutating func takeFirst() -> Element? {
            guard taken < elements.count else { return nil }
            defer {
                taken += 1
                // Emptied as a whole, so that taking is not moving everything behind it.
                if taken == elements.count {
                    elements.removeAll(keepingCapacity: taken <= 64)
                    taken = 0
                } else if taken >= 1024 {
                    elements.removeFirst(taken)
                    taken = 0
                }
            }
            return elements[taken]
        }
    }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Hands over a value, once there is room for it. False when the channel is finished or the task cancelled.
    func send(_ element: Element) async -> Bool {
        while !Task.isCancelled {
            let (isSent, isFinished, receiver) = state.withLock { state in
                if state.isFinished { return (false, true, nil as CheckedContinuation<Void, Never>?) }
                guard state.count < capacity else { return (false, false, nil) }
                state.elements.append(element)
                defer { state.receiver = nil }
                return (true, false, state.receiver)
            }
            receiver?.resume()
            if isSent { return true }
            if isFinished { return false }
            await wait(.sender)
        }
        return false
    }

    /// The next value, once there is one. Nil when the channel is finished and empty, or the task cancelled.
    func next() async -> Element? {
        while !Task.isCancelled {
            let (element, isFinished, sender) = state.withLock { state in
                let element = state.takeFirst()
                defer { if element != nil { state.sender = nil } }
                return (element, state.isFinished, element == nil ? nil : state.sender)
            }
            sender?.resume()
            if let element { return element }
            if isFinished { return nil }
            await wait(.receiver)
        }
        return nil
    }

    /// No more values; those that are there can still be taken.
    func finish() {
        let (sender, receiver) = state.withLock { state in
            state.isFinished = true
            defer { (state.sender, state.receiver) = (nil, nil) }
            return (state.sender, state.receiver)
        }
        sender?.resume()
        receiver?.resume()
    }

    /// Waits until the channel is finished, the task is cancelled, or there is room (for a value, for the receiver).
    private func wait(_ side: Side) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    let isReady = side == .sender ? state.count < capacity : state.count > 0
                    if Task.isCancelled || state.isFinished || isReady { return true }
                    precondition(state[side] == nil, "a channel has one sender and one receiver")
                    state[side] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                defer { state[side] = nil }
                return state[side]
            }
            continuation?.resume()
        }
    }
}
