/// What a failed list or watch says about our place: the resourceVersion or page from which to go on.
enum FailureMeaning: Hashable, Sendable, CaseIterable {
    /// The server has forgotten the place.
    case expired
    /// The server has not reached the place: it is another one, or was restored from a backup.
    case ahead
    /// The server does not take the place, or the token of a page.
    case refused
    /// The answer is not what the API says, so something in it is lost.
    case garbled
    /// The server asks for patience, and by that shows that it is there.
    case busy
    /// The server was not heard, or is not itself: the next one that answers may be another.
    case away
}

extension KubernetesError {
    /// What the failure says about our place.
    var meaning: FailureMeaning {
        switch code {
        case .expired: .expired
        case .resourceVersionTooLarge: .ahead
        case .badRequest, .notFound: .refused
        case .malformedResponse, .tooLarge: .garbled
        case .tooManyRequests: .busy
        // 401 and 403 too: a server that has just started answers so for a moment.
        default: .away
        }
    }
}
