import CosmoletTesting
import NetworkTypes
import Northbound

/// A fake bgpd that sees what BGP has of the announcements of a fake mgmtd.
actor FakeWitness: RedistributionWitness {
    private let bgpd: FakeManagementSession
    private let mgmtd: FakeManagementSession
    /// Families whose line `redistribute` is there.
    private var families: Set<AddressFamily> = [.ipv4, .ipv6]
    /// Classes whose tag the route-map denies.
    private var denied: Set<AttributeClass> = []
    private var refusal: ManagementError?
    private var openRefusal: ManagementError?
    private var readRefusal: ManagementError?

    init(bgpd: FakeManagementSession, mgmtd: FakeManagementSession) {
        self.bgpd = bgpd
        self.mgmtd = mgmtd
    }

    // MARK: - Commands of a test

    func redistribute(_ families: Set<AddressFamily>) { self.families = families }
    func deny(_ classes: Set<AttributeClass>) { denied = classes }
    func refuse(_ error: ManagementError?) { refusal = error }
    func refuseReading(_ error: ManagementError?) { readRefusal = error }
    func refuseOpening(_ error: ManagementError?) { openRefusal = error }

    // MARK: - RedistributionWitness

    func redistributionGap(
        of prefixes: Set<IPPrefix>, in families: Set<AddressFamily>
    ) async throws(ManagementError) -> RedistributionGap? {
        if let refusal { throw refusal }
        let passing = await mgmtd.running.filter {
            self.families.contains($0.prefix.family) && !denied.contains($0.attributeClass)
        }
        let missing = prefixes.subtracting(passing.map(\.prefix))
        let asked = families.union(prefixes.map(\.family))
        let lacking = asked.subtracting(self.families).sorted()
        guard lacking.isEmpty, !asked.isEmpty || !self.families.isEmpty else {
            return RedistributionGap(
                "add redistribute for \(lacking.map(\.rawValue))", needsOperator: true, missing: missing)
        }
        return missing.isEmpty
            ? nil : RedistributionGap("BGP lacks \(missing.count)", needsOperator: false, missing: missing)
    }

    // MARK: - ManagementSession

    func open() async throws(ManagementError) -> ManagementCapabilities {
        if let openRefusal { throw openRefusal }
        return try await bgpd.open()
    }

    func networks() async throws(ManagementError) -> Set<Network> {
        if let readRefusal { throw readRefusal }
        return try await bgpd.networks()
    }

    func installedNetworks() async throws(ManagementError) -> Set<Network> {
        if let refusal { throw refusal }
        return try await bgpd.installedNetworks()
    }

    func commit(_ transaction: Transaction) async -> CommitResult { await bgpd.commit(transaction) }
    func close() async { await bgpd.close() }
    func events() async -> AsyncStream<SessionEvent> { await bgpd.events() }
}
