internal import NetworkTypes

/// What the endpoints of a Service say about a VIP of one family under one policy.
struct EndpointVerdict {
    /// An announcing code, or why not.
    let reason: ReasonCode
    /// The endpoints that this rests on, ordered by address, at most eight.
    let endpoints: [EndpointFact]

    init(
        _ all: [EndpointFact], family: AddressFamily, policy: TrafficPolicy, node: String, drainsOnTerminating: Bool
    ) {
        let isLocal = policy == .local
        let standings = all.map { EndpointStanding($0, family: family, policy: policy, node: node) }
        // De-duplicated by address where one good entry is enough: that is to ask for the best standing.
        switch standings.min() {
        case .ready: reason = isLocal ? .endpointOnNode : .endpointInCluster
        case .servingWhileTerminating:
            reason =
                switch (isLocal, drainsOnTerminating) {
                case (false, false): .onlyTerminatingEndpoints
                case (true, false): .onlyTerminatingOnNode
                case (false, true): .drainingTerminatingEndpoints
                case (true, true): .drainingTerminatingOnNode
                }
        case .notReady: reason = isLocal ? .noReadyLocalEndpoints : .noReadyEndpoints
        case .otherFamily: reason = isLocal ? .noLocalEndpointsOfFamily : .noEndpointsOfFamily
        case .otherNode, nil: reason = isLocal ? .noLocalEndpoints : .noEndpoints
        }
        let counting = zip(all, standings).filter(\.1.counts).map(\.0)
        let eligible = counting.isEmpty ? zip(all, standings).filter { $0.1 == .notReady }.map(\.0) : counting
        endpoints = Self.evidence(eligible)
    }

    /// The best entry of each address.
    private static func evidence(_ endpoints: [EndpointFact]) -> [EndpointFact] {
        var result: [EndpointFact] = []
        for endpoint in endpoints.sorted(by: precedes) where result.last?.address != endpoint.address {
            result.append(endpoint)
            if result.count == 8 { break }
        }
        return result
    }

    private static func precedes(_ a: EndpointFact, _ b: EndpointFact) -> Bool {
        (a.address, a.isReady ? 0 : 1, a.isTerminating ? 1 : 0, a.isServing ? 0 : 1, a.nodeName ?? "")
            < (b.address, b.isReady ? 0 : 1, b.isTerminating ? 1 : 0, b.isServing ? 0 : 1, b.nodeName ?? "")
    }
}
