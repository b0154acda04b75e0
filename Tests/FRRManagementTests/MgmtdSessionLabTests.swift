import Foundation
import Logging
import NetworkTypes
import Northbound
import Testing

@testable import FRRManagement

/// The mgmtd sockets of a running lab, from COSMOLET_LAB_SOCKETS (comma-separated paths).
private let sockets = (ProcessInfo.processInfo.environment["COSMOLET_LAB_SOCKETS"] ?? "")
    .split(separator: ",").map(String.init)

/// The session against real FRR: every test runs on every socket, and leaves each node as it was.
@Suite(
    .enabled(if: !sockets.isEmpty, "COSMOLET_LAB_SOCKETS names no management socket: start hack/lab and set it"),
    .serialized)
struct MgmtdSessionLabTests {
    private func session(
        _ socket: String, _ change: (inout MgmtdConfiguration) -> Void = { _ in }
    ) -> MgmtdSession {
        var configuration = MgmtdConfiguration(socketPath: socket)
        change(&configuration)
        return MgmtdSession(configuration: configuration, logger: FakeMgmtd.quiet)
    }

    /// Looks at the RIB until it is as wanted: zebra holds its queue for 10 ms. Every look is a round trip to FRR.
    private func installed(_ session: MgmtdSession, becomes wanted: Set<Network>) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            if try await session.installedNetworks() == wanted { return true }
        }
        return false
    }

    @Test(arguments: sockets)
    func addsChangesAndRemoves(socket: String) async throws {
        let session = session(socket)
        let capabilities = try await session.open()
        #expect(capabilities.canReadState)
        let before = try await session.networks()
        let v4 = Network("203.0.113.80")
        let v6 = Network("2001:db8::80")
        let added = await session.commit(Transaction(set: [v4, v6]))
        #expect(added.outcome == .applied)
        #expect(Set(added.phases.keys) == Set(CommitPhase.allCases))
        #expect(try await session.networks() == before.union([v4, v6]))
        #expect(try await installed(session, becomes: before.union([v4, v6])))
        let drained = Network("203.0.113.80", .drain)
        #expect(await session.commit(Transaction(set: [drained])).outcome == .applied)
        #expect(try await session.networks() == before.union([drained, v6]))
        #expect(try await installed(session, becomes: before.union([drained, v6])))
        let removed = await session.commit(Transaction(remove: ["203.0.113.80", "2001:db8::80"]))
        #expect(removed.outcome == .applied)
        #expect(try await session.networks() == before)
        #expect(try await installed(session, becomes: before))
        #expect(try await session.connectedDaemons().isSuperset(of: ["staticd", "zebra"]))
        await session.close()
    }

    @Test(arguments: sockets)
    func carriesManyNetworks(socket: String) async throws {
        let session = session(socket)
        _ = try await session.open()
        for count in [100, 1_000] {
            let networks = (0..<count).flatMap { index in
                [
                    Network(prefix: IPPrefix(host: IPAddress(family: .ipv4, bits: UInt128(0xC633_0000 + index / 2)))),
                    Network(
                        prefix: IPPrefix(
                            host: IPAddress(family: .ipv6, bits: UInt128(0x2001_0DB8) << 96 + UInt128(index)))),
                ]
            }.suffix(count)
            let wanted = Set(networks)
            let added = await session.commit(Transaction(set: Array(wanted)))
            #expect(added.outcome == .applied)
            #expect(try await session.networks() == wanted)
            #expect(try await installed(session, becomes: wanted))
            let one = Network("203.0.113.80")
            let more = await session.commit(Transaction(set: [one]))
            #expect(more.outcome == .applied)
            print(
                "\(count) networks, one more",
                more.phases.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key) \($0.value)" })
            let most = Array(wanted.sorted().dropFirst(5).map(\.prefix)) + [one.prefix]
            let removed = await session.commit(Transaction(id: "most", edits: most.map { .remove($0) }))
            #expect(removed.outcome == .applied)
            #expect(try await session.networks() == Set(wanted.sorted().prefix(5)))
            let rest = await session.commit(Transaction(remove: wanted.sorted().prefix(5).map { "\($0.prefix)" }))
            #expect(rest.outcome == .applied)
            #expect(try await installed(session, becomes: []))
            print(
                "\(count) networks: add \(added.duration), one more \(more.duration), remove most \(removed.duration)",
                removed.phases.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key) \($0.value)" })
        }
        await session.close()
    }

    @Test(arguments: sockets)
    func leavesForeignRoutesByteForByte(socket: String) async throws {
        let lab = try LabNode(socket)
        let foreign = [
            "ip route 203.0.113.80/32 10.90.0.1", "ip route 203.0.113.80/32 Null0 tag 100 table 99",
            "ip route 203.0.113.81/32 Null0 tag 99 table 1790", "ip route 192.0.2.0/24 10.90.0.2 tag 100 20",
            "ip route 203.0.113.82/32 10.90.0.1 tag 100 table 1790",
            "ipv6 route 2001:db8:7::/48 fd00:90::1 tag 150 table 1790",
        ]
        try lab.configure(foreign)
        let before = try lab.runningConfiguration()
        let session = session(socket)
        _ = try await session.open()
        #expect(try await session.networks() == [])
        let ours = [Network("203.0.113.80")] + (1...40).map { Network("198.51.100.\($0)") }
        #expect(await session.commit(Transaction(set: ours)).outcome == .applied)
        #expect(try await session.networks() == Set(ours))
        for prefix in ["203.0.113.81", "203.0.113.82"] {
            let refused = await session.commit(Transaction(set: [Network("203.0.113.90"), Network(prefix)]))
            guard case .rejected(let summary) = refused.outcome else {
                Issue.record("\(refused.outcome)")
                continue
            }
            #expect(summary.message.contains(prefix))
        }
        // Many removals: the whole container is replaced where that is cheaper.
        let removals = ours.map { "\($0.prefix)" } + ["203.0.113.81", "203.0.113.82", "192.0.2.0/24"]
        #expect(await session.commit(Transaction(remove: removals)).outcome == .applied)
        #expect(try await session.networks() == [])
        #expect(try lab.runningConfiguration() == before)
        await session.close()
        try lab.configure(foreign.map { "no \($0)" })
    }

    @Test(arguments: sockets)
    func waitsForTheLockOfAnother(socket: String) async throws {
        let other = try Channel.open(socket)
        #expect(try other.tryLockBoth() == nil)
        let hasty = session(socket) { $0.lockRetry.limit = .milliseconds(200) }
        _ = try await hasty.open()
        guard case .rejected(let summary) = await hasty.commit(Transaction(set: [Network("203.0.113.80")])).outcome
        else {
            Issue.record("the locks are taken")
            return
        }
        #expect(summary.code == "locked" && summary.isRetryable)
        let patient = session(socket)
        _ = try await patient.open()
        async let result = patient.commit(Transaction(set: [Network("203.0.113.80")]))
        // A round trip of the hasty one's, then the locks go.
        _ = try await hasty.networks()
        try other.unlockAll()
        #expect(await result.outcome == .applied)
        #expect(await patient.commit(Transaction(remove: ["203.0.113.80"])).outcome == .applied)
        await hasty.close()
        await patient.close()
    }

    @Test(arguments: sockets)
    func dropsLeftoversInTheCandidate(socket: String) async throws {
        let session = session(socket)
        _ = try await session.open()
        let other = try Channel.open(socket)
        #expect(try other.tryLockBoth() == nil)
        let plan = RoutePlan(putting: Network("203.0.113.66").prefix, tag: 77)
        let ownership = Ownership(table: 1790, tags: .standard)
        let schema = other.release.schema
        let batches =
            other.release.dialect == .native
            ? plan.treeBatches(schema: schema, ownership: ownership, limits: .small)
            : plan.leafBatches(schema: schema, ownership: ownership, limits: .small)
        for batch in batches { #expect(try other.request(.edit(batch)).failure == nil) }
        if other.release.dialect == .native {
            try other.unlockAll()
        } else {
            // Up to 10.3 an open transaction without its locks is what crashes mgmtd: end it properly.
            #expect(try other.request(.commit(.abort)).failure == nil)
            try other.unlockAll()
        }
        #expect(await session.commit(Transaction(set: [Network("203.0.113.80")])).outcome == .applied)
        #expect(try LabNode(socket).runningConfiguration().contains("203.0.113.66") == false)
        #expect(await session.commit(Transaction(remove: ["203.0.113.80"])).outcome == .applied)
        await session.close()
    }

    @Test(arguments: sockets)
    func survivesAZebraThatIsStopped(socket: String) async throws {
        let lab = try LabNode(socket)
        let session = session(socket) { $0.stateReadDeadline = .milliseconds(400) }
        _ = try await session.open()
        try lab.daemon("zebra", "pause")
        for _ in 0..<3 {
            await #expect {
                try await session.installedNetworks()
            } throws: { ($0 as? ManagementError)?.code == .deadlineExceeded }
        }
        let network = Network("203.0.113.80")
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        #expect(try await session.networks() == [network])
        try lab.daemon("zebra", "resume")
        var isBack = false
        let deadline = ContinuousClock.now + .seconds(20)
        while !isBack, ContinuousClock.now < deadline {
            isBack = (try? await session.installedNetworks()) == [network]
            _ = try await session.networks()
        }
        #expect(isBack)
        #expect(await session.commit(Transaction(remove: ["203.0.113.80"])).outcome == .applied)
        await session.close()
    }

    /// Asks for the locks until they are refused: somebody's commit is in flight.
    private func waitUntilLocked(_ other: Channel) throws {
        while try other.tryLockBoth() == nil { try other.unlockAll() }
    }

    @Test(arguments: sockets)
    func waitsForAStaticdThatIsStopped(socket: String) async throws {
        let lab = try LabNode(socket)
        let session = session(socket)
        _ = try await session.open()
        let other = try Channel.open(socket)
        try lab.daemon("staticd", "pause")
        let network = Network("203.0.113.80")
        async let result = session.commit(Transaction(set: [network]))
        try waitUntilLocked(other)
        try lab.daemon("staticd", "resume")
        #expect(await result.outcome == .applied)
        #expect(await session.commit(Transaction(remove: ["203.0.113.80"])).outcome == .applied)
        await session.close()
    }

    @Test(arguments: sockets)
    func endsUnknownWhenMgmtdDiesDuringACommit(socket: String) async throws {
        let lab = try LabNode(socket)
        let session = session(socket)
        _ = try await session.open()
        let other = try Channel.open(socket)
        try lab.daemon("staticd", "pause")
        async let result = session.commit(Transaction(set: [Network("203.0.113.80")]))
        try waitUntilLocked(other)
        try lab.daemon("mgmtd", "kill")
        guard case .unknown(let summary) = await result.outcome else {
            Issue.record("the answer was lost")
            return
        }
        #expect(summary.code == "disconnected")
        // A staticd that lived on would send its late answer to the new mgmtd, which 10.7.1 does not survive, and
        // would keep the number of the transaction, which hangs 10.3 when its new mgmtd gets to that number.
        try lab.daemon("staticd", "kill")
        try lab.daemon("mgmtd", "start", load: true)
        try lab.daemon("staticd", "start")
        try await reopen(session) { _ in true }
        #expect(await session.commit(Transaction(set: [Network("203.0.113.80")])).outcome == .applied)
        #expect(try await installed(session, becomes: [Network("203.0.113.80")]))
        #expect(await session.commit(Transaction(remove: ["203.0.113.80"])).outcome == .applied)
        #expect(try await installed(session, becomes: []))
        await session.close()
    }

    /// Opens and reads until running is as wanted: zebra and staticd connect to a new mgmtd in their own time.
    private func reopen(_ session: MgmtdSession, until isWanted: (Set<Network>) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            guard (try? await session.open()) != nil, let running = try? await session.networks() else { continue }
            if isWanted(running) { return }
        }
        Issue.record("running did not become what it should be")
    }

    @Test(arguments: sockets)
    func commitsWhileOthersComeAndGo(socket: String) async throws {
        let lab = try LabNode(socket)
        let session = session(socket)
        _ = try await session.open()
        // Up to 10.3 the end of each vtysh makes the shared candidate equal running.
        let others = Thread {
            for _ in 0..<15 { _ = try? lab.runningConfiguration() }
        }
        others.start()
        var count = 0
        while !others.isFinished {
            count += 1
            let network = Network("198.51.100.\(count % 200 + 1)")
            #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
            #expect(await session.commit(Transaction(remove: ["\(network.prefix)"])).outcome == .applied)
        }
        #expect(count > 0)
        #expect(try await session.networks() == [])
        await session.close()
    }

    @Test(arguments: sockets)
    func putsOrphansBackAfterARestartOfMgmtd(socket: String) async throws {
        let lab = try LabNode(socket)
        let session = session(socket)
        _ = try await session.open()
        let networks: Set<Network> = [Network("203.0.113.80"), Network("2001:db8::80", .drain)]
        #expect(await session.commit(Transaction(set: Array(networks))).outcome == .applied)
        #expect(try await installed(session, becomes: networks))
        let events = await session.events()
        try lab.daemon("mgmtd", "kill")
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        await #expect {
            try await session.open()
        } throws: { ($0 as? ManagementError)?.code == .unreachable }
        try lab.daemon("mgmtd", "start", load: true)
        try await reopen(session) { $0 == networks }
        #expect(try await installed(session, becomes: networks))
        let removed = await session.commit(Transaction(remove: ["203.0.113.80", "2001:db8::80"]))
        #expect(removed.outcome == .applied)
        #expect(try await installed(session, becomes: []))
        await session.close()
    }
}

/// What hack/lab can do with the node of a socket.
private struct LabNode {
    private let lab: String
    private let member: String

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Finds the lab.json of the lab that the socket is in.
    init(_ socket: String) throws {
        struct Description: Decodable {
            struct Node: Decodable {
                let name: String
                let managementSocket: String
            }
            let name: String
            let nodes: [Node]
        }
        var folder = URL(filePath: socket).deletingLastPathComponent()
        while folder.path != "/" {
            if let data = try? Data(contentsOf: folder.appending(path: "lab.json")) {
                let description = try JSONDecoder().decode(Description.self, from: data)
                if let node = description.nodes.first(where: { $0.managementSocket == socket }) {
                    lab = description.name
                    member = node.name
                    return
                }
            }
            folder = folder.deletingLastPathComponent()
        }
        throw Failure(description: "\(socket) is in no lab")
    }

    func daemon(_ name: String, _ action: String, load: Bool = false) throws {
        try run(["daemon", "--name", lab] + (load ? ["--load"] : []) + [member, name, action])
    }

    func configure(_ lines: [String]) throws {
        try run(["vtysh", "--name", lab, member, "-c", "configure terminal"] + lines.flatMap { ["-c", $0] })
    }

    func runningConfiguration() throws -> String {
        try run(["vtysh", "--name", lab, member, "-c", "show running-config"])
    }

    @discardableResult
    private func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL =
            URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../hack/lab").standardized
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                description: "hack/lab \(arguments.joined(separator: " ")) exited \(process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

extension Channel {
    /// A second client, without an actor around it.
    fileprivate static func open(_ socket: String) throws -> Channel {
        let configuration = MgmtdConfiguration(socketPath: socket)
        let name = ClientName.next(prefix: "cosmolet-test")
        let connection = try Connection(
            socketPath: socket, dialect: .protobuf(hasNativeReads: true), logger: FakeMgmtd.quiet)
        let finding = try Prober(connection: connection, clientName: name, deadline: .seconds(5)).run()
        return Channel(
            connection: connection, clientName: name, finding: finding, configuration: configuration,
            logger: FakeMgmtd.quiet, pauseFor: { _ in })
    }
}
