import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

/// Nodes that stay with bgpd, as BGP does not take mgmtd's table, and what is looked at once mgmtd is in use.
@Suite struct SwitchingStayTests {
    private static let one = Network(prefix: IPPrefix(host: IPAddress("198.51.100.1")!))
    private static let two = Network(prefix: IPPrefix(host: IPAddress("198.51.100.2")!), attributeClass: .manual)
    private static let three = Network(prefix: IPPrefix(host: IPAddress("2001:db8::3")!), attributeClass: .drain)

    private static func commit(_ edits: NetworkEdit...) -> Transaction { Transaction(id: "t", edits: edits) }

    /// A session that prefers mgmtd and has stayed with bgpd.
    private func stayed(
        _ providers: TwoProviders, _ clock: ManualClock, lines: Set<AddressFamily> = []
    ) async throws -> (SwitchingSession, FakeWitness, Told) {
        let witness = FakeWitness(bgpd: providers.bgpd, mgmtd: providers.mgmtd)
        await witness.redistribute(lines)
        let session = providers.session(preferred: "mgmtd", clock: clock, witness: witness)
        let told = await Told(session)
        #expect(try await session.open().provider == "bgpd")
        _ = try await told.events.wait(for: "the refusal") { events in
            events.contains { if case .moved(let move) = $0 { move.step == .stayed } else { false } }
        }
        return (session, witness, told)
    }

    @Test func aRestartOfBGPDLeavesTheNodeWithIt() async throws {
        let providers = TwoProviders(bgpd: [Self.one, Self.two])
        let clock = ManualClock()
        let (session, witness, told) = try await stayed(providers, clock)
        await witness.refuseOpening(ManagementError(.unreachable, "nobody listens"))
        await providers.bgpd.breakDown()
        _ = try await told.loss()
        let away = await #expect(throws: ManagementError.self) { try await session.open() }
        #expect(away?.code == .unreachable && away?.message.contains("add redistribute") == true)
        #expect(providers.mgmtd.transactions.value.isEmpty)
        await providers.bgpd.restore()
        await witness.refuseOpening(nil)
        #expect(try await session.open().provider == "bgpd")
        #expect(await session.commit(Self.commit(.set(Self.three))).outcome == .applied)
        #expect(await providers.bgpd.running == [Self.one, Self.two, Self.three])
        await session.close()
    }

    @Test func aModuleThatDoesNotComeBackIsReplaced() async throws {
        let providers = TwoProviders(bgpd: [Self.one])
        let clock = ManualClock()
        let (session, witness, told) = try await stayed(providers, clock)
        await witness.refuseOpening(ManagementError(.unreachable, "nobody listens"))
        await providers.bgpd.breakDown()
        _ = try await told.loss()
        for pause in [0, 299] {
            clock.advance(by: .seconds(pause))
            await #expect(throws: ManagementError.self) { try await session.open() }
        }
        clock.advance(by: .seconds(1))
        #expect(try await session.open().provider == "mgmtd")
        #expect(await providers.mgmtd.running == [Self.one])
        await session.close()
    }

    @Test(arguments: [[], [AddressFamily.ipv4]]) func withoutAnyVIPItStaysToo(lines: [AddressFamily]) async throws {
        let providers = TwoProviders(bgpd: [Self.three], lasting: [])
        let clock = ManualClock()
        let (session, _, told) = try await stayed(providers, clock, lines: Set(lines))
        #expect(await session.commit(Self.commit(.remove(Self.three.prefix))).outcome == .applied)
        _ = try await clock.sleeps.wait(for: "the long pause") { $0[.seconds(300)] == 1 }
        clock.advance(by: .seconds(300))
        for round in 1...2 {
            _ = try await clock.sleeps.wait(for: "pause \(round)") { $0[.seconds(10)] == round }
            clock.advance(by: .seconds(10))
        }
        _ = try await clock.sleeps.wait(for: "pause 3") { $0[.seconds(10)] == 3 }
        #expect(await session.commit(Self.commit(.set(Self.three))).outcome == .applied)
        #expect(await providers.bgpd.running == [Self.three])
        #expect(told.events.value.count == 1)
        await session.close()
    }

    @Test func aNodeWithoutAnythingUsesWhatBGPTakes() async throws {
        let providers = TwoProviders(mgmtd: [Self.one])
        let (session, witness, _) = try await stayed(providers, ManualClock())
        #expect(await providers.bgpd.running == [Self.one] && providers.gaps.value.isEmpty)
        await session.close()
        await witness.redistribute([.ipv4])
        #expect(try await session.open().provider == "mgmtd")
        await session.close()
    }

    @Test func withoutARouteMapMgmtdIsUsedOn() async throws {
        // Neither helps; the session is not given up for it every ten seconds.
        let providers = TwoProviders(mgmtd: [Self.one])
        await providers.bgpd.refuse([Self.one.prefix])
        let witness = FakeWitness(bgpd: providers.bgpd, mgmtd: providers.mgmtd)
        await witness.redistribute([])
        let clock = ManualClock()
        let session = providers.session(preferred: "mgmtd", clock: clock, witness: witness)
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await told.steps(1).map(\.step) == [.stayed])
        for round in 1...3 {
            _ = try await clock.sleeps.wait(for: "pause \(round)") { $0[.seconds(10)] == round }
            clock.advance(by: .seconds(10))
        }
        _ = try await clock.sleeps.wait(for: "pause 4") { $0[.seconds(10)] == 4 }
        #expect(told.events.value.count == 1 && providers.bgpd.transactions.value.count == 1)
        #expect(try await session.networks() == [Self.one])
        await session.close()
    }

    @Test func whatIsWithdrawnGoesFromMgmtdAlthoughTheRestHasToStay() async throws {
        let all: Set = [Self.one, Self.three]
        let providers = TwoProviders(mgmtd: all, bgpd: all, lasting: [Self.three])
        let clock = ManualClock()
        let (session, _, told) = try await stayed(providers, clock, lines: [.ipv4])
        #expect(await session.commit(Self.commit(.remove(Self.one.prefix))).outcome == .applied)
        for pause in [300, 10] {
            _ = try await clock.sleeps.wait(for: "a pause of \(pause) s") { $0[.seconds(pause)] == 1 }
            clock.advance(by: .seconds(pause))
        }
        let steps = try await told.steps(3)
        #expect(steps[2].step == .withdrawn && steps[2].from == "mgmtd" && steps[2].count == 1)
        #expect(await providers.mgmtd.running == [Self.three])
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func aModuleThatDoesNotAnswerInTimeMayAnnounceOn() async throws {
        let providers = TwoProviders(bgpd: [Self.one])
        let witness = FakeWitness(bgpd: providers.bgpd, mgmtd: providers.mgmtd)
        await witness.refuseReading(ManagementError(.deadlineExceeded, "no answer within 15 s"))
        let session = providers.session(preferred: "mgmtd", witness: witness)
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await told.steps(1).first?.step == .unreachable)
        await session.close()
    }

    @Test func whatBGPLacksIsNotInstalled() async throws {
        let providers = TwoProviders(mgmtd: [Self.one, Self.three])
        let witness = FakeWitness(bgpd: providers.bgpd, mgmtd: providers.mgmtd)
        let session = providers.session(preferred: "mgmtd", witness: witness)
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await session.installedNetworks() == [Self.one, Self.three])
        await witness.redistribute([.ipv4])
        #expect(try await session.installedNetworks() == [Self.one])
        await witness.refuse(ManagementError(.deadlineExceeded, "busy"))
        #expect(try await session.installedNetworks() == [Self.one, Self.three])
        await session.close()
    }

    @Test func leftoversAreLookedForSoonAlthoughARefusalIsNew() async throws {
        let providers = TwoProviders(bgpd: [Self.one])
        let clock = ManualClock()
        let (session, witness, told) = try await stayed(providers, clock)
        _ = try await clock.sleeps.wait(for: "the long pause") { $0[.seconds(300)] == 1 }
        await session.close()
        await witness.redistribute([.ipv4])
        await providers.bgpd.fail(.reject(ManagementError(.locked, "somebody configures")))
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await told.steps(4).last?.step == .leftover)
        _ = try await clock.sleeps.wait(for: "the short pause") { $0[.seconds(10)] == 1 }
        clock.advance(by: .seconds(10))
        try await eventually("bgpd is empty") { await providers.bgpd.running.isEmpty }
        await session.close()
    }

    @Test func aSessionThatCannotBeReadIsNotInUse() async throws {
        let providers = TwoProviders(bgpd: [Self.one], lasting: [])
        let witness = FakeWitness(bgpd: providers.bgpd, mgmtd: providers.mgmtd)
        await providers.mgmtd.breakDown()
        let session = providers.session(witness: witness)
        await witness.refuseReading(ManagementError(.deadlineExceeded, "busy"))
        for _ in 0..<2 {
            let error = await #expect(throws: ManagementError.self) { try await session.open() }
            #expect(error?.code == .deadlineExceeded)
        }
        let closed = await #expect(throws: ManagementError.self) { try await session.networks() }
        #expect(closed?.code == .disconnected)
        await session.close()
    }

    @Test func whatTheOldOneDoesNotHaveIsNotTakenBack() async throws {
        // A move was cut off when mgmtd had got both; bgpd came back with one of them only.
        let providers = TwoProviders(bgpd: [Self.one, Self.two])
        await providers.mgmtd.fail(.loseReplyAfterApplying)
        let witness = FakeWitness(bgpd: providers.bgpd, mgmtd: providers.mgmtd)
        let session = providers.session(preferred: "mgmtd", witness: witness)
        await #expect(throws: ManagementError.self) { try await session.open() }
        await providers.bgpd.edit { $0 = [Self.one] }
        await witness.deny([.default])
        #expect(try await session.open().provider == "bgpd")
        #expect(await providers.mgmtd.running == [Self.two])
        await session.close()
    }
}
