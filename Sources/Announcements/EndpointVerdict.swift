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
        let near = isLocal ? all.filter { $0.nodeName == node } : all
        let eligible = near.filter { $0.address.family == family }
        // De-duplicated by address where one good entry is enough: that is to ask whether any entry is good.
        let counting = eligible.filter(\.counts)
        if counting.contains(where: \.isReady) {
            reason = isLocal ? .endpointOnNode : .endpointInCluster
        } else if !counting.isEmpty {
            reason =
                switch (isLocal, drainsOnTerminating) {
                case (false, false): .onlyTerminatingEndpoints
                case (true, false): .onlyTerminatingOnNode
                case (false, true): .drainingTerminatingEndpoints
                case (true, true): .drainingTerminatingOnNode
                }
        } else if !eligible.isEmpty {
            reason = isLocal ? .noReadyLocalEndpoints : .noReadyEndpoints
        } else if !near.isEmpty {
            reason = isLocal ? .noLocalEndpointsOfFamily : .noEndpointsOfFamily
        } else {
            reason = isLocal ? .noLocalEndpoints : .noEndpoints
        }
        endpoints = Self.evidence(counting.isEmpty ? eligible : counting)
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
