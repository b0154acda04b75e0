import Foundation
import Logging
import NetworkTypes
import Northbound
import Testing

@testable import FRRManagement

/// Against real FRR: every test runs on every socket of COSMOLET_LAB_SOCKETS (comma-separated paths).
let labSockets = (ProcessInfo.processInfo.environment["COSMOLET_LAB_SOCKETS"] ?? "")
    .split(separator: ",").map(String.init)

@Suite(
    .enabled(if: !labSockets.isEmpty, "COSMOLET_LAB_SOCKETS names no management socket: start hack/lab and set it"),
    .serialized)
struct LabTests {
    @Test(arguments: labSockets)
    func addsChangesAndRemoves(socket: String) async throws {
        let session = MgmtdSession(configuration: MgmtdConfiguration(socketPath: socket), logger: Logger(label: "lab"))
        let capabilities = try await session.open()
        print(socket, capabilities)
        let before = try await session.networks()
        print(before)
        let v4 = Network(prefix: try IPPrefix("203.0.113.80"))
        let v6 = Network(prefix: try IPPrefix("2001:db8::80"))
        for _ in 0..<3 {
            let added = await session.commit(Transaction(id: "add", edits: [.set(v4), .set(v6)]))
            print(added)
            #expect(added.outcome == .applied)
            #expect(try await session.networks() == before.union([v4, v6]))
            print(try await session.installedNetworks())
            let drained = Network(prefix: v4.prefix, attributeClass: .drain)
            let changed = await session.commit(Transaction(id: "drain", edits: [.set(drained)]))
            print(changed)
            #expect(changed.outcome == .applied)
            #expect(try await session.networks() == before.union([drained, v6]))
            let removed = await session.commit(
                Transaction(id: "remove", edits: [.remove(v4.prefix), .remove(v6.prefix)]))
            print(removed)
            #expect(removed.outcome == .applied)
            #expect(try await session.networks() == before)
        }
        print(try await session.connectedDaemons())
        await session.close()
    }
}
