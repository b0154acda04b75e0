import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

@Suite struct FirstReachableSessionTests {
    @Test func takesTheFirstThatIsThere() async throws {
        let (bgpd, mgmtd) = (FakeManagementSession(provider: "bgpd"), FakeManagementSession(provider: "mgmtd"))
        let network = Network(prefix: IPPrefix(host: IPAddress("198.51.100.1")!))
        let session = FirstReachableSession([bgpd, mgmtd])
        #expect(await session.commit(Transaction(id: "t", edits: [.set(network)])).outcome.name == "rejected")
        await bgpd.breakDown()
        #expect(try await session.open().provider == "mgmtd")
        #expect(await session.commit(Transaction(id: "t", edits: [.set(network)])).outcome == .applied)
        #expect(try await session.networks() == [network])
        #expect(try await session.installedNetworks() == [network])
        await bgpd.restore()
        #expect(try await session.open().provider == "mgmtd")
        await session.close()
        #expect(bgpd.transactions.value.isEmpty)
        // Closed, it chooses anew.
        #expect(try await session.open().provider == "bgpd")
        await session.close()
    }

    @Test(arguments: [ManagementError.Code.rejected, .unresponsive]) func oneThatRefusesIsPassedOverForReadingOnly(
        code: ManagementError.Code
    ) async throws {
        let network = Network(prefix: IPPrefix(host: IPAddress("198.51.100.1")!))
        let (bgpd, mgmtd) = (FakeManagementSession(provider: "bgpd"), FakeManagementSession(running: [network]))
        await bgpd.refuseOpening(ManagementError(code, "no BGP instance"))
        let session = FirstReachableSession([bgpd, mgmtd])
        #expect(try await session.open().provider == "mgmtd")
        #expect(try await session.networks() == [network])
        let result = await session.commit(Transaction(id: "t", edits: [.remove(network.prefix)]))
        guard case .rejected(let why) = result.outcome else {
            Issue.record("the commit went to the other one")
            return
        }
        #expect(why.message == "no BGP instance" && mgmtd.transactions.value.isEmpty)
        await session.close()
        // What helps is named when none can be read.
        await mgmtd.breakDown()
        let error = await #expect(throws: ManagementError.self) { try await session.open() }
        #expect(error?.message == "no BGP instance")
    }
}
