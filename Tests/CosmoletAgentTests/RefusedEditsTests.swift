import Announcements
import CosmoletAgent
import CosmoletTesting
import Logging
import NetworkTypes
import Northbound
import Observability
import Testing

/// What FRR refuses for good costs few commits, as each is a record in the journal.
@Suite struct RefusedEditsTests {
    private static let gold = AttributeClass(rawValue: "gold")!
    private static let silver = AttributeClass(rawValue: "silver")!

    private struct Rig: Sendable {
        let session = FakeManagementSession()
        let clock = ManualClock()
        let reconciler: Reconciler

        init() {
            reconciler = Reconciler(
                session: session, configuration: RefusedEditsTests.rules(),
                telemetry: AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: "fake"),
                comparePeriod: .seconds(10), clock: clock,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }

        /// Lets the loop compare with FRR so many times.
        ///
        /// - Returns: how many transactions there were after each.
        func compare(_ rounds: Int) async throws -> [Int] {
            var counts: [Int] = []
            for _ in 0..<rounds {
                let before = clock.sleeps.value[.seconds(10), default: 0]
                clock.advance(by: .seconds(10))
                _ = try await clock.sleeps.wait(for: "the next pause") { $0[.seconds(10), default: 0] > before }
                // The loop was told; facts that no rule looks at show when it has turned.
                await reconciler.apply(.service(ServiceFacts(id: ServiceID(namespace: "noise", name: "\(before)"))))
                await reconciler.quiesce()
                counts.append(session.transactions.value.count)
            }
            return counts
        }
    }

    private static func rules(_ drainHold: Duration = .seconds(10)) -> PlannerConfiguration {
        var rules = PlannerConfiguration()
        rules.tags = try! TagMap(
            ownedTags: 100...199, classes: [.default: 100, .manual: 198, .drain: 199, gold: 110, silver: 111])
        rules.drainHold = drainHold
        return rules
    }

    private static func vip(_ number: Int) -> Network {
        Network(prefix: IPPrefix(host: IPAddress("198.51.100.\(number)")!))
    }

    private func service(_ number: Int, _ name: AttributeClass? = nil) -> ServiceFacts {
        ServiceFacts(
            id: ServiceID(namespace: "shop", name: "s\(number)"),
            addresses: [AddressFact(kind: .loadBalancer, text: "198.51.100.\(number)")],
            annotations: ServiceAnnotations(className: name?.rawValue))
    }

    private func sync(_ rig: Rig, _ services: [ServiceFacts]) async {
        await rig.reconciler.apply(.replacedServices(services))
        await rig.reconciler.apply(
            .replacedSlices(
                services.map {
                    SliceFacts(
                        id: SliceID(namespace: $0.id.namespace, name: $0.id.name), service: $0.id,
                        endpoints: [EndpointFact(address: IPAddress("10.0.0.1")!, isReady: true)])
                }))
        await rig.reconciler.apply(.replacedNode(NodeFacts(name: "here")))
        await rig.reconciler.quiesce()
    }

    private func with(_ body: (Rig) async throws -> Void) async throws {
        let rig = Rig()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await rig.reconciler.run() }
            _ = try await rig.clock.sleeps.wait(for: "the first pause") { $0[.seconds(10)] == 1 }
            try await body(rig)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    // MARK: - Pauses

    @Test func aClassThatIsMissingCostsOneCommitInEachGrowingPause() async throws {
        try await with { rig in
            await rig.session.refuse(classes: [.default])
            await sync(rig, (1...100).map { service($0) })
            #expect(rig.session.transactions.value.count == 1)
            // After 1, 2, 4, 8 comparisons, each counted from the try before.
            let counts = try await rig.compare(15)
            #expect(counts == [2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5])
            // Then 16 and 32, and never more than ten minutes.
            let later = try await rig.compare(48 + 120)
            #expect(later[15] == 6 && later[14] == 5 && later[47] == 7 && later[46] == 6)
            #expect(later[107] == 8 && later[106] == 7 && later[167] == 9 && later[166] == 8)
            #expect(rig.session.transactions.value.allSatisfy { $0.edits.count == 100 })
            await rig.session.refuse(classes: [])
            _ = try await rig.compare(60)
            #expect(await rig.session.running.count == 100)
        }
    }

    @Test func aNewSessionForgivesAtOnce() async throws {
        try await with { rig in
            await rig.session.refuse(classes: [.default])
            await sync(rig, [service(1)])
            _ = try await rig.compare(1)
            #expect(rig.session.transactions.value.count == 2)
            await rig.session.refuse(classes: [])
            await rig.session.breakDown()
            await rig.session.restore()
            let opened = rig.session.openCount
            try await eventually("the VIP is announced") {
                // Retries of opening are timed, too.
                if opened.value < 2 { rig.clock.advance(by: .milliseconds(200)) }
                return await rig.session.running == [Self.vip(1)]
            }
            #expect(rig.session.transactions.value.count == 3)
        }
    }

    @Test func newRulesForgiveAtOnce() async throws {
        try await with { rig in
            await rig.session.refuse(classes: [.default])
            await sync(rig, [service(1)])
            _ = try await rig.compare(1)
            await rig.session.refuse(classes: [])
            await rig.reconciler.reconfigure(Self.rules(.seconds(11)))
            await rig.reconciler.quiesce()
            #expect(await rig.session.running == [Self.vip(1)])
        }
    }

    @Test func anotherClassIsTriedAtOnce() async throws {
        try await with { rig in
            await rig.session.refuse(classes: [Self.gold])
            await sync(rig, [service(1, Self.gold)])
            _ = try await rig.compare(1)
            #expect(rig.session.transactions.value.count == 2)
            await rig.reconciler.apply(.service(service(1, Self.silver)))
            await rig.reconciler.quiesce()
            #expect(await rig.session.running == [Network(prefix: Self.vip(1).prefix, attributeClass: Self.silver)])
            #expect(rig.session.transactions.value.count == 3)
        }
    }

    // MARK: - What is held back

    @Test func theOthersAreCommittedWithoutTheClassesThatAreNamed() async throws {
        try await with { rig in
            await rig.session.refuse(classes: [Self.gold, Self.silver])
            let names = [nil, Self.gold, Self.silver]
            await sync(rig, (1...90).map { service($0, names[$0 % 3]) })
            #expect(rig.session.transactions.value.map(\.edits.count) == [90, 30])
            #expect(await rig.session.running.count == 30)
            // What comes later does not wait for what is refused, and is not refused with it.
            await rig.reconciler.apply(.deletedService(ServiceID(namespace: "shop", name: "s3")))
            await rig.reconciler.quiesce()
            #expect(rig.session.transactions.value.map(\.edits.count) == [90, 30, 1])
            let counts = try await rig.compare(2)
            #expect(counts == [4, 4])
            #expect(rig.session.transactions.value.last?.edits.count == 60)
        }
    }

    @Test func aPrefixThatIsRefusedIsFoundOnce() async throws {
        try await with { rig in
            await rig.session.refuse([Self.vip(7).prefix])
            await sync(rig, (1...64).map { service($0) })
            #expect(await rig.session.running.count == 63)
            let first = rig.session.transactions.value.count
            #expect(first == 13)
            let counts = try await rig.compare(3)
            #expect(counts == [first + 1, first + 1, first + 2])
            #expect(rig.session.transactions.value.last?.edits == [.set(Self.vip(7))])
        }
    }

    @Test func refusalsOfClassesAreReadAsTheyAreWritten() {
        let edits = [
            NetworkEdit.set(Network(prefix: Self.vip(1).prefix, attributeClass: Self.gold)),
            .set(Network(prefix: Self.vip(2).prefix, attributeClass: Self.silver)), .set(Self.vip(3)),
            .remove(Self.vip(4).prefix),
        ]
        func named(_ message: String) -> Set<NetworkEdit> { ClassRefusal.edits(of: edits, namedIn: message) }
        #expect(named("bgpd has \(ClassRefusal.noRouteMap([Self.gold, Self.silver])) add it") == Set(edits[..<2]))
        #expect(named("/path: \(ClassRefusal.notAllowed(Self.silver))") == [edits[1]])
        #expect(named("198.51.100.1/32: \(ClassRefusal.noTag(.default)) here") == [edits[2]])
        #expect(named("the class gold of this edit is in the way").isEmpty)
        #expect(named("\(ClassRefusal.notAllowed(AttributeClass(rawValue: "golden")!))").isEmpty)
    }
}
