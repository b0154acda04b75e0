import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

/// Coming back to the preferred provider while the other one is in use.
@Suite struct SwitchingTrialTests {
    private static let one = Network(prefix: IPPrefix(host: IPAddress("198.51.100.1")!))
    private static let two = Network(prefix: IPPrefix(host: IPAddress("198.51.100.2")!), attributeClass: .manual)
    private static let three = Network(prefix: IPPrefix(host: IPAddress("2001:db8::3")!), attributeClass: .drain)
    private static let silence = ManagementError(.unresponsive, "no answer")

    private static func commit(_ edits: NetworkEdit...) -> Transaction { Transaction(id: "t", edits: edits) }

    /// A session with mgmtd, as bgpd was away at the start.
    private func withoutModule(_ providers: TwoProviders, _ clock: ManualClock) async throws -> SwitchingSession {
        await providers.bgpd.breakDown()
        let session = providers.session(isAutomatic: true, installation: .seconds(15), clock: clock)
        #expect(try await session.open().provider == "mgmtd")
        _ = try await clock.sleeps.wait(for: "the pause") { $0[.seconds(10)] == 1 }
        await providers.bgpd.restore()
        return session
    }

    // MARK: - Hysteresis

    @Test func aBusyModuleIsWaitedForLonger() async throws {
        let providers = TwoProviders(bgpd: [Self.one])
        let clock = ManualClock()
        let session = providers.session(isAutomatic: true, clock: clock)
        let told = await Told(session)
        _ = try await session.open()
        await providers.bgpd.refuseOpening(Self.silence)
        await providers.bgpd.breakDown("no answer within 15 s")
        await providers.bgpd.restore()
        _ = try await told.loss()
        for pause in [0, 10, 289] {
            clock.advance(by: .seconds(pause))
            let error = await #expect(throws: ManagementError.self) { try await session.open() }
            #expect(error?.code == .unresponsive)
        }
        #expect(providers.mgmtd.transactions.value.isEmpty)
        // It has ended: that is no reason to wait any longer.
        await providers.bgpd.refuseOpening(ManagementError(.unreachable, "nobody listens"))
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await session.networks() == [Self.one])
        await session.close()
    }

    @Test func eachMoveDoublesTheStay() async throws {
        let providers = TwoProviders(bgpd: [Self.one], lasting: [])
        let clock = ManualClock()
        let session = providers.session(isAutomatic: true, clock: clock)
        _ = try await session.open()
        // Two moves each, there and back; beyond ten minutes it does not grow.
        for stay in [20, 80, 320, 600, 600] {
            var before = clock.sleeps.value
            await moveAway(providers, clock, session)
            // The last ten seconds are the pause between two looks.
            _ = try await clock.sleeps.wait(for: "a stay of \(stay) s") { [before] in
                $0[.seconds(stay - 10), default: 0] > before[.seconds(stay - 10), default: 0]
            }
            before = clock.sleeps.value
            clock.advance(by: .seconds(stay - 10))
            _ = try await clock.sleeps.wait(for: "the last of it") { [before] in
                $0[.seconds(10), default: 0] > before[.seconds(10), default: 0]
            }
            await providers.bgpd.restore()
            #expect(try await session.networks() == [Self.one])
            clock.advance(by: .seconds(10))
            try await eventually("the module is used") { (try? await session.open())?.provider == "bgpd" }
        }
        // After ten quiet minutes it is as at first.
        clock.advance(by: .seconds(601))
        let before = clock.sleeps.value[.seconds(10), default: 0]
        await moveAway(providers, clock, session)
        _ = try await clock.sleeps.wait(for: "a short stay") { $0[.seconds(10), default: 0] == before + 1 }
        clock.advance(by: .seconds(10))
        _ = try await clock.sleeps.wait(for: "the last of it") { $0[.seconds(10), default: 0] == before + 2 }
        await session.close()
    }

    private func moveAway(_ providers: TwoProviders, _ clock: ManualClock, _ session: SwitchingSession) async {
        await providers.bgpd.breakDown()
        try? await eventually("the loss") { (try? await session.networks()) == nil }
        clock.advance(by: .seconds(10))
        try? await eventually("mgmtd is used") { (try? await session.open())?.provider == "mgmtd" }
    }

    // MARK: - Refusals

    @Test func anotherRefusalCostsNobodyTheSession() async throws {
        let providers = TwoProviders(mgmtd: [Self.one, Self.two])
        await providers.bgpd.refuse([Self.two.prefix])
        let clock = ManualClock()
        let session = providers.session(clock: clock)
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        let openings = providers.mgmtd.openCount.value
        for round in 1...3 {
            _ = try await clock.sleeps.wait(for: "the long pause") { $0[.seconds(300)] == round }
            clock.advance(by: .seconds(300))
            _ = try await clock.sleeps.wait(for: "the short pause") { $0[.seconds(10)] == round }
            clock.advance(by: .seconds(10))
        }
        _ = try await clock.sleeps.wait(for: "the long pause") { $0[.seconds(300)] == 4 }
        // Asked each time, and told once.
        #expect(providers.bgpd.transactions.value.count == 4)
        #expect(told.events.value.count == 1)
        #expect(providers.mgmtd.openCount.value == openings)
        #expect(try await session.networks() == [Self.one, Self.two])
        #expect(await providers.bgpd.running.isEmpty)
        await session.close()
    }

    @Test func aModuleThatIsLostMeanwhileLosesNothing() async throws {
        let providers = TwoProviders(mgmtd: [Self.one, Self.two])
        let clock = ManualClock()
        let session = try await withoutModule(providers, clock)
        let told = await Told(session)
        await providers.bgpd.fail(.loseReplyAfterApplying)
        clock.advance(by: .seconds(10))
        #expect(try await told.steps(1).first?.step == .stayed)
        #expect(try await session.networks() == [Self.one, Self.two])
        #expect(await session.commit(Self.commit(.remove(Self.one.prefix))).outcome == .applied)
        // What it had got by then and is not wanted any more goes with the next try.
        for pause in [300, 10] {
            _ = try await clock.sleeps.wait(for: "a pause of \(pause) s") {
                $0[.seconds(pause)] == (pause == 10 ? 2 : 1)
            }
            clock.advance(by: .seconds(pause))
        }
        try await eventually("the module is used") { (try? await session.open())?.provider == "bgpd" }
        #expect(await providers.bgpd.running == [Self.two])
        #expect(await providers.mgmtd.running.isEmpty)
        await session.close()
    }

    // MARK: - Turns

    @Test func callsHaveTheirTurnsWhileAMoveWaits() async throws {
        let providers = TwoProviders(mgmtd: [Self.one, Self.two], lasting: [Self.two])
        let clock = ManualClock()
        let session = try await withoutModule(providers, clock)
        let told = await Told(session)
        await providers.bgpd.installNothing()
        clock.advance(by: .seconds(10))
        _ = try await clock.sleeps.wait(for: "a look at what is installed") { $0[.milliseconds(50)] == 1 }
        #expect(await providers.bgpd.running == [Self.one, Self.two])
        #expect(await session.commit(Self.commit(.set(Self.three), .remove(Self.one.prefix))).outcome == .applied)
        #expect(try await session.networks() == [Self.two, Self.three])
        // What is withdrawn is withdrawn at once.
        #expect(await providers.bgpd.running == [Self.two])
        await providers.bgpd.installNothing(false)
        clock.advance(by: .milliseconds(50))
        _ = try await told.loss()
        #expect(try await session.open().provider == "bgpd")
        #expect(try await session.networks() == [Self.two, Self.three])
        #expect(await providers.mgmtd.running.isEmpty)
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func callsHaveTheirTurnsWhileTheModuleOpens() async throws {
        let providers = TwoProviders(mgmtd: [Self.one])
        let clock = ManualClock()
        let session = try await withoutModule(providers, clock)
        await providers.bgpd.holdNextOpening()
        clock.advance(by: .seconds(10))
        try await eventually("bgpd is being opened") { await providers.bgpd.isHeld }
        #expect(await session.commit(Self.commit(.set(Self.three))).outcome == .applied)
        await providers.bgpd.release()
        try await eventually("the module is used") { (try? await session.open())?.provider == "bgpd" }
        #expect(try await session.networks() == [Self.one, Self.three])
        await session.close()
    }

    @Test func leftoversThatCannotBeRemovedHoldUpNobody() async throws {
        let providers = TwoProviders(mgmtd: [Self.one, Self.two], bgpd: [Self.one])
        await providers.mgmtd.breakDown()
        await providers.bgpd.installNothing()
        let clock = ManualClock()
        let session = providers.session(installation: .seconds(15), clock: clock)
        #expect(try await session.open().provider == "bgpd")
        _ = try await clock.sleeps.wait(for: "the pause") { $0[.seconds(10)] == 1 }
        await providers.mgmtd.restore()
        clock.advance(by: .seconds(10))
        _ = try await clock.sleeps.wait(for: "a look at what is installed") { $0[.milliseconds(50)] == 1 }
        #expect(await session.commit(Self.commit(.remove(Self.one.prefix), .set(Self.three))).outcome == .applied)
        await providers.bgpd.installNothing(false)
        clock.advance(by: .milliseconds(50))
        try await eventually("mgmtd is empty") { await providers.mgmtd.running.isEmpty }
        #expect(try await session.networks() == [Self.two, Self.three])
        await session.close()
    }

    @Test func aSessionThatEndsWhileAMoveWaitsEndsTheMove() async throws {
        let providers = TwoProviders(mgmtd: [Self.one, Self.two])
        let clock = ManualClock()
        let session = try await withoutModule(providers, clock)
        await providers.bgpd.installNothing()
        clock.advance(by: .seconds(10))
        _ = try await clock.sleeps.wait(for: "a look at what is installed") { $0[.milliseconds(50)] == 1 }
        await session.close()
        // Both announce; nothing was removed, and the next session goes on.
        #expect(await providers.mgmtd.running == [Self.one, Self.two])
        #expect(await providers.bgpd.running == [Self.one, Self.two])
        await providers.bgpd.installNothing(false)
        #expect(try await session.open().provider == "bgpd")
        #expect(await providers.mgmtd.running.isEmpty)
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }
}
