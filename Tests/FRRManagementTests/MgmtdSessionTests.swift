import Logging
import NetworkTypes
import Northbound
import Testing

@testable import FRRManagement

/// The sequence of a session against the simulated mgmtd of every range of releases.
@Suite struct MgmtdSessionTests {
    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func findsOutWhomItTalksTo(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        let capabilities = try await session.open()
        #expect(capabilities.dialect == (release.isNative ? "native" : "protobuf"))
        #expect(capabilities.schema == release.schema.rawValue)
        #expect(capabilities.releases == release.expected.rawValue)
        #expect(capabilities.canReadState == (release != .r9r1))
        #expect(try await session.open() == capabilities)
        await session.close()
        fake.server.stop()
        #expect(fake.model { $0.crash } == nil)
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func readsWithoutChangingAnything(release: SimulatedMgmtd.Release) async throws {
        let theirs: StaticRoutes = [try IPPrefix("192.0.2.1"): [.blackhole(table: 254)]]
        let fake = FakeMgmtd(release) {
            $0.running = [try! IPPrefix("203.0.113.80"): [.blackhole()]]
            // What another client has not committed yet, and a route that a session that heals would put back.
            $0.candidate = theirs
            $0.installed = [try! IPPrefix("203.0.113.81"): [.blackhole()]]
        }
        let session = fake.session { $0.isReadOnly = true }
        _ = try await session.open()
        #expect(try await session.networks() == [Network("203.0.113.80")])
        guard case .rejected(let why) = await session.commit(Transaction(set: [Network("203.0.113.82")])).outcome else {
            Issue.record("a session for reading has committed")
            return
        }
        #expect(!why.isRetryable)
        #expect(fake.model { $0.commitCount } == 0)
        #expect(fake.model { $0.abortCount } == 0)
        // Later, up to 10.3, the end of any connection throws away what nobody holds a lock for.
        #expect(fake.model { $0.candidate } == theirs)
        #expect(fake.model { !$0.isLocked })
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func addsChangesAndRemoves(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        let networks = [Network("203.0.113.80"), Network("2001:db8::80"), Network("198.51.100.0/24", .manual)]
        let added = await session.commit(Transaction(set: networks))
        #expect(added.outcome == .applied)
        #expect(Set(added.phases.keys) == Set(CommitPhase.allCases))
        #expect(added.durationToReply.map { $0 <= added.duration } == true)
        #expect(try await session.networks() == Set(networks))
        let drained = Network("203.0.113.80", .drain)
        #expect(await session.commit(Transaction(set: [drained], remove: ["2001:db8::80"])).outcome == .applied)
        #expect(try await session.networks() == [drained, networks[2]])
        if release != .r9r1 {
            #expect(try await session.installedNetworks() == [drained, networks[2]])
        }
        #expect(await session.commit(Transaction(remove: ["203.0.113.80", "198.51.100.0/24"])).outcome == .applied)
        let (running, crash, isLocked) = fake.model { ($0.running, $0.crash, $0.isLocked) }
        #expect(running.isEmpty)
        #expect(crash == nil)
        #expect(!isLocked)
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func leavesForeignRoutesAlone(release: SimulatedMgmtd.Release) async throws {
        let shared = try IPPrefix("203.0.113.80")
        let foreign: StaticRoutes = [
            shared: [.gateway("10.0.0.1"), .blackhole(table: 99, tag: 100)],
            try IPPrefix("203.0.113.81"): [.blackhole(tag: 99)],
            try IPPrefix("203.0.113.82"): [.gateway("10.0.0.1", table: 1790, tag: 100)],
            try IPPrefix("203.0.113.83"): [],
        ]
        let fake = FakeMgmtd(release) {
            $0.running = foreign
            $0.candidate = foreign
        }
        let session = fake.session()
        _ = try await session.open()
        #expect(try await session.networks() == [])
        #expect(await session.commit(Transaction(set: [Network("203.0.113.80")])).outcome == .applied)
        #expect(try await session.networks() == [Network("203.0.113.80")])
        #expect(await session.commit(Transaction(remove: ["203.0.113.80"])).outcome == .applied)
        for prefix in ["203.0.113.80", "203.0.113.81", "203.0.113.82", "203.0.113.83"] {
            #expect(await session.commit(Transaction(remove: [prefix])).outcome == .applied)
        }
        #expect(fake.model { $0.running } == foreign)
        let commits = fake.model { $0.commitCount }
        for prefix in ["203.0.113.81", "203.0.113.82"] {
            let refused = await session.commit(Transaction(set: [Network("203.0.113.90"), Network(prefix)]))
            guard case .rejected(let summary) = refused.outcome else {
                Issue.record("\(refused.outcome)")
                continue
            }
            #expect(summary.code == "rejected" && summary.message.contains(prefix))
        }
        #expect(fake.model { $0.running } == foreign)
        #expect(fake.model { $0.commitCount } == commits)
        #expect(fake.model { $0.crash } == nil)
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func carriesManyNetworks(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release) {
            $0.running = [try! IPPrefix("192.0.2.0/24"): [.gateway("10.0.0.1")]]
            $0.candidate = $0.running
        }
        let session = fake.session()
        _ = try await session.open()
        let networks = (0..<700).map {
            Network(prefix: IPPrefix(host: IPAddress(family: .ipv4, bits: UInt128(0xCB00_7100 + $0))))
        }
        #expect(await session.commit(Transaction(set: networks)).outcome == .applied)
        #expect(try await session.networks() == Set(networks))
        let before = fake.model { $0.editFrameCount }
        let most = Transaction(
            id: "most",
            edits: networks.dropFirst(30).map { .remove($0.prefix) } + [.set(Network("203.0.120.1", .drain))])
        #expect(await session.commit(most).outcome == .applied)
        #expect(try await session.networks() == Set(networks.prefix(30) + [Network("203.0.120.1", .drain)]))
        let edits = fake.model { $0.editFrameCount } - before
        // One removal each costs little up to 10.5; from 10.6 on each would copy the configuration.
        if release == .r10r7 { #expect(edits == 2) }
        if release == .r10r6 { #expect(edits <= 5) }
        #expect(fake.model { $0.running[try! IPPrefix("192.0.2.0/24")] } == [.gateway("10.0.0.1")])
        #expect(fake.model { $0.crash } == nil)
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func repeatsWithoutACommitWhatIsThere(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        let transaction = Transaction(set: [Network("203.0.113.80")], remove: ["203.0.113.99"])
        #expect(await session.commit(transaction).outcome == .applied)
        #expect(await session.commit(transaction).outcome == .applied)
        #expect(fake.model { $0.commitCount } == 1)
        #expect(fake.model { $0.isLocked } == false)
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func bareCommitAddsOneNetwork(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        #expect(try await session.bareCommit(Network("203.0.113.80")) > .zero)
        #expect(try await session.networks() == [Network("203.0.113.80")])
        await session.close()
        fake.server.stop()
    }

    @Test func reportsATagWithoutAClass() async throws {
        let fake = FakeMgmtd(.r10r7) { $0.running = [try! IPPrefix("203.0.113.80"): [.blackhole(tag: 150)]] }
        let session = fake.session()
        _ = try await session.open()
        let odd = Network("203.0.113.80", AttributeClass(rawValue: "tag-150")!)
        #expect(try await session.networks() == [odd])
        #expect(await session.commit(Transaction(set: [Network("203.0.113.80")])).outcome == .applied)
        #expect(await session.commit(Transaction(set: [odd])).outcome == .applied)
        #expect(fake.model { $0.running } == [try IPPrefix("203.0.113.80"): [.blackhole(tag: 150)]])
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: ["tag-99", "tag-200", "tag-0150", "gold"])
    func refusesAClassWithoutATag(name: String) async throws {
        let fake = FakeMgmtd(.r10r3)
        let session = fake.session()
        _ = try await session.open()
        let result = await session.commit(
            Transaction(set: [Network("203.0.113.80", AttributeClass(rawValue: name)!)]))
        guard case .rejected(let summary) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(summary.code == "invalidEdit" && !summary.isRetryable)
        #expect(fake.model { $0.commitCount } == 0)
        #expect(fake.model { $0.isLocked } == false)
        await session.close()
        fake.server.stop()
    }

    @Test func saysWhatToDoWhenTheSocketIsAbsent() async throws {
        let session = MgmtdSession(
            configuration: MgmtdConfiguration(socketPath: "/nonexistent/mgmtd_fe.sock"), logger: .init(label: "test"))
        await #expect {
            try await session.open()
        } throws: { error in
            guard let error = error as? ManagementError else { return false }
            return error.code == .unreachable && error.message.contains("is FRR's mgmtd running") && error.isRetryable
        }
        await #expect(throws: ManagementError.self) { try await session.networks() }
        guard case .rejected(let summary) = await session.commit(Transaction(set: [Network("203.0.113.80")])).outcome
        else {
            Issue.record("a closed session must reject")
            return
        }
        #expect(summary.code == "disconnected")
        await session.close()
    }
}
