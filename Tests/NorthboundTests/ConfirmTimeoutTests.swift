import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

/// A commit that is to be undone unless confirmed, when things go wrong before its result is durable.
@Suite struct ConfirmTimeoutTests {
    private let network: Network

    init() throws { network = Network(prefix: try IPPrefix("10.0.0.1/32")) }

    @Test func theIntentHoldsTheTimeout() async throws {
        try await ServiceHarness().run { harness in
            await harness.session.holdNextCommit()
            async let record = harness.commit("r1", [.set(network)], confirm: .seconds(30))
            _ = try await harness.session.transactions.wait(for: "the transaction") { $0.count == 1 }
            #expect(await harness.journal.all.last?.confirmByMicroseconds == harness.time.microseconds + 30_000_000)
            await harness.session.release()
            _ = try await record
        }
    }

    @Test func aProcessKilledBeforeTheResultIsUndoneToo() async throws {
        let journal = InMemoryJournal()
        _ = try await journal.begin(
            TransactionRecord(
                id: "t0", parent: nil, kind: .commit, requestID: "r0", client: "agent", cause: [],
                edits: [RecordedEdit(prefix: network.prefix, before: nil, after: .default)], capabilities: nil,
                startedAtMicroseconds: 1, confirmByMicroseconds: 2))
        try await ServiceHarness(running: [network], journal: journal, idPrefix: "u").run { harness in
            _ = try await harness.recorded.wait(for: "the undo") { $0.contains { $0.kind == .unconfirmed } }
            #expect(await harness.session.running == [])
        }
    }

    @Test func aRefusedCommitIsNotWaitedFor() async throws {
        let harness = ServiceHarness()
        await harness.session.refuse([network.prefix])
        try await harness.run { harness in
            await #expect(throws: NorthboundError.self) {
                try await harness.commit("r1", [.set(network)], confirm: .seconds(30))
            }
            #expect(await harness.journal.all.last?.outcome == .rejected)
            #expect(await harness.journal.all.last?.confirmByMicroseconds == nil)
        }
    }

    @Test func withoutAJournalItIsRefusedAndNothingElseIs() async throws {
        try await ServiceHarness().run { harness in
            await harness.journal.fail(with: JournalError(.readOnly, "read only"))
            let error = await #expect(throws: NorthboundError.self) {
                try await harness.commit("r1", [.set(network)], confirm: .seconds(30))
            }
            #expect(error?.code == .unavailable)
            #expect(harness.session.transactions.value.isEmpty)
            try await harness.commit("r2", [.set(network)])
            #expect(await harness.session.running == [network])
        }
    }

    @Test(arguments: [("", StatusCode.invalidArgument), ("somebody else", .permissionDenied)])
    func onlyTheClientThatMadeItConfirms(name: String, code: StatusCode) async throws {
        try await ServiceHarness().run { harness in
            let record = try await harness.commit("r1", [.set(network)], confirm: .seconds(30))
            let error = await #expect(throws: NorthboundError.self) {
                try await harness.service.confirmCommit(id: record.id, client: name)
            }
            #expect(error?.code == code)
            harness.time.advance(.seconds(31))
            _ = try await harness.recorded.wait(for: "the undo") { $0.contains { $0.kind == .unconfirmed } }
        }
    }

    @Test func whoHasNoNameCommitsNothingToConfirm() async throws {
        try await ServiceHarness().run { harness in
            let commit = await #expect(throws: NorthboundError.self) {
                try await harness.commit("r1", [.set(network)], client: "")
            }
            let rollback = await #expect(throws: NorthboundError.self) {
                try await harness.service.rollback(to: "t1", requestID: "b1", client: "")
            }
            #expect(commit?.code == .invalidArgument && rollback?.code == .invalidArgument)
            #expect(await harness.journal.all.isEmpty)
        }
    }

    @Test func anUndoThatCannotBeWrittenIsDoneOnce() async throws {
        try await ServiceHarness().run { harness in
            let first = try await harness.commit("r1", [.set(network)], confirm: .seconds(30))
            await harness.journal.fail(with: JournalError(.readOnly, "read only"))
            harness.time.advance(.seconds(31))
            _ = try await harness.recorded.wait(for: "the undo") { $0.contains { $0.kind == .unconfirmed } }
            // The same announcement again, by somebody who wants it: it is not undone a second time.
            try await harness.commit("r2", [.set(network)])
            try await harness.commit("r3", [.remove(network.prefix)])
            try await harness.commit("r4", [.set(network)])
            #expect(await harness.session.running == [network])
            #expect(harness.recorded.value.count { $0.kind == .unconfirmed } == 1)
            #expect(harness.recorded.value.count { $0.id == first.id } <= 2)
        }
    }
}
