import CosmoletTesting
import NetworkTypes
import Northbound
import Synchronization
import Testing

@testable import NorthboundRPC

/// A session over a fake module: what it tells, what it commits, and what it refuses.
@Suite struct ModuleSessionTests {
    static let gold = AttributeClass(rawValue: "gold")!

    /// A running module and a session that is not open yet.
    static func withSession(
        commitDeadline: Duration = .seconds(30), heartbeatInterval: Duration = .seconds(1),
        requestDeadline: Duration = .seconds(30), lockPatience: Duration = .seconds(10),
        _ body: (FakeModule, ModuleSession) async throws -> Void
    ) async throws {
        let module = try FakeModule()
        try await module.start()
        let session = ModuleSession(
            configuration: ModuleConfiguration(
                socketPath: module.path, requestDeadline: requestDeadline, commitDeadline: commitDeadline,
                lockPatience: lockPatience,
                heartbeatInterval: heartbeatInterval))
        let result: Result<Void, any Error>
        do { result = .success(try await body(module, session)) } catch { result = .failure(error) }
        await session.close()
        try await module.stop()
        try result.get()
    }

    static func network(_ number: Int, _ name: AttributeClass = .default) -> Network {
        Network(
            prefix: IPPrefix(host: IPAddress("198.51.\(100 + number / 250).\(1 + number % 250)")!), attributeClass: name
        )
    }

    static func set(_ number: Int, _ name: AttributeClass = .default) -> NetworkEdit { .set(network(number, name)) }

    static func transaction(_ edits: NetworkEdit...) -> Transaction { Transaction(id: "t", edits: edits) }

    private static func rejection(_ result: CommitResult) throws -> ManagementErrorSummary {
        #expect(result.outcome.name == "rejected")
        return try #require(result.outcome.reason)
    }

    // MARK: - Opening

    @Test func tellsWhatItFound() async throws {
        try await Self.withSession { _, session in
            let capabilities = try await session.open()
            #expect(capabilities.provider == "bgpd" && capabilities.releases == "10.3")
            #expect(capabilities.dialect == "module 0.1")
            #expect(try await session.open() == capabilities)
        }
    }

    @Test func aBGPThatTakesNoNetworksIsRefusedWithTheLineThatHelps() async throws {
        try await Self.withSession { module, session in
            module.state.withLock { $0.bgpInstances = [BGPInstance(vrf: "blue", asNumber: 1, hasImportCheck: false)] }
            let absent = await #expect(throws: ManagementError.self) { try await session.open() }
            #expect(absent?.code == .rejected && absent?.message.contains("router bgp ASN") == true)
            module.state.withLock {
                $0.bgpInstances = [BGPInstance(vrf: "default", asNumber: 65001, hasImportCheck: true)]
            }
            let checked = await #expect(throws: ManagementError.self) { try await session.open() }
            #expect(checked?.message.contains("router bgp 65001: no bgp network import-check") == true)
            module.state.withLock {
                $0.bgpInstances = [BGPInstance(vrf: "default", asNumber: 65001, hasImportCheck: false)]
            }
            _ = try await session.open()
            // Switched on later: nothing without a route in the RIB is announced any more.
            _ = await session.commit(Self.transaction(Self.set(1)))
            #expect(try await session.installedNetworks().count == 1)
            module.state.withLock { $0.bgpInstances[0].hasImportCheck = true }
            #expect(try await session.installedNetworks().isEmpty)
        }
    }

    @Test func withoutModuleItIsUnreachableAtOnce() async throws {
        let session = ModuleSession(configuration: ModuleConfiguration(socketPath: "/nonexistent/cosmolet.sock"))
        let error = await #expect(throws: ManagementError.self) { try await session.open() }
        #expect(error?.code == .unreachable && error?.message.contains("/nonexistent/cosmolet.sock") == true)
        let read = await #expect(throws: ManagementError.self) { try await session.networks() }
        #expect(read?.code == .disconnected)
        #expect(await session.commit(Self.transaction(Self.set(1))).outcome.name == "rejected")
    }

    // MARK: - Committing

    @Test func aTransactionIsOneCommitAndIsReadBack() async throws {
        try await Self.withSession { module, session in
            module.put([Self.network(9)])
            _ = try await session.open()
            let result = await session.commit(
                Self.transaction(Self.set(1), Self.set(2, .drain), .remove(Self.network(9).prefix), Self.set(1, .drain))
            )
            #expect(result.outcome == .applied && result.durationToReply != nil)
            #expect(Set(result.phases.keys) == [.edit, .commit, .readBack])
            #expect(module.commits.value.count == 1)
            let wanted: Set = [Self.network(1, .drain), Self.network(2, .drain)]
            #expect(try await session.networks() == wanted)
            #expect(try await session.installedNetworks() == wanted)
            #expect(try module.networks == wanted)
        }
    }

    @Test func manyNetworksAreReadBackTogether() async throws {
        try await Self.withSession { module, session in
            _ = try await session.open()
            let networks = (0..<3000).map { Self.network($0) }
            #expect(await session.commit(Transaction(id: "t", edits: networks.map { .set($0) })).outcome == .applied)
            #expect(try await session.networks() == Set(networks))
            let gone = await session.commit(Transaction(id: "t", edits: networks.map { .remove($0.prefix) }))
            #expect(try gone.outcome == .applied && module.networks.isEmpty)
        }
    }

    @Test func anEmptyTransactionIsAppliedWithoutACommit() async throws {
        try await Self.withSession { module, session in
            _ = try await session.open()
            #expect(await session.commit(Self.transaction()).outcome == .applied)
            #expect(module.commits.value.isEmpty)
        }
    }

    @Test func requestsAreSerial() async throws {
        try await Self.withSession { module, session in
            _ = try await session.open()
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let result = await session.commit(Self.transaction(Self.set(number)))
                        #expect(result.outcome == .applied)
                    }
                    group.addTask { _ = try? await session.networks() }
                }
            }
            #expect(try await session.networks().count == 40)
            #expect(module.mostInHand.value == 1)
        }
    }

    @Test func aCommitIsWaitedForWhateverBecomesOfItsTask() async throws {
        try await Self.withSession { _, session in
            _ = try await session.open()
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await session.commit(Self.transaction(Self.set(1)))
            }
            #expect(await task.value.outcome == .applied)
        }
    }

    // MARK: - Classes

    @Test func routeMapsOfClassesAreMadeWithTheFirstNetworksThatUseThem() async throws {
        try await Self.withSession { module, session in
            module.state.withLock { $0.operatorClasses = [Self.gold] }
            _ = try await session.open()
            for _ in 0..<2 {
                let result = await session.commit(
                    Self.transaction(Self.set(1), Self.set(2, .drain), Self.set(3, Self.gold)))
                #expect(result.outcome == .applied)
            }
            let leaves = module.state.withLock(\.classLeaves)
            #expect(leaves[FakeModule.action(.default)] == "permit" && leaves[FakeModule.action(.drain)] == "permit")
            let community = leaves.filter { $0.key.hasSuffix("frr-bgp-route-map:community-string") }
            #expect(community.count == 1 && community.first?.key.contains("COSMOLET-drain") == true)
            #expect(community.first?.value == "65535:0")
            #expect(leaves[FakeModule.action(Self.gold)] == nil)
            // Two route-maps with three leaves, then three networks; the second time only these.
            #expect(module.commits.value.map(\.count) == [6, 3])
        }
    }

    @Test func whatAnOperatorDoesToRouteMapsIsLearnt() async throws {
        try await Self.withSession { module, session in
            _ = try await session.open()
            _ = await session.commit(Self.transaction(Self.set(1)))
            module.state.withLock { $0.classLeaves = [:] }
            #expect(await session.commit(Self.transaction(Self.set(2))).outcome == .applied)
            #expect(module.state.withLock(\.classLeaves)[FakeModule.action(.default)] == "permit")
            module.state.withLock { $0.operatorClasses = [Self.gold] }
            #expect(await session.commit(Self.transaction(Self.set(3, Self.gold))).outcome == .applied)
            #expect(module.commits.value.count == 5)
        }
    }

    // MARK: - Refusals

    @Test func aForeignNetworkIsNeitherReportedNorTouched() async throws {
        try await Self.withSession { module, session in
            let theirs = NetworkPath.entry(Self.network(1).prefix)
            module.state.withLock { $0.networks = [theirs: .some("THEIRS")] }
            _ = try await session.open()
            #expect(try await session.networks().isEmpty)
            let refused = try Self.rejection(await session.commit(Self.transaction(Self.set(2), Self.set(1))))
            #expect(refused.code == "rejected" && !refused.isRetryable && refused.message.contains(theirs))
            #expect(try module.networks.isEmpty)
            #expect(await session.commit(Self.transaction(.remove(Self.network(1).prefix))).outcome == .applied)
            #expect(module.state.withLock { $0.networks[theirs] } == .some("THEIRS"))
            // A refusal is no reason to end the session.
            #expect(await session.commit(Self.transaction(Self.set(2))).outcome == .applied)
        }
    }

    @Test func refusalsKeepTheirMeaning() async throws {
        let expected: [(StatusCode, code: String, isRetryable: Bool)] = [
            (.invalidArgument, "invalidEdit", false), (.resourceExhausted, "rejected", false),
            (.unavailable, "locked", true), (.unimplemented, "unsupported", false),
            (.deadlineExceeded, "deadlineExceeded", true), (.aborted, "aborted", true),
        ]
        try await Self.withSession(lockPatience: .zero) { module, session in
            _ = try await session.open()
            for (status, code, isRetryable) in expected {
                module.state.withLock { $0.faults = [.refuse(NorthboundError(status, "path /x: because"))] }
                let refused = try Self.rejection(await session.commit(Self.transaction(Self.set(1))))
                #expect(refused.code == code && refused.isRetryable == isRetryable)
                #expect(refused.message.contains("path /x: because"))
            }
        }
    }

    @Test func aLockOfAnotherIsWaitedFor() async throws {
        try await Self.withSession { module, session in
            _ = try await session.open()
            module.state.withLock { $0.faults = [.refuse(NorthboundError(.unavailable, "somebody configures"))] }
            #expect(await session.commit(Self.transaction(Self.set(1))).outcome == .applied)
            #expect(module.commits.value.count == 2)
        }
    }

    @Test func moreThanAMessageTakesIsRefusedUnsent() async throws {
        try await Self.withSession { module, session in
            _ = try await session.open()
            let edits = (0...Limits.editCount).map { number in
                NetworkEdit.remove(IPPrefix(host: IPAddress(family: .ipv6, bits: UInt128(number + 1))))
            }
            let refused = try Self.rejection(await session.commit(Transaction(id: "t", edits: edits)))
            #expect(refused.code == "invalidEdit" && refused.message.contains("at most 20000"))
            #expect(module.commits.value.isEmpty)
        }
    }
}
