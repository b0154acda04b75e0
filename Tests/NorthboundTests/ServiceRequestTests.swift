import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

/// Several clients, repeated requests, and commits that share a transaction of FRR.
@Suite struct ServiceRequestTests {
    private func network(_ text: String, _ name: AttributeClass = .default) throws -> Network {
        Network(prefix: try IPPrefix(text), attributeClass: name)
    }

    /// Starts commits one after the other while the first is held, so that their order is known, and lets go.
    private func commitInOrder(
        _ harness: ServiceHarness, _ requests: [CommitRequest]
    ) async throws -> [Result<TransactionRecord, NorthboundError>] {
        let before = harness.session.transactions.value.count
        await harness.session.holdNextCommit()
        let answers = Observed<[Int: Result<TransactionRecord, NorthboundError>]>([:])
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, request) in requests.enumerated() {
                group.addTask {
                    let result: Result<TransactionRecord, NorthboundError>
                    do throws(NorthboundError) { result = .success(try await harness.service.commit(request)) } catch {
                        result = .failure(error)
                    }
                    answers.update { $0[index] = result }
                }
                if index == 0 {
                    _ = try await harness.session.transactions.wait(for: "the first") { $0.count == before + 1 }
                } else {
                    try await harness.waitForQueue(of: index)
                }
            }
            await harness.session.release()
            try await group.waitForAll()
            return requests.indices.compactMap { answers.value[$0] }
        }
    }

    /// Each is the parent of the next one; the first has none.
    private func expectChain(_ records: [TransactionRecord]) {
        var parent: String?
        for record in records {
            #expect(record.parent == parent)
            parent = record.id
        }
    }

    private func request(_ id: String, _ client: String, _ edits: [NetworkEdit]) -> CommitRequest {
        CommitRequest(requestID: id, client: client, edits: edits, cause: ["test"])
    }

    @Test func conflictingClientsAreSerialisedAndTheLastWins() async throws {
        try await ServiceHarness().run { harness in
            let results = try await commitInOrder(
                harness,
                [
                    request("r1", "agent", [harness.set("10.0.0.1/32")]),
                    request("r1", "operator", [harness.set("10.0.0.1/32", .manual)]),
                    request("r2", "agent", [harness.set("10.0.0.1/32", .drain), harness.set("10.0.0.2/32")]),
                    request("r2", "operator", [.remove(try IPPrefix("10.0.0.2/32"))]),
                ])
            let records = try results.map { try $0.get() }
            #expect(records.map(\.client) == ["agent", "operator", "agent", "operator"])
            let before: [[AttributeClass?]] = [[nil], [.default], [.manual, nil], [.default]]
            #expect(records.map { $0.edits.map(\.before) } == before)
            expectChain(records)
            #expect(await harness.session.running == [try network("10.0.0.1/32", .drain)])
            // Each clashes with the one before, so each was a transaction of its own.
            #expect(harness.session.transactions.value.count == 4)
            #expect(await harness.journal.all == records)
        }
    }

    @Test func recordsOfAGroupFollowEachOther() async throws {
        let faults = JournalFaults()
        let harness = ServiceHarness(faults: faults)
        await harness.session.refuse([try IPPrefix("10.0.0.3/32")])
        try await harness.run { harness in
            let results = try await commitInOrder(
                harness, (0...6).map { request("r\($0)", "agent", [try harness.set("10.0.0.\($0)/32")]) })
            let applied = results.compactMap { try? $0.get() }
            #expect(applied.count == 6)
            let all = await harness.journal.all
            #expect(all.map(\.requestID) == (0...6).map { "r\($0)" })
            let chain = all.filter { $0.outcome == .applied }
            expectChain(chain)
            // One write for the intents of the group, and one for each transaction of FRR that it took.
            #expect(faults.sizes(.begin) == [1, 6])
            #expect(faults.sizes(.finish) == [1, 1, 1, 1, 3])
        }
    }

    @Test func aThousandCommitsTakeFewWrites() async throws {
        let faults = JournalFaults()
        try await ServiceHarness(faults: faults).run { harness in
            let results = try await commitInOrder(
                harness,
                (0..<1000).map { request("r\($0)", "agent", [try harness.set("10.1.\($0 / 250).\($0 % 250)/32")]) })
            #expect(results.allSatisfy { (try? $0.get()) != nil })
            #expect(faults.sizes(.begin) == [1, 999] && faults.sizes(.finish) == [1, 999])
        }
    }

    @Test func aGroupThatFRRAbortsIsTakenApartButNotForEver() async throws {
        let harness = ServiceHarness()
        let away = ManagementError(.aborted, "staticd is away")
        try await harness.run { harness in
            await harness.session.fail(.reject(away), .reject(away), .reject(away))
            let results = try await commitInOrder(
                harness, (0...7).map { request("r\($0)", "agent", [try harness.set("10.0.0.\($0)/32")]) })
            // The held one; the group of seven; its first half of three; then everything goes through.
            #expect(results.filter { (try? $0.get()) == nil }.count == 1)
            #expect(harness.session.transactions.value.map(\.edits.count) == [1, 7, 3, 1, 2, 4])
            for _ in 0..<40 { await harness.session.fail(.reject(away)) }
            let refused = try await commitInOrder(
                harness, (0..<100).map { request("s\($0)", "agent", [try harness.set("10.0.1.\($0)/32")]) })
            for result in refused {
                let error = #expect(throws: NorthboundError.self) { try result.get() }
                #expect(error?.code == .aborted)
            }
            #expect(harness.session.transactions.value.count <= 6 + 1 + 40)
        }
    }

    @Test func aRefusedCommitIsCountedOnceForItsLock() async throws {
        try await ServiceHarness().run { harness in
            let locked = ManagementError(.locked, "vty holds the lock")
            await harness.session.fail(.reject(locked), .reject(locked))
            let results = try await commitInOrder(
                harness, (0...3).map { request("r\($0)", "agent", [try harness.set("10.0.0.\($0)/32")]) })
            for result in results {
                let error = #expect(throws: NorthboundError.self) { try result.get() }
                #expect(error?.code == .aborted)
            }
            #expect(harness.events.value.filter { $0 == "lockRefused" }.count == 4)
            #expect(harness.session.transactions.value.count == 2)
        }
    }

    @Test func aDuplicateInFlightIsExecutedOnce() async throws {
        try await ServiceHarness().run { harness in
            await harness.session.holdNextCommit()
            async let first = harness.commit("r1", [harness.set("10.0.0.1/32")])
            _ = try await harness.session.transactions.wait(for: "the transaction") { $0.count == 1 }
            async let second = harness.commit("r1", [harness.set("10.0.0.1/32")])
            async let third = harness.commit("r1", [harness.set("10.0.0.1/32")])
            await harness.session.release()
            let records = try await [first, second, third]
            #expect(Set(records.map(\.id)).count == 1)
            #expect(harness.session.transactions.value.count == 1)
            #expect(await harness.journal.all.count == 1)
        }
    }

    @Test func duplicatesThatComeTogetherAreExecutedOnce() async throws {
        try await ServiceHarness().run { harness in
            for round in 0..<50 {
                let ids = try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<8 {
                        group.addTask { try await harness.commit("r\(round)", [harness.set("10.0.0.1/32")]).id }
                    }
                    var ids: Set<String> = []
                    for try await id in group { ids.insert(id) }
                    return ids
                }
                #expect(ids.count == 1)
            }
            #expect(await harness.journal.all.count == 50)
        }
    }

    @Test func aRepeatedRefusalHasTheSameCode() async throws {
        let harness = ServiceHarness()
        await harness.session.refuse([try IPPrefix("10.0.0.5/32")])
        try await harness.run { harness in
            let first = await #expect(throws: NorthboundError.self) {
                try await harness.commit("r1", [harness.set("10.0.0.5/32")])
            }
            let again = await #expect(throws: NorthboundError.self) {
                try await harness.commit("r1", [harness.set("10.0.0.5/32")])
            }
            #expect(first?.code == .failedPrecondition)
            #expect(first == again)
            #expect(harness.session.transactions.value.count == 1)
        }
    }

    /// Refused for a reason that passes, a request may be made again under its name; applied, it is not executed twice.
    @Test(arguments: [
        (ManagementError.Code.locked, StatusCode.aborted), (.aborted, .aborted), (.deadlineExceeded, .aborted),
        (.unreachable, .unavailable), (.unresponsive, .unavailable), (.disconnected, .unavailable),
    ])
    func aRefusalThatPassesMayBeRepeated(reason: ManagementError.Code, code: StatusCode) async throws {
        try await ServiceHarness().run { harness in
            for _ in 0..<2 {
                await harness.session.fail(.reject(ManagementError(reason, "not now")))
                let error = await #expect(throws: NorthboundError.self) {
                    try await harness.commit("r1", [harness.set("10.0.0.1/32")])
                }
                #expect(error?.code == code)
            }
            let applied = try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            #expect(try await harness.commit("r1", [harness.set("10.0.0.1/32")]) == applied)
            #expect(harness.session.transactions.value.count == 3)
            let all = await harness.journal.all
            #expect(all.map(\.requestID) == ["r1", "r1", "r1"] && Set(all.map(\.id)).count == 3)
            #expect(all.map(\.outcome) == [.rejected, .rejected, .applied])
        }
    }

    @Test func aLostRequestThatWasNotAppliedMayBeRepeated() async throws {
        let harness = ServiceHarness()
        await harness.session.fail(.loseRequest)
        try await harness.run { harness in
            await #expect(throws: NorthboundError.self) {
                try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            }
            let record = try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            #expect(record.outcome == .applied)
            #expect(await harness.journal.all.map(\.outcome) == [.rejected, .applied])
        }
    }

    /// What is remembered for want of a journal must not hide what the journal has learned since.
    @Test func aRepetitionBehindAGapIsAppliedOnce() async throws {
        let faults = JournalFaults([.finish: 1...1])
        try await ServiceHarness(faults: faults).run { harness in
            await harness.session.fail(.reject(ManagementError(.locked, "vty holds the lock")))
            await #expect(throws: NorthboundError.self) {
                try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            }
            let applied = try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            #expect(try await harness.commit("r1", [harness.set("10.0.0.1/32")]) == applied)
            #expect(harness.session.transactions.value.count == 2)
            #expect(await harness.journal.all.map(\.outcome) == [.rejected, .applied])
        }
    }

    @Test func aFullQueueAndAnFRRThatIsAwayMayBeTriedAgain() async throws {
        try await ServiceHarness { $0.maximumQueuedCommits = 1 }.run { harness in
            await harness.session.holdNextCommit()
            async let first = harness.commit("r1", [harness.set("10.0.0.1/32")])
            _ = try await harness.session.transactions.wait(for: "the first") { $0.count == 1 }
            async let second = harness.commit("r2", [harness.set("10.0.0.2/32")])
            try await harness.waitForQueue(of: 1)
            let full = await #expect(throws: NorthboundError.self) {
                try await harness.commit("r3", [harness.set("10.0.0.3/32")])
            }
            #expect(full?.code == .resourceExhausted)
            await harness.session.release()
            _ = try await (first, second)
            await harness.session.breakDown()
            _ = try await harness.events.wait(for: "the end of the session") { $0.contains("lost") }
            let away = await #expect(throws: NorthboundError.self) {
                try await harness.commit("r3", [harness.set("10.0.0.3/32")])
            }
            #expect(away?.code == .unavailable)
            await harness.session.restore()
            _ = try await harness.session.openCount.wait(for: "the next session") { $0 == 2 }
            try await harness.commit("r3", [harness.set("10.0.0.3/32")])
            #expect(await harness.session.running.count == 3)
            #expect(await harness.journal.all.count { $0.requestID == "r3" } == 1)
        }
    }

    @Test func requestIdsOutliveTheService() async throws {
        let journal = InMemoryJournal()
        let first = ServiceHarness(journal: journal)
        let before = Observed<TransactionRecord?>(nil)
        try await first.run { harness in
            let candidate = try await harness.service.createCandidate(client: "agent")
            try await harness.service.editCandidate(candidate, client: "agent", edits: [harness.set("10.0.0.1/32")])
            let request = CommitRequest(requestID: "r1", client: "agent", edits: [], candidate: candidate)
            let record = try await harness.service.commit(request)
            // The candidate is used up, and the repetition must not ask for it.
            #expect(try await harness.service.commit(request) == record)
            before.update { $0 = record }
        }
        let running = await first.session.running
        try await ServiceHarness(running: running, journal: journal, idPrefix: "u").run { harness in
            let again = try await harness.commit("r1", [harness.set("10.0.0.9/32")])
            #expect(again == before.value)
            #expect(harness.session.transactions.value.isEmpty)
        }
    }

    @Test func rollbackIsExactAlsoBehindAQueue() async throws {
        try await ServiceHarness(running: [try network("10.0.0.8/32", .manual)]).run { harness in
            try await harness.commit("r1", [harness.set("10.0.0.1/32"), harness.set("10.0.0.2/32", .drain)])
            let target = try await harness.commit(
                "r2", [harness.set("10.0.0.1/32", .drain), harness.set("10.0.0.4/32")])
            let then = await harness.session.running
            try await harness.commit("r3", [.remove(try IPPrefix("10.0.0.8/32")), harness.set("10.0.0.4/32", .drain)])
            await harness.session.holdNextCommit()
            async let other = harness.commit("r4", [harness.set("10.0.0.5/32"), harness.set("10.0.0.2/32", .manual)])
            _ = try await harness.session.transactions.wait(for: "the other") { $0.count == 4 }
            async let back = harness.service.rollback(to: target.id, requestID: "b1", client: "operator")
            await harness.session.release()
            let (record, before) = (try await back, try await other)
            #expect(await harness.session.running == then)
            #expect(record.parent == before.id && record.kind == .rollback)
            // The same request again is the same rollback, whatever happened since.
            try await harness.commit("r5", [harness.set("10.0.0.6/32")])
            let again = try await harness.service.rollback(to: target.id, requestID: "b1", client: "operator")
            #expect(again == record)
            #expect(await harness.session.running.contains(try network("10.0.0.6/32")))
        }
    }

    @Test func rollbackToWhatWasNeverAppliedSaysSo() async throws {
        let harness = ServiceHarness()
        await harness.session.refuse([try IPPrefix("10.0.0.5/32")])
        try await harness.run { harness in
            let good = try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            _ = try? await harness.commit("r2", [harness.set("10.0.0.5/32")])
            let rejected = try #require(await harness.journal.all.last)
            let error = await #expect(throws: NorthboundError.self) {
                try await harness.service.rollback(to: rejected.id, requestID: "b1", client: "operator")
            }
            #expect(error?.code == .failedPrecondition)
            #expect(error?.message.contains("is rejected") == true && error?.message.contains(good.id) == true)
            let pruned = await #expect(throws: NorthboundError.self) {
                try await harness.service.rollback(to: "long-gone", requestID: "b2", client: "operator")
            }
            #expect(pruned?.code == .notFound && pruned?.message.contains("pruned") == true)
        }
    }

    @Test func readingByPathAndByRecord() async throws {
        try await ServiceHarness(running: [try network("10.0.0.9/32")]).run { harness in
            let first = try await harness.commit("r1", [harness.set("10.0.0.1/32"), harness.set("2001:db8::1/128")])
            try await harness.commit("r2", [.remove(try IPPrefix("10.0.0.9/32"))])
            let one = NetworkPath.entry(try IPPrefix("2001:db8::1/128"))
            #expect(try await harness.service.get(GetRequest(paths: [one])) == [try network("2001:db8::1/128")])
            #expect(try await harness.service.get(GetRequest(.state, paths: [one])).count == 1)
            #expect(try await harness.service.get(GetRequest(moment: .afterTransaction(first.id))).count == 3)
            #expect(try await harness.service.get(GetRequest(moment: .afterSequence(0))).isEmpty)
            #expect(try await harness.service.get(GetRequest(moment: .afterSequence(first.sequence))).count == 3)
            let absent = await #expect(throws: NorthboundError.self) {
                try await harness.service.get(GetRequest(moment: .afterSequence(99)))
            }
            #expect(absent?.code == .notFound)
            let state = await #expect(throws: NorthboundError.self) {
                try await harness.service.get(GetRequest(.state, moment: .afterSequence(1)))
            }
            #expect(state?.code == .invalidArgument)
            let odd = await #expect(throws: NorthboundError.self) {
                try await harness.service.get(GetRequest(paths: [one, "/frr-interface:lib"]))
            }
            #expect(odd?.code == .invalidArgument && odd?.message.contains("/frr-interface:lib") == true)
        }
    }
}
