import CosmoletTesting
import NetworkTypes
import Northbound

/// Two fake ways to one FRR, and what BGP sees of both.
struct TwoProviders: Sendable {
    let mgmtd: FakeManagementSession
    let bgpd: FakeManagementSession
    /// Prefixes that were announced by nobody at some moment although they were to stay.
    let gaps = Observed<Set<IPPrefix>>([])
    private let announced = Observed<[String: Set<IPPrefix>]>([:])

    /// - Parameter lasting: prefixes that must never be announced by nobody.
    init(mgmtd: Set<Network> = [], bgpd: Set<Network> = [], lasting: Set<Network>? = nil) {
        let (announced, gaps) = (announced, gaps)
        let lasting = Set((lasting ?? mgmtd.union(bgpd)).map(\.prefix))
        let change = { @Sendable (name: String, networks: Set<Network>) in
            announced.update { $0[name] = Set(networks.map(\.prefix)) }
            let now = announced.value.values.reduce(into: Set()) { $0.formUnion($1) }
            gaps.update { $0.formUnion(lasting.subtracting(now)) }
        }
        announced.update { $0 = ["mgmtd": Set(mgmtd.map(\.prefix)), "bgpd": Set(bgpd.map(\.prefix))] }
        self.mgmtd = FakeManagementSession(running: mgmtd, provider: "mgmtd") { change("mgmtd", $0) }
        self.bgpd = FakeManagementSession(running: bgpd, provider: "bgpd") { change("bgpd", $0) }
    }

    /// - Parameter witness: takes the place of bgpd's session, as one that sees what BGP has.
    func session(
        preferred: String = "bgpd", isAutomatic: Bool = false, installation: Duration = .zero,
        clock: any Clock<Duration> = ManualClock(), witness: FakeWitness? = nil
    ) -> SwitchingSession {
        let mgmtd = SwitchableProvider(name: "mgmtd", session: mgmtd)
        let bgpd = SwitchableProvider(
            name: "bgpd", session: witness ?? bgpd as any ManagementSession, endsWithItsProcess: true)
        return SwitchingSession(
            preferred: preferred == "bgpd" ? bgpd : mgmtd, other: preferred == "bgpd" ? mgmtd : bgpd,
            isAutomatic: isAutomatic, times: SwitchingTimes(installation: installation), clock: clock)
    }
}

/// What a session told.
struct Told: Sendable {
    let events = Observed<[SessionEvent]>([])

    init(_ session: SwitchingSession) async {
        let stream = await session.events()
        let events = events
        Task { for await event in stream { events.update { $0.append(event) } } }
    }

    func steps(_ count: Int) async throws -> [ProviderMove] {
        let moves = { @Sendable (events: [SessionEvent]) in
            events.compactMap { if case .moved(let move) = $0 { move } else { nil } }
        }
        return moves(try await events.wait(for: "\(count) steps") { moves($0).count >= count })
    }

    func loss() async throws -> SessionEvent? {
        let isLoss = { @Sendable (event: SessionEvent) in if case .disconnected = event { true } else { false } }
        return try await events.wait(for: "the loss") { $0.contains(where: isLoss) }.first(where: isLoss)
    }
}
