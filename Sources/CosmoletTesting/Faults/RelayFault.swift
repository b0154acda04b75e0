/// One whole message that passed a relay.
public struct RelayedFrame: Sendable {
    /// Which way it went.
    public enum Direction: String, Sendable {
        /// From the client: a request.
        case toServer = "request"
        /// From the server: a reply.
        case toClient = "reply"
    }

    /// Which way it went.
    public let direction: Direction
    /// Header and body, as they came.
    public let bytes: [UInt8]
}

/// What a relay does to the frames that pass it. A fault fires once.
public enum RelayFault: Sendable {
    /// Where, relative to its frame, a connection is cut.
    public enum Cut: String, Sendable, CaseIterable {
        /// The frame is lost.
        case before
        /// The first half of the frame arrives.
        case within
        /// The frame arrives, and nothing after it.
        case after
    }

    /// Ends the connection, both ways, at a frame. Frames of both directions are counted together, from 1.
    case cut(Cut, step: Int)
    /// Does something as soon as a frame has been passed on, and then goes on or ends the connection. Nothing else passes
    /// meanwhile.
    case act(step: Int, thenCuts: Bool = false, @Sendable () -> Void)
    /// Passes on something else instead of the first frame for which the closure returns something.
    case rewrite(@Sendable (RelayedFrame) -> [UInt8]?)
}

extension RelayFault {
    /// What shall happen to a frame.
    enum Action {
        case pass
        case cut(Cut)
        case passThenAct(thenCuts: Bool, @Sendable () -> Void)
        case replace([UInt8])
    }

    /// - Parameter step: number of the frame.
    /// - Returns: nil when the fault is not about this frame.
    func action(on frame: RelayedFrame, step: Int) -> Action? {
        switch self {
        case .cut(let cut, let wanted): wanted == step ? .cut(cut) : nil
        case .act(let wanted, let cuts, let act): wanted == step ? .passThenAct(thenCuts: cuts, act) : nil
        case .rewrite(let rewrite): rewrite(frame).map { .replace($0) }
        }
    }
}
