import Bindings
import CosmoletTesting
import Foundation
import NetworkTypes
import Northbound
import Synchronization
import Testing

@testable import NorthboundRPC

/// What a session tells of BGP itself, beyond what bgpd is configured with.
@Suite struct ModuleSessionWitnessTests {
    private typealias Base = ModuleSessionTests

    private static let lines = [
        TableRedistribution(family: .ipv4, table: 1790, routeMap: "COSMOLET"),
        TableRedistribution(family: .ipv6, table: 1790, routeMap: "COSMOLET"),
    ]

    private static func instance(_ redistributions: [TableRedistribution]) -> [BGPInstance] {
        [BGPInstance(vrf: "default", asNumber: 65001, hasImportCheck: false, redistributions: redistributions)]
    }

    @Test func whatBGPHasNoPathOfIsNotInstalled() async throws {
        try await Base.withSession { module, session in
            module.put([Base.network(1), Base.network(2, .drain)])
            _ = try await session.open()
            #expect(try await session.installedNetworks() == [Base.network(1), Base.network(2, .drain)])
            module.state.withLock { $0.denyingClasses = [.drain] }
            #expect(try await session.installedNetworks() == [Base.network(1)])
            #expect(try await session.networks().count == 2)
        }
    }

    @Test func anOlderModuleCannotTell() async throws {
        try await Base.withSession { module, session in
            module.put([Base.network(1)])
            module.state.withLock {
                $0.isOld = true
                $0.bgpInstances = Self.instance(Self.lines)
            }
            _ = try await session.open()
            let state = await #expect(throws: ManagementError.self) { try await session.installedNetworks() }
            let witness = await #expect(throws: ManagementError.self) {
                try await session.redistributionGap(of: [Base.network(1).prefix])
            }
            for error in [state, witness] {
                #expect(error?.code == .unsupported && error?.message.contains("older than this program") == true)
            }
            // The session goes on.
            #expect(try await session.networks() == [Base.network(1)])
        }
    }

    @Test func theLineThatLacksIsNamed() async throws {
        let ipv4 = Base.network(1).prefix
        let ipv6 = try IPPrefix("2001:db8::1/128")
        try await Base.withSession { module, session in
            _ = try await session.open()
            let none = try await session.redistributionGap(of: [ipv4, ipv6])
            #expect(none?.needsOperator == true)
            for family in ["ipv4", "ipv6"] {
                let line = "address-family \(family) unicast: redistribute table-direct 1790 route-map COSMOLET"
                #expect(none?.reason.contains(line) == true)
            }
            #expect(none?.reason.contains("router bgp 65001") == true)
            // One family only, and another table for the other one.
            module.state.withLock {
                $0.bgpInstances = Self.instance([
                    Self.lines[0], TableRedistribution(family: .ipv6, table: 1791, routeMap: "COSMOLET"),
                ])
                $0.redistributed = [ipv4, ipv6]
            }
            let half = try await session.redistributionGap(of: [ipv4, ipv6])
            #expect(half?.needsOperator == true && half?.reason.contains("ipv6 unicast") == true)
            #expect(half?.reason.contains("ipv4 unicast") == false)
            #expect(try await session.redistributionGap(of: [ipv4]) == nil)
            module.state.withLock { $0.bgpInstances = Self.instance(Self.lines) }
            #expect(try await session.redistributionGap(of: [ipv4, ipv6]) == nil)
        }
    }

    @Test func withoutPrefixesTheLinesAreLookedFor() async throws {
        try await Base.withSession { module, session in
            _ = try await session.open()
            let none = try await session.redistributionGap(of: [])
            #expect(none?.needsOperator == true && none?.reason.contains("ipv4 unicast") == true)
            module.state.withLock { $0.bgpInstances = Self.instance([Self.lines[0]]) }
            #expect(try await session.redistributionGap(of: []) == nil)
            let half = try await session.redistributionGap(of: [], in: [.ipv6])
            #expect(half?.needsOperator == true && half?.reason.contains("ipv6 unicast") == true)
            let prefix = Base.network(1).prefix
            #expect(try await session.redistributionGap(of: [prefix])?.missing == [prefix])
            module.state.withLock { $0.bgpInstances[0].redistributions[0].routeMapExists = false }
            #expect(try await session.redistributionGap(of: [])?.needsOperator == true)
        }
    }

    @Test func aFullQueueIsNoAbsentModule() async throws {
        // As of a bgpd that was stopped: it listens, and accepts nobody.
        let path = "/tmp/full-\(UUID().uuidString.prefix(8)).sock"
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            close(listener)
            unlink(path)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 0) == 0)
        let waiting = try UnixStreamSocket(connectingTo: path)
        #expect(waiting.descriptor >= 0)
        await expectUnresponsive(path)
    }

    @Test func aRouteMapThatDeniesIsAGap() async throws {
        let prefix = Base.network(1).prefix
        try await Base.withSession { module, session in
            _ = try await session.open()
            module.state.withLock { $0.bgpInstances = Self.instance(Self.lines) }
            let denied = try await session.redistributionGap(of: [prefix])
            #expect(denied?.needsOperator == false)
            #expect(denied?.reason.contains("\(prefix)") == true && denied?.reason.contains("COSMOLET permit") == true)
            module.state.withLock { $0.bgpInstances[0].redistributions[0].routeMapExists = false }
            let absent = try await session.redistributionGap(of: [prefix])
            #expect(absent?.needsOperator == true && absent?.reason.contains("which there is not") == true)
        }
    }

    @Test func moreThanARequestNamesAreAskedForTogether() async throws {
        let networks = (0..<100).map { Base.network($0) }
        try await Base.withSession { module, session in
            module.put(networks)
            module.state.withLock {
                $0.bgpInstances = Self.instance(Self.lines)
                $0.redistributed = Set(networks.dropFirst().map(\.prefix))
            }
            _ = try await session.open()
            let gap = try await session.redistributionGap(of: Set(networks.map(\.prefix)))
            #expect(gap?.reason.contains("BGP lacks 1 of 100 networks") == true)
            module.state.withLock { _ = $0.redistributed.insert(networks[0].prefix) }
            #expect(try await session.redistributionGap(of: Set(networks.map(\.prefix))) == nil)
        }
    }

    @Test func aSocketThatMayNotBeOpenedIsNoAbsentModule() async throws {
        guard geteuid() != 0 else { return try await aFileThatIsNoSocket() }
        let folder = "/tmp/forbidden-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: folder)
        await expectUnresponsive("\(folder)/cosmolet.sock")
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
    }

    /// Root may open everything; a path that is too long is another reason that is not absence.
    private func aFileThatIsNoSocket() async throws {
        await expectUnresponsive("/tmp/" + String(repeating: "x", count: 200))
    }

    private func expectUnresponsive(_ path: String) async {
        let session = ModuleSession(configuration: ModuleConfiguration(socketPath: path))
        let error = await #expect(throws: ManagementError.self) { try await session.open() }
        #expect(error?.code == .unresponsive)
    }
}
