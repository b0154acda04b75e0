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

    init(bgpd: FakeManagementSession, mgmtd: FakeManagementSession) {
        self.bgpd = bgpd
        self.mgmtd = mgmtd
    }

    // MARK: - Commands of a test

    func redistribute(_ families: Set<AddressFamily>) { self.families = families }
    func deny(_ classes: Set<AttributeClass>) { denied = classes }
    func refuse(_ error: ManagementError?) { refusal = error }
    func refuseOpening(_ error: ManagementError?) { openRefusal = error }

    // MARK: - RedistributionWitness

    func redistributionGap(of prefixes: Set<IPPrefix>) async throws(ManagementError) -> RedistributionGap? {
        if let refusal { throw refusal }
        let lacking = Set(prefixes.map(\.family)).subtracting(families).sorted()
        guard lacking.isEmpty else {
            return RedistributionGap("add redistribute for \(lacking.map(\.rawValue))", needsOperator: true)
        }
        let passing = await mgmtd.running.filter { !denied.contains($0.attributeClass) }.map(\.prefix)
        let missing = prefixes.subtracting(passing)
        return missing.isEmpty ? nil : RedistributionGap("BGP lacks \(missing.count)", needsOperator: false)
    }

    // MARK: - ManagementSession

    func open() async throws(ManagementError) -> ManagementCapabilities {
        if let openRefusal { throw openRefusal }
        return try await bgpd.open()
    }

    func networks() async throws(ManagementError) -> Set<Network> { try await bgpd.networks() }

    func installedNetworks() async throws(ManagementError) -> Set<Network> {
        if let refusal { throw refusal }
        return try await bgpd.installedNetworks()
    }

    func commit(_ transaction: Transaction) async -> CommitResult { await bgpd.commit(transaction) }
    func close() async { await bgpd.close() }
    func events() async -> AsyncStream<SessionEvent> { await bgpd.events() }
}
