import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

@Suite struct SwitchingSessionTests {
    private static let one = Network(prefix: IPPrefix(host: IPAddress("198.51.100.1")!))
    private static let two = Network(prefix: IPPrefix(host: IPAddress("198.51.100.2")!), attributeClass: .manual)
    private static let three = Network(prefix: IPPrefix(host: IPAddress("2001:db8::3")!), attributeClass: .drain)
    private static let unreachable = ManagementError(.unreachable, "not running")
    private static let refusal = ManagementError(.rejected, "add: no bgp network import-check")

    private static func commit(_ edits: NetworkEdit...) -> Transaction { Transaction(id: "t", edits: edits) }

    // MARK: - Moving

    @Test(arguments: ["mgmtd", "bgpd"]) func whatTheOtherAnnouncesIsMovedWithoutAGap(preferred: String) async throws {
        let all: Set = [Self.one, Self.two, Self.three]
        let providers = TwoProviders(mgmtd: preferred == "bgpd" ? all : [], bgpd: preferred == "bgpd" ? [] : all)
        let session = providers.session(preferred: preferred)
        let told = await Told(session)
        #expect(try await session.open().provider == preferred)
        #expect(try await session.networks() == all)
        let steps = try await told.steps(3)
        #expect(steps.map(\.step) == [.announced, .verified, .removed])
        #expect(steps.allSatisfy { $0.to == preferred && $0.from != preferred && $0.count == 3 && $0.error == nil })
        let (old, new) = preferred == "bgpd" ? (providers.mgmtd, providers.bgpd) : (providers.bgpd, providers.mgmtd)
        #expect(await old.running.isEmpty)
        #expect(await new.running == all)
        #expect(providers.gaps.value.isEmpty)
        // One transaction each way, and later ones go to the new one.
        #expect(await session.commit(Self.commit(.remove(Self.one.prefix))).outcome == .applied)
        #expect(old.transactions.value.count == 1 && new.transactions.value.count == 2)
        await session.close()
    }

    @Test func withNothingToMoveNothingIsTold() async throws {
        let providers = TwoProviders(bgpd: [Self.one])
        let session = providers.session()
        let told = await Told(session)
        _ = try await session.open()
        #expect(try await session.installedNetworks() == [Self.one])
        await session.close()
        #expect(told.events.value.isEmpty && providers.mgmtd.transactions.value.isEmpty)
    }

    @Test func aMoveThatWasCutOffGoesOn() async throws {
        // Killed after half of it was announced by the new one.
        let providers = TwoProviders(mgmtd: [Self.one, Self.two], bgpd: [Self.one, Self.three])
        let session = providers.session()
        _ = try await session.open()
        #expect(try await session.networks() == [Self.one, Self.two, Self.three])
        #expect(await providers.mgmtd.running.isEmpty)
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func anUnknownEndOfTheAnnouncementIsTriedAgain() async throws {
        let providers = TwoProviders(mgmtd: [Self.one, Self.two])
        let session = providers.session()
        await providers.bgpd.fail(.loseReplyAfterApplying, .loseRequest)
        for _ in 0..<2 {
            let error = await #expect(throws: ManagementError.self) { try await session.open() }
            #expect(error?.code == .disconnected)
            #expect(await providers.mgmtd.running.count == 2)
            await providers.bgpd.edit { $0 = [] }
        }
        _ = try await session.open()
        #expect(await providers.mgmtd.running.isEmpty)
        #expect(await providers.bgpd.running.count == 2)
        await session.close()
    }

    @Test func aMoveWhoseTaskIsCancelledTakesNothingBack() async throws {
        let providers = TwoProviders(bgpd: [Self.one, Self.two])
        await providers.mgmtd.installNothing()
        let clock = ManualClock()
        let session = providers.session(preferred: "mgmtd", installation: .seconds(15), clock: clock)
        let told = await Told(session)
        let opening = Task { try await session.open() }
        _ = try await clock.sleeps.wait(for: "a look at what is installed") { $0[.milliseconds(50)] == 1 }
        opening.cancel()
        let error = await #expect(throws: ManagementError.self) { try await opening.value }
        #expect(error?.code == .disconnected)
        #expect(await providers.mgmtd.running == [Self.one, Self.two])
        #expect(await providers.bgpd.running == [Self.one, Self.two])
        await providers.mgmtd.installNothing(false)
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await told.steps(4).map(\.step) == [.announced, .announced, .verified, .removed])
        #expect(await providers.bgpd.running.isEmpty)
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    // MARK: - Refusals

    @Test func whereTheNewOneRefusesTheOldOneIsUsedOn() async throws {
        let providers = TwoProviders(mgmtd: [Self.one, Self.two])
        await providers.bgpd.refuse([Self.two.prefix])
        let clock = ManualClock()
        let session = providers.session(clock: clock)
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        let step = try #require(try await told.steps(1).first)
        #expect(step.step == .stayed && step.to == "bgpd" && step.error?.contains("198.51.100.2") == true)
        #expect(await session.commit(Self.commit(.set(Self.three))).outcome == .applied)
        #expect(await providers.mgmtd.running == [Self.one, Self.two, Self.three])
        #expect(await providers.bgpd.running.isEmpty)
        // It is not bothered every few seconds, but once in a while.
        _ = try await clock.sleeps.wait(for: "the long pause") { $0[.seconds(300)] == 1 }
        await providers.bgpd.refuse([])
        clock.advance(by: .seconds(300))
        _ = try await clock.sleeps.wait(for: "the short pause") { $0[.seconds(10)] == 1 }
        clock.advance(by: .seconds(10))
        #expect(try await told.loss() == .disconnected("bgpd can be used now"))
        #expect(try await session.open().provider == "bgpd")
        #expect(await providers.bgpd.running == [Self.one, Self.two, Self.three])
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func whatIsNotInstalledIsTakenBack() async throws {
        let providers = TwoProviders(bgpd: [Self.one, Self.two])
        await providers.mgmtd.installNothing()
        let session = providers.session(preferred: "mgmtd")
        let told = await Told(session)
        #expect(try await session.open().provider == "bgpd")
        let steps = try await told.steps(2)
        #expect(steps.map(\.step) == [.announced, .stayed] && steps[1].error?.contains("installed") == true)
        #expect(await providers.mgmtd.running.isEmpty)
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func aRefusalToOpenLeavesTheOldOneInUseIfItAnnouncesSomething() async throws {
        let providers = TwoProviders(mgmtd: [Self.one])
        await providers.bgpd.refuseOpening(Self.refusal)
        let session = providers.session()
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await told.steps(1).first?.error == Self.refusal.message)
        #expect(try await session.networks() == [Self.one])
        await session.close()
        await providers.mgmtd.edit { $0 = [] }
        let empty = providers.session()
        let error = await #expect(throws: ManagementError.self) { try await empty.open() }
        #expect(error?.message == Self.refusal.message)
        await empty.close()
    }

    @Test func theOnlyProviderIsWaitedForWhenItIsNotThere() async throws {
        let providers = TwoProviders(mgmtd: [Self.one])
        await providers.bgpd.breakDown()
        let session = providers.session()
        let error = await #expect(throws: ManagementError.self) { try await session.open() }
        #expect(error?.code == .unreachable)
        #expect(providers.mgmtd.openCount.value == 0)
        #expect(await session.commit(Self.commit(.set(Self.two))).outcome.name == "rejected")
        await session.close()
    }

    // MARK: - The old one in trouble

    @Test func anOldOneThatIsAwayIsToldOnceAndCleanedLater() async throws {
        let providers = TwoProviders(mgmtd: [Self.one, Self.two], bgpd: [Self.one])
        await providers.mgmtd.breakDown()
        let clock = ManualClock()
        let session = providers.session(clock: clock)
        let told = await Told(session)
        #expect(try await session.open().provider == "bgpd")
        #expect(try await told.steps(1).map(\.step) == [.unreachable])
        for round in 1...2 {
            _ = try await clock.sleeps.wait(for: "pause \(round)") { $0[.seconds(10)] == round }
            clock.advance(by: .seconds(10))
        }
        _ = try await clock.sleeps.wait(for: "pause 3") { $0[.seconds(10)] == 3 }
        #expect(told.events.value.count == 1)
        await providers.mgmtd.restore()
        clock.advance(by: .seconds(10))
        #expect(try await told.steps(4).map(\.step) == [.unreachable, .announced, .verified, .removed])
        #expect(await providers.mgmtd.running.isEmpty)
        #expect(try await session.networks() == [Self.one, Self.two])
        await session.close()
    }

    @Test func whatWasWithdrawnMeanwhileIsOnlyRemovedFromTheOldOne() async throws {
        let all: Set = [Self.one, Self.two, Self.three]
        let providers = TwoProviders(mgmtd: all, bgpd: all, lasting: [Self.two])
        await providers.mgmtd.breakDown()
        let clock = ManualClock()
        let session = providers.session(clock: clock)
        let told = await Told(session)
        _ = try await session.open()
        #expect(await session.commit(Self.commit(.remove(Self.one.prefix))).outcome == .applied)
        // Withdrawn too, as is found later.
        await providers.bgpd.fail(.loseReplyAfterApplying)
        #expect(await session.commit(Self.commit(.remove(Self.three.prefix))).outcome.name == "unknown")
        _ = try await session.open()
        _ = try await clock.sleeps.wait(for: "the pause") { $0[.seconds(10)] == 2 }
        await providers.mgmtd.restore()
        clock.advance(by: .seconds(10))
        #expect(try await told.steps(4).last?.step == .removed)
        #expect(await providers.mgmtd.running.isEmpty)
        #expect(await providers.bgpd.running == [Self.two])
        #expect(providers.bgpd.transactions.value.count == 2)
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func whatTheOldOneDoesNotLetGoIsTriedAgain() async throws {
        let providers = TwoProviders(mgmtd: [Self.one])
        await providers.mgmtd.fail(.reject(ManagementError(.locked, "somebody configures")))
        let clock = ManualClock()
        let session = providers.session(clock: clock)
        let told = await Told(session)
        #expect(try await session.open().provider == "bgpd")
        let steps = try await told.steps(3)
        #expect(steps[2].step == .leftover && steps[2].error == "somebody configures")
        _ = try await clock.sleeps.wait(for: "the pause") { $0[.seconds(10)] == 1 }
        clock.advance(by: .seconds(10))
        #expect(try await told.steps(6).last?.step == .removed)
        #expect(await providers.mgmtd.running.isEmpty)
        #expect(await providers.bgpd.running == [Self.one])
        await session.close()
    }

    @Test func aLeftoverThatIsRefusedIsNoReasonToLeaveTheNewOne() async throws {
        let providers = TwoProviders(mgmtd: [Self.two], bgpd: [Self.one])
        await providers.mgmtd.breakDown()
        await providers.bgpd.refuse([Self.two.prefix])
        let clock = ManualClock()
        let session = providers.session(clock: clock)
        let told = await Told(session)
        _ = try await session.open()
        _ = try await clock.sleeps.wait(for: "the pause") { $0[.seconds(10)] == 1 }
        await providers.mgmtd.restore()
        clock.advance(by: .seconds(10))
        #expect(try await told.steps(2).map(\.step) == [.unreachable, .leftover])
        #expect(try await session.networks() == [Self.one])
        #expect(await providers.mgmtd.running == [Self.two])
        await session.close()
    }

    // MARK: - Automatic

    @Test func theModuleIsUsedOnceItIsThere() async throws {
        let providers = TwoProviders(mgmtd: [Self.one])
        await providers.bgpd.breakDown()
        let clock = ManualClock()
        let session = providers.session(isAutomatic: true, clock: clock)
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        _ = try await clock.sleeps.wait(for: "the pause") { $0[.seconds(10)] == 1 }
        #expect(told.events.value.isEmpty)
        await providers.bgpd.restore()
        clock.advance(by: .seconds(10))
        _ = try await told.loss()
        let error = await #expect(throws: ManagementError.self) { try await session.networks() }
        #expect(error?.code == .disconnected)
        #expect(try await session.open().provider == "bgpd")
        #expect(try await told.steps(3).last?.step == .removed)
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func whatABGPDHadThatWasAwayAtTheStartStays() async throws {
        // Its state file gave it back what it announced; mgmtd, which was used meanwhile, never had it.
        let manual = Network(prefix: Self.two.prefix, attributeClass: .manual)
        let providers = TwoProviders(bgpd: [Self.one, manual])
        await providers.bgpd.breakDown()
        let clock = ManualClock()
        let session = providers.session(isAutomatic: true, clock: clock)
        #expect(try await session.open().provider == "mgmtd")
        _ = await session.commit(Self.commit(.set(Self.three)))
        _ = try await clock.sleeps.wait(for: "the pause") { $0[.seconds(10)] == 1 }
        await providers.bgpd.restore()
        clock.advance(by: .seconds(10))
        try await eventually("the module is used") { (try? await session.open())?.provider == "bgpd" }
        #expect(try await session.networks() == [Self.one, manual, Self.three])
        #expect(providers.gaps.value.isEmpty)
        await session.close()
    }

    @Test func aModuleThatComesBackWhileMgmtdOpensIsUsed() async throws {
        let providers = TwoProviders(bgpd: [Self.one])
        await providers.bgpd.breakDown()
        await providers.mgmtd.holdNextOpening()
        let session = providers.session(isAutomatic: true)
        let opening = Task { try await session.open() }
        try await eventually("mgmtd is being opened") { await providers.mgmtd.isHeld }
        await providers.bgpd.restore()
        await providers.mgmtd.release()
        let error = await #expect(throws: ManagementError.self) { try await opening.value }
        #expect(error?.code == .disconnected)
        #expect(try await session.open().provider == "bgpd")
        #expect(try await session.networks() == [Self.one])
        #expect(await providers.mgmtd.running.isEmpty)
        await session.close()
    }

    @Test func aModuleThatIsGoneForGoodIsReplacedAndComesBack() async throws {
        let providers = TwoProviders(bgpd: [Self.one, Self.two], lasting: [])
        let clock = ManualClock()
        let session = providers.session(isAutomatic: true, clock: clock)
        let told = await Told(session)
        _ = try await session.open()
        await providers.bgpd.breakDown("bgpd ended")
        #expect(try await told.loss() == .disconnected("bgpd ended"))
        // It may only be restarting.
        for _ in 0..<2 {
            let error = await #expect(throws: ManagementError.self) { try await session.open() }
            #expect(error?.code == .unreachable)
        }
        clock.advance(by: .seconds(10))
        try await eventually("mgmtd is used") { (try? await session.open())?.provider == "mgmtd" }
        // What the module was asked for last is announced by mgmtd now.
        #expect(try await session.networks() == [Self.one, Self.two])
        #expect(try await told.steps(3).map(\.step) == [.unreachable, .announced, .verified])
        _ = await session.commit(Self.commit(.remove(Self.one.prefix), .set(Self.three)))
        // bgpd comes back with what its state file says, which is not the latest.
        await providers.bgpd.restore()
        for pause in 1...2 {
            _ = try await clock.sleeps.wait(for: "pause \(pause)") { $0[.seconds(10)] == pause }
            clock.advance(by: .seconds(10))
        }
        try await eventually("the module is used") { (try? await session.open())?.provider == "bgpd" }
        #expect(try await session.networks() == [Self.two, Self.three])
        #expect(await providers.mgmtd.running.isEmpty)
        await session.close()
    }

    @Test func aModuleThatComesBackAndRefusesAtFirstIsWaitedFor() async throws {
        let providers = TwoProviders(bgpd: [Self.one])
        let clock = ManualClock()
        let session = providers.session(isAutomatic: true, clock: clock)
        let told = await Told(session)
        _ = try await session.open()
        await providers.bgpd.breakDown("bgpd ended")
        _ = try await told.loss()
        await providers.bgpd.restore()
        await providers.bgpd.refuseOpening(Self.refusal)
        let error = await #expect(throws: ManagementError.self) { try await session.open() }
        #expect(error?.message == Self.refusal.message)
        #expect(providers.mgmtd.transactions.value.isEmpty)
        await providers.bgpd.refuseOpening(nil)
        #expect(try await session.open().provider == "bgpd")
        // One that refuses on is replaced all the same.
        await providers.bgpd.breakDown("bgpd ended")
        try await eventually("the loss") { (try? await session.networks()) == nil }
        await providers.bgpd.restore()
        await providers.bgpd.refuseOpening(Self.refusal)
        clock.advance(by: .seconds(10))
        try await eventually("mgmtd is used") { (try? await session.open())?.provider == "mgmtd" }
        await session.close()
    }

    @Test func aModuleThatRefusesIsNotUsed() async throws {
        let providers = TwoProviders()
        await providers.bgpd.refuseOpening(Self.refusal)
        let session = providers.session(isAutomatic: true)
        let told = await Told(session)
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await told.steps(1).first?.step == .stayed)
        await session.close()
    }

    @Test func withoutEitherTheErrorIsTheOneThatHelps() async throws {
        let providers = TwoProviders()
        await providers.mgmtd.breakDown()
        await providers.bgpd.refuseOpening(Self.refusal)
        let session = providers.session(isAutomatic: true)
        let error = await #expect(throws: ManagementError.self) { try await session.open() }
        #expect(error?.message == Self.refusal.message)
        await session.close()
    }

    // MARK: - The session

    @Test func closingEndsAnOpeningUnderWay() async throws {
        let providers = TwoProviders(mgmtd: [Self.one])
        let session = providers.session()
        await providers.bgpd.holdNextOpening()
        let opening = Task { try await session.open() }
        try await eventually("bgpd is being opened") { await providers.bgpd.isHeld }
        let closing = Task { await session.close() }
        _ = try await providers.mgmtd.closeCount.wait(for: "both are closed") { $0 == 1 }
        await providers.bgpd.release()
        await closing.value
        let error = await #expect(throws: ManagementError.self) { try await opening.value }
        #expect(error?.code == .disconnected)
        // Nothing was opened, moved, or left open.
        #expect(providers.mgmtd.openCount.value == 0 && providers.bgpd.transactions.value.isEmpty)
        let closed = await #expect(throws: ManagementError.self) { try await providers.bgpd.networks() }
        #expect(closed?.code == .disconnected)
        #expect(try await session.open().provider == "bgpd")
        #expect(await providers.bgpd.running == [Self.one])
        await session.close()
    }

    @Test func aLossOfTheOneInUseIsALoss() async throws {
        let providers = TwoProviders(bgpd: [Self.one])
        let session = providers.session()
        let told = await Told(session)
        _ = try await session.open()
        await providers.bgpd.fail(.loseRequest)
        guard case .unknown = await session.commit(Self.commit(.set(Self.two))).outcome else {
            Issue.record("a lost commit has an outcome")
            return
        }
        _ = try await told.loss()
        #expect(await session.commit(Self.commit(.set(Self.two))).outcome.name == "rejected")
        _ = try await session.open()
        #expect(try await session.networks() == [Self.one])
        await session.close()
    }

    @Test func stepsAreJournalled() async throws {
        let providers = TwoProviders(mgmtd: [Self.one, Self.two])
        let harness = ServiceHarness(over: providers.session(clock: ContinuousClock()))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await harness.service.run() }
            let isMove = { @Sendable (record: TransactionRecord) in record.kind == .providerMove }
            let records = try await harness.recorded.wait(for: "three steps") { $0.count(where: isMove) == 3 }
            let moves = records.filter(isMove)
            #expect(moves.allSatisfy { $0.outcome == .applied && $0.edits.isEmpty && $0.sequence > 0 })
            #expect(moves.map { $0.cause.count } == [1, 1, 1])
            #expect(moves.last?.cause.first == "2 networks removed from mgmtd; bgpd is in use")
            // The journal begins with what FRR runs, and its model is not changed by a move.
            #expect(records.first?.kind == .observed)
            #expect(try await harness.journal.networks(after: moves.last?.id) == [Self.one, Self.two])
            let record = try await harness.commit("r1", [.set(Self.three)])
            #expect(record.capabilities?.provider == "bgpd" && record.parent == moves.last?.id)
            group.cancelAll()
        }
    }
}
