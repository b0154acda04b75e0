import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

/// Leases against clocks that are set and renewals that come at the last moment.
@Suite struct LeaseTests {
    private let network: Network

    init() throws { network = Network(prefix: try IPPrefix("10.0.0.1/32")) }

    /// A client with a lease has announced one network.
    private func withLease(_ body: @escaping @Sendable (ServiceHarness) async throws -> Void) async throws {
        let harness = ServiceHarness {
            $0.staleAfter = .seconds(30)
            $0.drainHold = .seconds(5)
        }
        try await harness.run { harness in
            try await harness.service.renewLease(client: "agent")
            try await harness.commit("r1", [.set(network)])
            try await body(harness)
        }
    }

    private func lapses(_ records: [TransactionRecord]) -> [TransactionKind] {
        records.map(\.kind).filter { $0 == .leaseDrain || $0 == .leaseWithdrawal }
    }

    @Test(arguments: [-1, 1]) func aWallClockThatIsSetNeitherEndsNorKeepsALease(sign: Int) async throws {
        try await withLease { harness in
            harness.time.setWallClock(ahead: .seconds(sign * 86_400))
            // Leases are looked at in the round that takes this commit, of a client without one.
            try await harness.commit("r2", [harness.set("10.0.0.2/32", .manual)], client: "operator")
            #expect(lapses(harness.recorded.value).isEmpty)
            harness.time.advance(.seconds(31))
            let records = try await harness.recorded.wait(for: "the drain") { $0.last?.kind == .leaseDrain }
            #expect(records.last?.cause == ["no lease renewed for 30.0 seconds by agent"])
        }
    }

    @Test func aRenewalWhileTheDrainWaitsForItsTurnEndsIt() async throws {
        try await withLease { harness in
            await harness.session.holdNextReading()
            async let reading = harness.service.get(.config)
            // The reading has its turn.
            try await eventually("a held reading") { await harness.session.isHeld }
            harness.time.advance(.seconds(31))
            try await harness.waitForQueue(of: 1)
            try await harness.service.renewLease(client: "agent")
            await harness.session.release()
            _ = try await reading
            // Comes behind the drain.
            try await harness.commit("r2", [harness.set("10.0.0.2/32")])
            #expect(harness.session.transactions.value.count == 2)
            #expect(await harness.session.running.contains(network))
            #expect(await lapses(harness.journal.all).isEmpty)
        }
    }

    @Test func aRenewalDuringTheDrainMakesTheNextLapseBeginWithADrain() async throws {
        try await withLease { harness in
            await harness.session.holdNextCommit()
            harness.time.advance(.seconds(31))
            _ = try await harness.session.transactions.wait(for: "the drain") { $0.count == 2 }
            try await harness.service.renewLease(client: "agent")
            await harness.session.release()
            _ = try await harness.recorded.wait(for: "the record of the drain") { $0.last?.kind == .leaseDrain }
            harness.time.advance(.seconds(31))
            let records = try await harness.recorded.wait(for: "what comes next") { lapses($0).count == 2 }
            #expect(lapses(records) == [.leaseDrain, .leaseDrain])
            harness.time.advance(.seconds(6))
            _ = try await harness.recorded.wait(for: "the withdrawal") { $0.last?.kind == .leaseWithdrawal }
            #expect(await harness.session.running.isEmpty)
        }
    }
}
