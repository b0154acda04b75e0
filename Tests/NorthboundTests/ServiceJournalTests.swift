import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

/// What the service does when its journal fails at each write, with either policy, and how it mends.
@Suite struct ServiceJournalTests {
    private func network(_ text: String, _ name: AttributeClass = .default) throws -> Network {
        Network(prefix: try IPPrefix(text), attributeClass: name)
    }

    /// The journal alone tells what FRR runs.
    private func expectAgreement(_ harness: ServiceHarness) async throws {
        let (told, running) = (try await harness.journal.networks(after: nil), await harness.session.running)
        #expect(told == running)
        #expect(await harness.journal.all.allSatisfy { $0.outcome == .applied || $0.outcome == .rejected })
    }

    @Test(arguments: [true, false], [JournalFaults.Write.begin, .finish])
    func eachWriteMayFail(announces: Bool, write: JournalFaults.Write) async throws {
        // The second commit's write fails; what is tried afterwards succeeds.
        let faults = JournalFaults([write: 2...2])
        try await ServiceHarness(faults: faults) { $0.announcesWithoutJournal = announces }.run { harness in
            try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            let second: TransactionRecord?
            do {
                second = try await harness.commit("r2", [harness.set("10.0.0.2/32")])
            } catch let error as NorthboundError {
                #expect(error.code == .unavailable)
                second = nil
            }
            // Only an intent that may not be missing keeps a commit from FRR.
            let isSent = announces || write == .finish
            #expect((second != nil) == isSent)
            #expect(await harness.session.running.contains(try network("10.0.0.2/32")) == isSent)
            try await harness.commit("r3", [harness.set("10.0.0.3/32")])
            try await expectAgreement(harness)
            let events = harness.events.value.filter { $0.hasPrefix("journal") }
            #expect(events == ["journalFailed", "journalHealed \(announces && write == .begin ? 1 : 0)"])
            let kinds = await harness.journal.all.map(\.kind)
            #expect(kinds.contains(.observed) == (announces && write == .begin))
            // A repeated request gets its outcome, written or not.
            if let second { #expect(try await harness.commit("r2", [harness.set("10.0.0.9/32")]).id == second.id) }
            #expect(harness.session.transactions.value.count == (isSent ? 3 : 2))
        }
    }

    @Test(arguments: [true, false]) func aJournalThatFailsForLong(announces: Bool) async throws {
        let faults = JournalFaults([.begin: 2...6, .finish: 1...3])
        try await ServiceHarness(running: [try network("10.9.0.1/32")], faults: faults) {
            $0.announcesWithoutJournal = announces
        }.run { harness in
            try await harness.recover()
            for index in 1...12 {
                _ = try? await harness.commit("r\(index)", [harness.set("10.0.0.\(index)/32", .drain)])
                _ = try? await harness.commit("w\(index)", [.remove(try IPPrefix("10.0.0.\(index)/32"))])
            }
            try await harness.commit("last", [harness.set("10.0.0.99/32")])
            try await expectAgreement(harness)
            #expect(await harness.session.running.contains(try network("10.0.0.99/32")))
        }
    }

    @Test func aGapIsMarkedBeforeWhatFollows() async throws {
        // Begin 1 is the first commit's; those of the second and of every try to mend until the fourth fail.
        let faults = JournalFaults([.begin: 2...3])
        try await ServiceHarness(faults: faults).run { harness in
            try await harness.commit("r1", [harness.set("10.0.0.1/32"), harness.set("10.0.0.2/32")])
            try await harness.commit("r2", [harness.set("10.0.0.1/32", .drain)])
            try await harness.commit("r3", [.remove(try IPPrefix("10.0.0.1/32"))])
            try await harness.commit("r4", [harness.set("10.0.0.1/32", .manual)])
            try await expectAgreement(harness)
            let all = await harness.journal.all
            let gap = try #require(all.firstIndex { $0.kind == .observed })
            #expect(all[gap].cause[0].contains("could not be written"))
            // What comes behind the gap builds upon it.
            #expect(all[gap + 1].parent == all[gap].id)
        }
    }

    @Test func aGapThatCameToNothingIsMarkedOnce() async throws {
        try await ServiceHarness().run { harness in
            try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            await harness.journal.fail(with: JournalError(.full, "no space"))
            try await harness.commit("r2", [harness.set("10.0.0.1/32", .drain)])
            try await harness.commit("r3", [harness.set("10.0.0.1/32")])
            await harness.journal.fail(with: nil)
            _ = try await harness.events.wait(for: "the end of the gap") { $0.contains("journalHealed 2") }
            try await harness.commit("r4", [harness.set("10.0.0.2/32")])
            let all = await harness.journal.all
            #expect(all.map(\.kind) == [.commit, .observed, .commit])
            #expect(all[1].edits.isEmpty && all[1].outcome == .applied)
            #expect(all[1].cause[0].contains("2 transactions are missing"))
            #expect(all[2].parent == all[1].id)
            try await expectAgreement(harness)
        }
    }

    @Test func resultsThatWereNotWrittenAreNotJudgedByLaterReadings() async throws {
        let faults = JournalFaults([.finish: 1...1])
        try await ServiceHarness(faults: faults).run { harness in
            let record = try await harness.commit("r1", [harness.set("10.0.0.1/32")])
            await harness.session.edit { $0 = [] }
            await harness.session.breakDown()
            await harness.session.restore()
            _ = try await harness.session.openCount.wait(for: "the next session") { $0 > 1 }
            _ = try await harness.recorded.wait(for: "the observation") { $0.contains { $0.kind == .observed } }
            let stored = await harness.journal.all
            #expect(stored.first?.id == record.id && stored.first?.outcome == .applied)
            try await expectAgreement(harness)
        }
    }

    @Test func aFreshJournalBeginsWithWhatFRRRuns() async throws {
        try await ServiceHarness(running: [try network("10.0.0.1/32"), try network("10.0.0.2/32", .drain)]).run {
            harness in
            try await harness.commit("r1", [.remove(try IPPrefix("10.0.0.1/32"))])
            let first = try #require(await harness.journal.all.first)
            #expect(first.kind == .observed && first.edits.count == 2 && first.parent == nil)
            try await expectAgreement(harness)
        }
    }

    @Test func causesAreBounded() async throws {
        try await ServiceHarness().run { harness in
            let record = try await harness.service.commit(
                CommitRequest(
                    requestID: "r1", client: "agent", edits: [harness.set("10.0.0.1/32")],
                    cause: (0..<2000).map { "shop/web-\($0): ready" }))
            #expect(record.cause.count == 100 && record.cause.last == "and 1901 more")
        }
    }

    @Test func theJournalIsPrunedEveryHour() async throws {
        let (clock, faults) = (ManualClock(), JournalFaults())
        let hour = Duration.seconds(3600)
        try await ServiceHarness(faults: faults, clock: clock).run { _ in
            for round in 1...3 {
                _ = try await clock.sleeps.wait(for: "sleep \(round)") { $0[hour, default: 0] == round }
                #expect(faults.prunings.value == round - 1)
                clock.advance(by: hour - .seconds(1))
                #expect(faults.prunings.value == round - 1)
                clock.advance(by: .seconds(1))
                _ = try await faults.prunings.wait(for: "pruning \(round)") { $0 == round }
            }
        }
    }

    @Test func anUndoThatFRRRefusesForNowIsTriedAgain() async throws {
        try await ServiceHarness().run { harness in
            try await harness.commit("r1", [harness.set("10.0.0.1/32")], confirm: .seconds(60))
            await harness.session.fail(.reject(ManagementError(.locked, "vty holds the lock")))
            harness.time.advance(.seconds(61))
            let records = try await harness.recorded.wait(for: "the undo") {
                $0.contains { $0.kind == .unconfirmed && $0.outcome == .applied }
            }
            #expect(records.contains { $0.kind == .unconfirmed && $0.outcome == .rejected })
            #expect(await harness.session.running.isEmpty)
            _ = try await harness.recorded.wait(for: "the end of the time-out") {
                $0.last?.requestID == "r1" && $0.last?.confirmByMicroseconds == nil
            }
        }
    }

    /// As after a kill between the undo and the end of the time-out.
    @Test func anUndoThatIsDoneIsNotDoneAgain() async throws {
        let old = TransactionRecord(
            sequence: 1, id: "old", parent: nil, kind: .commit, requestID: "q1", client: "agent", cause: [],
            edits: [RecordedEdit(prefix: try IPPrefix("10.0.0.1/32"), before: nil, after: .default)],
            capabilities: nil, startedAtMicroseconds: 1, outcome: .applied, confirmByMicroseconds: 2)
        var undone = old
        (undone.sequence, undone.id, undone.requestID, undone.kind) = (2, "undo", "q2", .unconfirmed)
        undone.edits = [RecordedEdit(prefix: try IPPrefix("10.0.0.1/32"), before: .default, after: nil)]
        undone.confirmByMicroseconds = nil
        try await ServiceHarness(journal: InMemoryJournal([old, undone])).run { harness in
            _ = try await harness.recorded.wait(for: "the end of the time-out") {
                $0.last?.id == "old" && $0.last?.confirmByMicroseconds == nil
            }
            #expect(harness.session.transactions.value.isEmpty)
            #expect(await harness.journal.all.count == 2)
        }
    }

    @Test func confirmingAfterARestartKeepsTheCommit() async throws {
        let (journal, time) = (InMemoryJournal(), ManualTime())
        let first = ServiceHarness(journal: journal, time: time)
        let kept = Observed<[String]>([])
        try await first.run { harness in
            let one = try await harness.commit("r1", [harness.set("10.0.0.1/32")], confirm: .seconds(60))
            let two = try await harness.commit("r2", [harness.set("10.0.0.2/32")], confirm: .seconds(60))
            kept.update { $0 = [one.id, two.id] }
        }
        time.advance(.seconds(59))
        let running = await first.session.running
        try await ServiceHarness(running: running, journal: journal, time: time, idPrefix: "u").run { harness in
            let other = await #expect(throws: NorthboundError.self) {
                try await harness.service.confirmCommit(id: kept.value[0], client: "somebody else")
            }
            #expect(other?.code == .permissionDenied)
            _ = try await harness.service.confirmCommit(id: kept.value[0], client: "agent")
            time.advance(.seconds(2))
            _ = try await harness.recorded.wait(for: "the undo") { $0.contains { $0.kind == .unconfirmed } }
            #expect(await harness.session.running == [try network("10.0.0.1/32")])
            let late = await #expect(throws: NorthboundError.self) {
                try await harness.service.confirmCommit(id: kept.value[1], client: "agent")
            }
            #expect(late?.code == .failedPrecondition)
        }
    }
}
