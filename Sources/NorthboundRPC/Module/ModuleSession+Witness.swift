public import NetworkTypes
public import Northbound

extension ModuleSession: RedistributionWitness {
    /// Whether BGP has prefixes out of provider mgmtd's table, which the module sees in BGP's own tables.
    public func redistributionGap(
        of prefixes: Set<IPPrefix>, in families: Set<AddressFamily> = []
    ) async throws(ManagementError) -> RedistributionGap? {
        await enter()
        defer { leave() }
        let table = configuration.table
        return try await seeing { (link: Link) async throws(ModuleFailure) -> RedistributionGap? in
            // During a move they are all networks of ours, so that more than a request names are asked for together.
            let paths =
                (1...Limits.pathCount).contains(prefixes.count)
                ? prefixes.sorted().map(NetworkPath.entry) : [NetworkPath.instance]
            // Without prefixes too, so that an older module says that it cannot tell.
            let missing = prefixes.subtracting(try await link.connection.redistributed(below: paths))
            let service = try await link.connection.capabilities()
            guard let instance = service.instances.first(where: { $0.vrf == "default" }) else {
                return RedistributionGap(
                    "bgpd has no BGP instance in the default VRF any more", needsOperator: true, missing: prefixes)
            }
            return instance.gap(of: prefixes, in: families, missing: missing, table: table)
        }
    }

    /// As `use`, for what older modules do not answer.
    func seeing<Value>(
        _ body: (Link) async throws(ModuleFailure) -> Value
    ) async throws(ManagementError) -> Value {
        do throws(ManagementError) { return try await use(body) } catch {
            guard error.code == .unsupported else { throw error }
            throw ManagementError(
                .unsupported,
                "the module in bgpd is older than this program and cannot tell what BGP has: build it anew, load it, and "
                    + "restart bgpd")
        }
    }
}

extension BGPInstance {
    /// What hinders prefixes from coming to BGP out of a table, those that are missing there in particular.
    fileprivate func gap(
        of prefixes: Set<IPPrefix>, in families: Set<AddressFamily>, missing: Set<IPPrefix>, table: UInt32
    ) -> RedistributionGap? {
        let lines = redistributions.filter { $0.table == table }
        var asked = families.union(prefixes.map(\.family))
        // Without anything to announce one family is enough.
        if asked.isEmpty { asked = Set(lines.isEmpty ? AddressFamily.allCases : lines.map(\.family)) }
        let lacking = asked.subtracting(lines.map(\.family)).sorted()
        guard lacking.isEmpty else {
            let advice = lacking.map {
                "address-family \($0.rawValue) unicast: redistribute table-direct \(table) route-map COSMOLET"
            }
            return RedistributionGap(
                "BGP does not take table \(table), by which mgmtd announces; add to router bgp \(asNumber), "
                    + advice.joined(separator: "; "), needsOperator: true, missing: missing)
        }
        let first = missing.min()
        let concerned: Set<AddressFamily> = first.map { [$0.family] } ?? (prefixes.isEmpty ? asked : [])
        if let line = lines.first(where: { concerned.contains($0.family) && !$0.routeMapExists }) {
            return RedistributionGap(
                "redistribute table-direct \(table) has the route-map \(line.routeMap ?? ""), which there is not; add it",
                needsOperator: true, missing: missing)
        }
        guard let first else { return nil }
        let name = lines.first { $0.family == first.family }?.routeMap
        let guess = name.map { "; does the route-map \($0) permit its tag?" } ?? ""
        return RedistributionGap(
            "BGP lacks \(missing.count) of \(prefixes.count) networks in table \(table), \(first) for one\(guess)",
            needsOperator: false, missing: missing)
    }
}
