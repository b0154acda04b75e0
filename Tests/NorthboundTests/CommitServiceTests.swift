import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

@Suite struct CommitServiceTests {
    private func network(_ text: String, _ name: AttributeClass = .default) throws -> Network {
        Network(prefix: try IPPrefix(text), attributeClass: name)
    }

    @Test func appliesAndRecordsBeforeAndAfter() async throws {
        try await ServiceHarness(running: [try network("10.0.0.1/32")]).run { harness in
            let record = try await harness.commit(
                "r1", [try harness.set("10.0.0.1/32", .drain), try harness.set("10.0.0.2/32")])
            #expect(record.outcome == .applied)
            #expect(record.edits.map(\.before) == [.default, nil])
            #expect(record.edits.map(\.after) == [.drain, .default])
            #expect(await harness.session.running == [try network("10.0.0.1/32", .drain), try network("10.0.0.2/32")])
            // The first record is what FRR was found to run.
            #expect(await harness.journal.all.map(\.kind) == [.observed, .commit])
            #expect(record.parent == "t1")
        }
    }

    @Test func repeatedRequestGetsTheFirstOutcome() async throws {
        try await ServiceHarness().run { harness in
            let first = try await harness.commit("r1", [try harness.set("10.0.0.1/32")])
            let again = try await harness.commit("r1", [try harness.set("10.0.0.9/32")])
            #expect(first == again)
            #expect(harness.session.transactions.value.count == 1)
            let other = try await harness.commit("r1", [try harness.set("10.0.0.9/32")], client: "somebody else")
            #expect(other.id != first.id)
        }
    }

    @Test func manyAtOnceRideTogetherAndEachHasItsRecord() async throws {
        try await ServiceHarness().run { harness in
            await harness.session.holdNextCommit()
            try await withThrowingTaskGroup(of: String.self) { group in
                for index in 0..<300 {
                    group.addTask {
                        try await harness.commit(
                            "r\(index)", [try harness.set("10.1.\(index / 250).\(index % 250)/32")]
                        ).id
                    }
                }
                _ = try await harness.session.transactions.wait(for: "the first transaction") { $0.count == 1 }
                await harness.session.release()
                var ids: Set<String> = []
                for try await id in group { ids.insert(id) }
                #expect(ids.count == 300)
            }
            #expect(harness.session.transactions.value.count < 30)
            #expect(await harness.journal.all.filter { $0.outcome == .applied }.count == 300)
        }
    }

    @Test func oneRefusedCommitDoesNotHurtItsNeighbours() async throws {
        let harness = ServiceHarness()
        await harness.session.refuse([try IPPrefix("10.0.0.5/32")])
        try await harness.run { harness in
            await harness.session.holdNextCommit()
            let results = await withTaskGroup(of: (Int, Bool).self) { group in
                for index in 1...9 {
                    group.addTask {
                        let isApplied =
                            (try? await harness.commit("r\(index)", [harness.set("10.0.0.\(index)/32")])) != nil
                        return (index, isApplied)
                    }
                }
                _ = try? await harness.session.transactions.wait(for: "the first transaction") { $0.count == 1 }
                await harness.session.release()
                var applied: [Int] = []
                for await (index, isApplied) in group where isApplied { applied.append(index) }
                return applied.sorted()
            }
            #expect(results == [1, 2, 3, 4, 6, 7, 8, 9])
            #expect(await harness.journal.all.filter { $0.outcome == .rejected }.count == 1)
        }
    }

    @Test func policyRefusesWholeAndNamesThePath() async throws {
        let harness = ServiceHarness {
            $0.policy = NorthboundPolicy(
                allowedPrefixes: [try! IPPrefix("10.0.0.0/24")], maximumNetworks: 3, maximumEdits: 5)
        }
        try await harness.run { harness in
            let outside = await #expect(throws: NorthboundError.self) {
                try await harness.commit("r1", [harness.set("10.0.0.1/32"), harness.set("10.9.0.1/32")])
            }
            #expect(outside?.code == .permissionDenied)
            #expect(outside?.message.contains("network-config[prefix='10.9.0.1/32']") == true)
            let tooMany = await #expect(throws: NorthboundError.self) {
                try await harness.commit("r2", (1...4).map { try harness.set("10.0.0.\($0)/32") })
            }
            #expect(tooMany?.code == .resourceExhausted)
            let tooLong = await #expect(throws: NorthboundError.self) {
                try await harness.commit("r3", (1...6).map { try harness.set("10.0.0.\($0)/32") })
            }
            #expect(tooLong?.code == .resourceExhausted)
            #expect(harness.session.transactions.value.isEmpty)
            #expect(await harness.journal.all.isEmpty)
        }
    }

    @Test(arguments: [true, false])
    func lostAnswerIsResolvedByReading(isApplied: Bool) async throws {
        let harness = ServiceHarness()
        await harness.session.fail(isApplied ? .loseReplyAfterApplying : .loseRequest)
        try await harness.run { harness in
            if isApplied {
                let record = try await harness.commit("r1", [harness.set("10.0.0.1/32")])
                #expect(record.outcome == .applied)
            } else {
                let error = await #expect(throws: NorthboundError.self) {
                    try await harness.commit("r1", [harness.set("10.0.0.1/32")])
                }
                #expect(error?.code == .aborted)
            }
            let record = try #require(await harness.journal.all.first)
            #expect(record.outcome == (isApplied ? .applied : .rejected))
        }
    }

    @Test func transactionsInDoubtAreResolvedAtStart() async throws {
        func pending(_ sequence: Int64, _ prefix: String) throws -> TransactionRecord {
            TransactionRecord(
                sequence: sequence, id: "old\(sequence)", parent: nil, kind: .commit, requestID: "q\(sequence)",
                client: "agent", cause: [],
                edits: [RecordedEdit(prefix: try IPPrefix(prefix), before: nil, after: .default)],
                capabilities: nil, startedAtMicroseconds: 1)
        }
        let journal = InMemoryJournal([try pending(1, "10.0.0.1/32"), try pending(2, "10.0.0.2/32")])
        try await ServiceHarness(running: [try network("10.0.0.2/32")], journal: journal).run { harness in
            let first = try await harness.recorded.wait(for: "both resolved") { $0.count >= 2 }
            #expect(first.prefix(2).map(\.outcome) == [.rejected, .applied])
            // The client that asks again gets what became of it.
            let again = try await harness.commit("q2", [harness.set("10.0.0.2/32")])
            #expect(again.id == "old2")
            #expect(harness.session.transactions.value.isEmpty)
        }
    }

    @Test func unconfirmedCommitIsUndoneAndAConfirmedOneStays() async throws {
        try await ServiceHarness(running: [try network("10.0.0.1/32")]).run { harness in
            let kept = try await harness.commit("r1", [harness.set("10.0.0.2/32")], confirm: .seconds(60))
            _ = try await harness.service.confirmCommit(id: kept.id, client: "agent")
            try await harness.commit(
                "r2", [harness.set("10.0.0.1/32", .drain), harness.set("10.0.0.3/32")], confirm: .seconds(60))
            harness.time.advance(.seconds(61))
            let records = try await harness.recorded.wait(for: "the undo") { $0.contains { $0.kind == .unconfirmed } }
            #expect(records.last?.outcome == .applied)
            #expect(await harness.session.running == [try network("10.0.0.1/32"), try network("10.0.0.2/32")])
            await #expect(throws: NorthboundError.self) {
                try await harness.service.confirmCommit(id: kept.id, client: "agent")
            }
        }
    }

    @Test func confirmTimeoutOutlivesTheProcess() async throws {
        let journal = InMemoryJournal()
        let time = ManualTime()
        let first = ServiceHarness(journal: journal, time: time)
        try await first.run { harness in
            try await harness.commit("r1", [harness.set("10.0.0.1/32")], confirm: .seconds(60))
        }
        time.advance(.seconds(61))
        let running = await first.session.running
        #expect(running.count == 1)
        try await ServiceHarness(running: running, journal: journal, time: time).run { harness in
            _ = try await harness.recorded.wait(for: "the undo") { $0.contains { $0.kind == .unconfirmed } }
            #expect(await harness.session.running.isEmpty)
        }
    }

    @Test func rollbackRestoresExactly() async throws {
        try await ServiceHarness().run { harness in
            try await harness.commit("r1", [harness.set("10.0.0.1/32"), harness.set("10.0.0.2/32")])
            let second = try await harness.commit("r2", [harness.set("10.0.0.1/32", .drain)])
            let then = await harness.session.running
            try await harness.commit("r3", [.remove(try IPPrefix("10.0.0.2/32")), harness.set("10.0.0.3/32")])
            let record = try await harness.service.rollback(to: second.id, requestID: "b1", client: "operator")
            #expect(record.kind == .rollback && record.outcome == .applied)
            #expect(await harness.session.running == then)
            let absent = await #expect(throws: NorthboundError.self) {
                try await harness.service.rollback(to: "nothing", requestID: "b2", client: "operator")
            }
            #expect(absent?.code == .notFound)
        }
    }

    @Test func failingJournalKeepsAnnouncingAndMarksTheGap() async throws {
        try await ServiceHarness().run { harness in
            await harness.journal.fail(with: JournalError(.full, "no space"))
            try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            try await harness.commit("r2", [harness.set("10.0.0.2/32")])
            #expect(await harness.session.running.count == 2)
            await harness.journal.fail(with: nil)
            try await harness.commit("r3", [harness.set("10.0.0.3/32")])
            #expect(harness.events.value.filter { $0.hasPrefix("journal") } == ["journalFailed", "journalHealed 2"])
            #expect(try await harness.journal.networks(after: nil) == harness.session.running)
        }
    }

    @Test func failingJournalRefusesWhenSoConfigured() async throws {
        try await ServiceHarness { $0.announcesWithoutJournal = false }.run { harness in
            await harness.journal.fail(with: JournalError(.readOnly, "read only"))
            let error = await #expect(throws: NorthboundError.self) {
                try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            }
            #expect(error?.code == .unavailable)
            #expect(harness.session.transactions.value.isEmpty)
        }
    }

    @Test func expiredLeaseDrainsThenWithdraws() async throws {
        let harness = ServiceHarness(running: [try network("10.0.0.9/32", .manual)]) {
            $0.staleAfter = .seconds(30)
            $0.drainHold = .seconds(5)
        }
        try await harness.run { harness in
            try await harness.service.renewLease(client: "agent")
            try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            harness.time.advance(.seconds(31))
            _ = try await harness.recorded.wait(for: "the drain") { $0.contains { $0.kind == .leaseDrain } }
            #expect(await harness.session.running.contains(try network("10.0.0.1/32", .drain)))
            harness.time.advance(.seconds(6))
            _ = try await harness.recorded.wait(for: "the withdrawal") { $0.contains { $0.kind == .leaseWithdrawal } }
            #expect(await harness.session.running == [try network("10.0.0.9/32", .manual)])
            #expect(harness.events.value.contains("leaseExpired agent"))
        }
    }

    @Test func announcementsOfClientsOfAnEarlierRunAreWithdrawnToo() async throws {
        let harness = ServiceHarness(running: [try network("10.0.0.1/32")]) {
            $0.staleAfter = .seconds(30)
            $0.drainHold = .seconds(5)
        }
        try await harness.run { harness in
            try await harness.recover()
            harness.time.advance(.seconds(31))
            _ = try await harness.recorded.wait(for: "the drain") { $0.contains { $0.kind == .leaseDrain } }
            // A client that comes back in time ends it.
            try await harness.service.renewLease(client: "agent")
            harness.time.advance(.seconds(29))
            #expect(await harness.session.running == [try network("10.0.0.1/32", .drain)])
            harness.time.advance(.seconds(2))
            _ = try await harness.recorded.wait(for: "another drain") {
                $0.count { $0.kind == .leaseDrain } == 2
            }
            harness.time.advance(.seconds(6))
            _ = try await harness.recorded.wait(for: "the withdrawal") { $0.contains { $0.kind == .leaseWithdrawal } }
            #expect(await harness.session.running == [])
        }
    }

    @Test func lockOfAClientThatHasGoneEnds() async throws {
        try await ServiceHarness { $0.lockTimeout = .seconds(60) }.run { harness in
            try await harness.service.lock(client: "operator")
            harness.time.advance(.seconds(61))
            _ = try await harness.events.wait(for: "the end of the lock") { $0.contains("leaseExpired operator") }
            try await harness.commit("r1", [harness.set("10.0.0.1/32")])
        }
    }

    @Test func lockRefusesOthers() async throws {
        try await ServiceHarness().run { harness in
            try await harness.service.lock(client: "operator")
            let error = await #expect(throws: NorthboundError.self) {
                try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            }
            #expect(error?.code == .failedPrecondition)
            try await harness.commit("r2", [harness.set("10.0.0.2/32")], client: "operator")
            try await harness.service.unlock(client: "operator")
            try await harness.commit("r3", [harness.set("10.0.0.1/32")])
        }
    }

    @Test func candidatesGatherEdits() async throws {
        try await ServiceHarness().run { harness in
            let id = try await harness.service.createCandidate(client: "operator")
            try await harness.service.editCandidate(id, client: "operator", edits: [harness.set("10.0.0.1/32")])
            try await harness.service.editCandidate(id, client: "operator", edits: [harness.set("10.0.0.2/32")])
            await #expect(throws: NorthboundError.self) {
                try await harness.service.editCandidate(id, client: "agent", edits: [])
            }
            let record = try await harness.service.commit(
                CommitRequest(requestID: "r1", client: "operator", edits: [], candidate: id))
            #expect(record.edits.count == 2)
            await #expect(throws: NorthboundError.self) {
                try await harness.service.deleteCandidate(id, client: "operator")
            }
        }
    }

    @Test func changesOfOthersAreObserved() async throws {
        try await ServiceHarness().run { harness in
            try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            await harness.session.edit { $0 = [] }
            #expect(try await harness.service.get(.config).isEmpty)
            #expect(await harness.journal.all.last?.kind == .observed)
            #expect(try await harness.journal.networks(after: nil).isEmpty)
        }
    }

    @Test func readingDuringACommitWaitsForIt() async throws {
        try await ServiceHarness().run { harness in
            for round in 0..<20 {
                await harness.session.holdNextCommit()
                async let record = harness.commit("r\(round)", [harness.set("10.0.0.\(round)/32")])
                _ = try await harness.session.transactions.wait(for: "the transaction") { $0.count == round + 1 }
                async let first = harness.service.get(.config)
                async let second = harness.service.get(.config)
                await harness.session.release()
                let seen = try await [first, second]
                #expect(seen.allSatisfy { $0.count == round + 1 })
                _ = try await record
            }
            #expect(await harness.journal.all.allSatisfy { $0.kind == .commit })
        }
    }

    @Test func sessionAdapterKeepsTheAgentsContract() async throws {
        try await ServiceHarness().run { harness in
            try await harness.recover()
            let session = ServiceSession(harness.service, client: "agent")
            _ = try await session.open()
            let result = await session.commit(
                Transaction(id: "a1", edits: [try harness.set("10.0.0.1/32")], cause: ["shop/web"]))
            #expect(result.outcome == .applied)
            #expect(try await session.networks() == harness.session.running)
        }
    }
}
