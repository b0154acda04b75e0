import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

/// Moves that bgpd watches: nothing is removed from it before BGP has the same out of mgmtd's table.
@Suite struct SwitchingWitnessTests {
    private static let one = Network(prefix: IPPrefix(host: IPAddress("198.51.100.1")!))
    private static let two = Network(prefix: IPPrefix(host: IPAddress("198.51.100.2")!), attributeClass: .manual)
    private static let three = Network(prefix: IPPrefix(host: IPAddress("2001:db8::3")!), attributeClass: .drain)
    private static let all: Set = [one, two, three]
    private static let silence = ManagementError(.unresponsive, "permission denied")
    private static let old = ManagementError(.unsupported, "the module is older than this program")

    private static func commit(_ edits: NetworkEdit...) -> Transaction { Transaction(id: "t", edits: edits) }

    private func witness(_ providers: TwoProviders) -> FakeWitness {
        FakeWitness(bgpd: providers.bgpd, mgmtd: providers.mgmtd)
    }

    // MARK: - To mgmtd

    @Test func whatBGPTakesIsMoved() async throws {
        let providers = TwoProviders(bgpd: Self.all)
        let session = providers.session(preferred: "mgmtd", witness: witness(providers))
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await told.steps(3).map(\.step) == [.announced, .verified, .removed])
        #expect(await providers.bgpd.running.isEmpty)
        #expect(await providers.mgmtd.running == Self.all)
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test(arguments: [[], [AddressFamily.ipv4]]) func withoutTheLineNothingIsTouched(
        families: [AddressFamily]
    ) async throws {
        let providers = TwoProviders(bgpd: Self.all)
        let witness = witness(providers)
        await witness.redistribute(Set(families))
        let clock = ManualClock()
        let session = providers.session(preferred: "mgmtd", installation: .seconds(15), clock: clock, witness: witness)
        let told = await Told(session)
        #expect(try await session.open().provider == "bgpd")
        let step = try #require(try await told.steps(1).first)
        #expect(step.step == .stayed && step.count == 3 && step.error?.contains("add redistribute") == true)
        #expect(providers.mgmtd.transactions.value.isEmpty && providers.bgpd.transactions.value.isEmpty)
        #expect(await session.commit(Self.commit(.remove(Self.one.prefix))).outcome == .applied)
        // Looked at again, without giving up the session, until the line is there.
        _ = try await clock.sleeps.wait(for: "the long pause") { $0[.seconds(300)] == 1 }
        clock.advance(by: .seconds(300))
        for round in 1...2 {
            _ = try await clock.sleeps.wait(for: "pause \(round)") { $0[.seconds(10)] == round }
            clock.advance(by: .seconds(10))
        }
        _ = try await clock.sleeps.wait(for: "pause 3") { $0[.seconds(10)] == 3 }
        #expect(try await session.networks() == [Self.two, Self.three])
        await witness.redistribute([.ipv4, .ipv6])
        clock.advance(by: .seconds(10))
        #expect(try await told.loss() == .disconnected("mgmtd can be used now"))
        #expect(try await session.open().provider == "mgmtd")
        #expect(await providers.mgmtd.running == [Self.two, Self.three])
        #expect(await providers.bgpd.running.isEmpty)
        await session.close()
    }

    @Test func aTagThatIsDeniedIsFoundAndAllIsTakenBack() async throws {
        let providers = TwoProviders(bgpd: Self.all)
        let witness = witness(providers)
        await witness.deny([.drain])
        let session = providers.session(preferred: "mgmtd", witness: witness)
        let told = await Told(session)
        #expect(try await session.open().provider == "bgpd")
        let steps = try await told.steps(2)
        #expect(steps.map(\.step) == [.announced, .stayed] && steps[1].error == "BGP lacks 1")
        #expect(await providers.mgmtd.running.isEmpty)
        #expect(await providers.bgpd.running == Self.all)
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func whatBGPTakesLaterIsWaitedFor() async throws {
        let providers = TwoProviders(bgpd: Self.all)
        let witness = witness(providers)
        await witness.deny([.drain])
        let clock = ManualClock()
        let session = providers.session(preferred: "mgmtd", installation: .seconds(15), clock: clock, witness: witness)
        let opening = Task { try await session.open() }
        _ = try await clock.sleeps.wait(for: "a look at what BGP has") { $0[.milliseconds(50)] == 1 }
        #expect(await providers.bgpd.running == Self.all)
        await witness.deny([])
        clock.advance(by: .milliseconds(50))
        #expect(try await opening.value.provider == "mgmtd")
        #expect(await providers.bgpd.running.isEmpty)
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func aModuleThatCannotTellIsNotLeft() async throws {
        let providers = TwoProviders(bgpd: Self.all)
        let witness = witness(providers)
        await witness.refuse(Self.old)
        let session = providers.session(preferred: "mgmtd", witness: witness)
        let told = await Told(session)
        #expect(try await session.open().provider == "bgpd")
        let step = try #require(try await told.steps(1).first)
        #expect(step.step == .stayed && step.error == Self.old.message)
        #expect(providers.mgmtd.transactions.value.isEmpty && providers.bgpd.transactions.value.isEmpty)
        await session.close()
    }

    @Test func aModuleThatIsLostMeanwhileLosesNothing() async throws {
        let providers = TwoProviders(bgpd: Self.all)
        let witness = witness(providers)
        await witness.refuse(ManagementError(.disconnected, "bgpd ended"))
        let session = providers.session(preferred: "mgmtd", witness: witness)
        let error = await #expect(throws: ManagementError.self) { try await session.open() }
        #expect(error?.code == .disconnected)
        #expect(await providers.bgpd.running == Self.all)
        await witness.refuse(nil)
        #expect(try await session.open().provider == "mgmtd")
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func aModuleThatComesBackIsUsedWhereBGPDoesNotTakeTheTable() async throws {
        // bgpd was away, mgmtd was used meanwhile; bgpd has come back without its line.
        let providers = TwoProviders(mgmtd: [Self.one, Self.two], bgpd: [Self.one, Self.two], lasting: [Self.two])
        let witness = witness(providers)
        await witness.redistribute([])
        await witness.refuseOpening(Self.silence)
        let clock = ManualClock()
        let session = providers.session(preferred: "mgmtd", clock: clock, witness: witness)
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        #expect(await session.commit(Self.commit(.remove(Self.one.prefix), .set(Self.three))).outcome == .applied)
        _ = try await clock.sleeps.wait(for: "the pause") { $0[.seconds(10)] == 1 }
        await witness.refuseOpening(nil)
        clock.advance(by: .seconds(10))
        #expect(try await told.loss() == .disconnected("bgpd can be used now"))
        #expect(try await session.open().provider == "bgpd")
        // With what came meanwhile, and without what went.
        #expect(await providers.bgpd.running == [Self.two, Self.three])
        #expect(await providers.mgmtd.running.isEmpty)
        #expect(try await told.steps(2).prefix(2).map(\.step) == [.unreachable, .withdrawn])
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    // MARK: - To the module

    @Test func aModuleThatCannotTellIsNotMovedTo() async throws {
        let providers = TwoProviders(mgmtd: Self.all)
        let witness = witness(providers)
        await witness.refuse(Self.old)
        let session = providers.session(witness: witness)
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await told.steps(2).map(\.step) == [.announced, .stayed])
        #expect(await providers.mgmtd.running == Self.all)
        #expect(await providers.bgpd.running.isEmpty)
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    // MARK: - What is taken back

    @Test func onlyWhatTheMoveAddedIsTakenBack() async throws {
        // bgpd has one of them all the time, in another class; BGP may have it from there only.
        let before = Network(prefix: Self.one.prefix, attributeClass: .drain)
        let providers = TwoProviders(mgmtd: [Self.one, Self.two], bgpd: [before])
        await providers.bgpd.installNothing()
        let session = providers.session()
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        let steps = try await told.steps(3)
        #expect(steps.map(\.step) == [.announced, .stayed, .leftover])
        #expect(steps[2].from == "bgpd" && steps[2].to == "mgmtd" && steps[2].count == 1)
        #expect(await providers.bgpd.running == [before])
        #expect(await providers.mgmtd.running == [Self.one, Self.two])
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func nothingIsTakenBackWhereNothingWasTaken() async throws {
        let providers = TwoProviders(mgmtd: [Self.one, Self.two], bgpd: [Self.one])
        await providers.bgpd.refuse([Self.two.prefix])
        let session = providers.session()
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await told.steps(2).map(\.step) == [.stayed, .leftover])
        #expect(await providers.bgpd.running == [Self.one])
        #expect(providers.bgpd.transactions.value.count == 1)
        await session.close()
    }

    @Test func whatACutOffMoveAddedIsTakenBackByTheNextOne() async throws {
        let providers = TwoProviders(mgmtd: [Self.one, Self.two])
        await providers.bgpd.fail(.loseReplyAfterApplying)
        await providers.bgpd.installNothing()
        let session = providers.session()
        let cut = await #expect(throws: ManagementError.self) { try await session.open() }
        #expect(cut?.code == .disconnected)
        #expect(await providers.bgpd.running == [Self.one, Self.two])
        #expect(try await session.open().provider == "mgmtd")
        #expect(await providers.bgpd.running.isEmpty)
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    // MARK: - A module that cannot be asked

    @Test func aModuleThatMayAnnounceAndCannotBeAskedIsTold() async throws {
        let providers = TwoProviders(bgpd: [Self.one])
        let witness = witness(providers)
        await witness.refuseOpening(Self.silence)
        let clock = ManualClock()
        let session = providers.session(preferred: "mgmtd", clock: clock, witness: witness)
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        let step = try #require(try await told.steps(1).first)
        #expect(step.step == .unreachable && step.from == "bgpd" && step.error == Self.silence.message)
        _ = try await clock.sleeps.wait(for: "the pause") { $0[.seconds(10)] == 1 }
        await witness.refuseOpening(nil)
        clock.advance(by: .seconds(10))
        #expect(try await told.steps(4).last?.step == .removed)
        #expect(try await session.networks() == [Self.one])
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func onceItHasEndedNothingIsLeft() async throws {
        let providers = TwoProviders(mgmtd: [Self.two])
        let witness = witness(providers)
        await witness.refuseOpening(Self.silence)
        let clock = ManualClock()
        let session = providers.session(preferred: "mgmtd", clock: clock, witness: witness)
        let told = await Told(session)
        _ = try await session.open()
        _ = try await clock.sleeps.wait(for: "the pause") { $0[.seconds(10)] == 1 }
        await witness.refuseOpening(ManagementError(.unreachable, "nobody listens"))
        clock.advance(by: .seconds(10))
        let steps = try await told.steps(2)
        #expect(steps.map(\.step) == [.unreachable, .removed] && steps[1].count == 0)
        await session.close()
    }

    @Test func withAutoItIsNeitherARefusalNorUsed() async throws {
        let providers = TwoProviders(mgmtd: [Self.two])
        let witness = witness(providers)
        await witness.refuseOpening(Self.silence)
        let clock = ManualClock()
        let session = providers.session(isAutomatic: true, clock: clock, witness: witness)
        let told = await Told(session)
        // What mgmtd announces would have to go through the same bgpd.
        for pause in [0, 10, 289] {
            clock.advance(by: .seconds(pause))
            let error = await #expect(throws: ManagementError.self) { try await session.open() }
            #expect(error?.code == .unresponsive)
        }
        #expect(providers.mgmtd.openCount.value == 0 && told.events.value.isEmpty)
        clock.advance(by: .seconds(1))
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await told.steps(1).map(\.step) == [.unreachable])
        await session.close()
    }
}
