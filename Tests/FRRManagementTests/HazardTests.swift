import Foundation
import NetworkTypes
import Northbound
import Testing

@testable import Bindings
@testable import FRRManagement

/// The hazards of docs/frr-management.md by number, against the simulated mgmtd, which crashes where the real one does.
@Suite struct HazardTests {
    private let network = Network("203.0.113.80")

    private func rejection(_ result: CommitResult) -> ManagementErrorSummary? {
        guard case .rejected(let summary) = result.outcome else { return nil }
        return summary
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func hazards1And3KeepFramesBounded(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        let networks = (0..<500).map {
            Network(prefix: IPPrefix(host: IPAddress(family: .ipv6, bits: UInt128.max - UInt128($0) * 0x1_0001)))
        }
        #expect(await session.commit(Transaction(set: networks)).outcome == .applied)
        for record in fake.server.records {
            #expect(record.frame.byteCount <= release.expected.limits.maximumByteCount)
            if case .setConfig(_, _, let edits)? = try? FrontEndMessage(decoding: record.frame.body) {
                #expect(edits.count <= 64)
            }
        }
        await session.close()
        fake.server.stop()
    }

    @Test func hazard2NeverBuildsALengthOfZero() {
        #expect(Frame(version: .native, body: []).encoded == [0x01, 0x23, 0x23, 0x23, 8, 0, 0, 0])
        #expect(Frame(version: .protobuf, body: [1, 2]).encoded == [0x00, 0x23, 0x23, 0x23, 10, 0, 0, 0, 1, 2])
    }

    @Test func hazard4AlwaysNamesRunningAsCommitTarget() {
        let message = FrontEndMessage.setConfig(sessionID: 6, requestID: 4, edits: [])
        #expect(message.encoded().suffix(4) == [0x28, 0x00, 0x30, 0x01])
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func hazards5And18UseNoSessionAndNoNameTwice(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        for _ in 0..<3 {
            _ = try await session.open()
            _ = try await session.networks()
            await session.close()
        }
        let names = fake.model { $0.clientNames }
        #expect(Set(names).count == names.count || release.isNative)
        #expect(names.allSatisfy { $0.utf8.count <= 31 })
        #expect(fake.model { $0.crash } == nil)
        fake.server.stop()
        let long = ClientName.next(prefix: String(repeating: "x", count: 60))
        #expect(long.utf8.count == 31 && ClientName.next(prefix: "a") != ClientName.next(prefix: "a"))
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func hazard6ReleasesOnlyLocksThatWereConfirmed(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        // The second lock of the first try is refused, then both are given.
        fake.model { $0.foreignLockCount = 1 }
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        fake.model { $0.foreignLockCount = 3 }
        #expect(await session.commit(Transaction(remove: ["203.0.113.80"])).outcome == .applied)
        #expect(fake.model { $0.crash } == nil)
        #expect(fake.model { $0.isLocked } == false)
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: [SimulatedMgmtd.Release.r10r1, .r10r3, .r10r5])
    func hazards7And8WaitForATransactionThatAnotherLeftOpen(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        fake.model { $0.foreignTransactionCount = 3 }
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        let hasty = fake.session(FakeMgmtd.hasty)
        _ = try await hasty.open()
        fake.model { $0.foreignTransactionCount = 1_000_000 }
        let refused = await hasty.commit(Transaction(remove: ["203.0.113.80"]))
        await hasty.close()
        #expect(rejection(refused)?.code == "locked")
        #expect(fake.model { $0.crash } == nil)
        #expect(fake.model { $0.isLocked } == false)
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func hazard8AbortsFirstAfterAFailedCommit(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        fake.model { $0.refusals = ["Route cannot have blackhole and non-blackhole nexthops simultaneously"] }
        let abortCount = fake.model { $0.abortCount }
        let refused = await session.commit(Transaction(set: [network]))
        #expect(rejection(refused)?.code == "aborted")
        #expect(rejection(refused)?.message.contains("blackhole and non-blackhole") == true)
        #expect(fake.model { $0.candidate == $0.running && !$0.isLocked && $0.abortCount == abortCount + 2 })
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        #expect(fake.model { $0.crash } == nil)
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func hazard9UsesOneFamilyOfEdits(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        _ = await session.commit(Transaction(set: [network], remove: ["203.0.113.81"]))
        for record in fake.server.records where record.frame.version == .native && !release.isNative {
            let code = try NativeMessage(decoding: record.frame.body).code
            #expect([NativeMessage.Code.getData, NativeMessage.Code.sessionRequest].contains(code))
        }
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func hazard10RunsAWipedTransactionAgain(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        fake.model { $0.wipesToCome = 2 }
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        #expect(fake.model { $0.commitCount } == 3)
        fake.model { $0.wipesToCome = 3 }
        let lost = await session.commit(Transaction(remove: ["203.0.113.80"]))
        guard case .unknown(let summary) = lost.outcome else {
            Issue.record("success without effect must be unknown, not \(lost.outcome)")
            return
        }
        #expect(summary.message.contains("203.0.113.80/32 is still there"))
        #expect(try await session.networks() == [network])
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: [SimulatedMgmtd.Release.r9r1, .r10r3, .r10r5])
    func hazard10ClosesHoldingTheCandidateLock(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        fake.model { $0.foreignLockCount = 2 }
        let before = fake.server.records.count
        await session.close()
        #expect(fake.server.records.count - before == (release.isNative ? 0 : 3))
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func hazard11DropsWhatOthersLeftInTheCandidate(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        let leftover = try IPPrefix("192.0.2.1")
        fake.model { $0.candidate[leftover] = [.gateway("10.0.0.1")] }
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        #expect(fake.model { $0.running[leftover] } == nil)
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: [SimulatedMgmtd.Release.r10r5, .r10r6, .r10r7])
    func hazard11DropsWhatItsOwnLostConnectionLeft(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        fake.intercept { _, frame in frame.isApply ? [.close] : nil }
        guard case .unknown = await session.commit(Transaction(set: [network])).outcome else {
            Issue.record("the connection was cut at the commit")
            return
        }
        fake.intercept(nil)
        #expect(fake.model { $0.candidate.count } == 1)
        _ = try await session.open()
        #expect(fake.model { $0.candidate.isEmpty && $0.running.isEmpty && !$0.isLocked && $0.crash == nil })
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func hazard12HoldsNothingWhileItWaits(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session(FakeMgmtd.hasty)
        _ = try await session.open()
        fake.model { $0.foreignLockCount = 1_000_000 }
        let refused = await session.commit(Transaction(set: [network]))
        #expect(rejection(refused)?.code == "locked" && rejection(refused)?.isRetryable == true)
        #expect(refused.phases[.edit] == nil)
        #expect(fake.model { $0.isLocked } == false)
        fake.model { $0.foreignLockCount = 3 }
        let patient = fake.session()
        _ = try await patient.open()
        #expect(await patient.commit(Transaction(set: [network])).outcome == .applied)
        await patient.close()
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: [SimulatedMgmtd.Release.r9r1, .r10r3, .r10r7])
    func hazard13WaitsForACommitPastTheRequestDeadlineAndCancellation(
        release: SimulatedMgmtd.Release
    ) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session { $0.requestDeadline = .milliseconds(150) }
        _ = try await session.open()
        let (commitSeen, seen) = AsyncStream.makeStream(of: FakeServer.Action.self)
        let dialect = release.expected.dialect
        fake.intercept { _, frame in
            guard frame.isApply, let reply = try? dialect.successOfCommit(frame) else { return nil }
            seen.yield(.send(reply))
            return []
        }
        let task = Task { await session.commit(Transaction(set: [network])) }
        var iterator = commitSeen.makeAsyncIterator()
        let reply = try #require(await iterator.next())
        task.cancel()
        // Another session with the same request deadline gives up meanwhile, three times over.
        let silent = FakeMgmtd(release)
        let other = silent.session { $0.requestDeadline = .milliseconds(150) }
        for _ in 0..<3 {
            _ = try await other.open()
            silent.intercept { _, _ in [] }
            await #expect(throws: ManagementError.self) { try await other.networks() }
            silent.intercept(nil)
        }
        fake.intercept(nil)
        fake.server.push([reply])
        // The simulation never saw that commit, so the read-back finds nothing and the transaction is run again.
        let result = await task.value
        #expect(result.outcome == .applied)
        #expect(result.duration > .milliseconds(450))
        silent.server.stop()
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: [SimulatedMgmtd.Release.r9r1, .r10r3, .r10r7])
    func hazard13EndsUnknownWhenNoCommitReplyComes(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session { $0.commitDeadline = .milliseconds(100) }
        _ = try await session.open()
        fake.intercept { _, frame in frame.isApply ? [] : nil }
        let result = await session.commit(Transaction(set: [network]))
        guard case .unknown(let summary) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(summary.code == "deadlineExceeded")
        await #expect(throws: ManagementError.self) { try await session.networks() }
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func hazards14And15AskOneThingAtATime(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 1...8 {
                group.addTask {
                    let network = Network("198.51.100.\(index)")
                    #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
                }
                group.addTask { _ = try await session.networks() }
            }
            try await group.waitForAll()
        }
        #expect(try await session.networks().count == 8)
        // Between the first lock and the last unlock of a transaction there is nothing of another.
        let locks = fake.server.records.compactMap { $0.frame.lockRequest }.map(\.take)
        // Where a candidate outlives its client, the session began by looking after it.
        #expect(locks.count == (release.isNative ? 36 : 32))
        for start in stride(from: 0, to: locks.count, by: 4) {
            #expect(Array(locks[start..<(start + 4)]) == [true, true, false, false])
        }
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: [SimulatedMgmtd.Release.r9r1, .r10r3, .r10r7])
    func hazard16GivesUpOnASilentPeer(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session { $0.requestDeadline = .milliseconds(60) }
        _ = try await session.open()
        let events = await session.events()
        fake.intercept { _, _ in [] }
        await #expect {
            try await session.networks()
        } throws: { ($0 as? ManagementError)?.code == .deadlineExceeded }
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        await #expect {
            try await session.networks()
        } throws: { ($0 as? ManagementError)?.code == .disconnected }
        fake.intercept(nil)
        _ = try await session.open()
        #expect(try await session.networks() == [])
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func hazard17UsesSetRemoveMergeAndReplaceOnly(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        let networks = (1...40).map { Network("198.51.100.\($0)") }
        _ = await session.commit(Transaction(set: networks))
        _ = await session.commit(Transaction(remove: networks.map { "\($0.prefix)" }))
        for record in fake.server.records where record.frame.version == .native {
            let message = try NativeMessage(decoding: record.frame.body)
            guard message.code == NativeMessage.Code.edit else { continue }
            #expect(NativeOperation(rawValue: message.payload[3]) != nil)
            #expect(message.payload[1] == 0)
        }
        #expect(fake.model { $0.running.isEmpty })
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases)
    func hazard19PutsABatchIntoOneCommit(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        _ = await session.commit(Transaction(set: (1...200).map { Network("198.51.100.\($0)") }))
        #expect(fake.model { $0.commitCount } == 1)
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: SimulatedMgmtd.Release.allCases.filter { $0 != .r9r1 })
    func hazard21PutsOrphansBackIntoRunning(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release) {
            $0.installed = [
                try! IPPrefix("203.0.113.80"): [.blackhole()], try! IPPrefix("2001:db8::80"): [.blackhole(tag: 199)],
                try! IPPrefix("203.0.113.81"): [.blackhole(tag: 99)],
                try! IPPrefix("203.0.113.82"): [.blackhole(table: 99)],
            ]
            // The boot configuration is being loaded.
            $0.foreignLockCount = 3
        }
        let session = fake.session()
        _ = try await session.open()
        #expect(try await session.networks() == [network, Network("2001:db8::80", .drain)])
        #expect(fake.model { $0.crash } == nil)
        await session.close()
        fake.server.stop()
    }

    @Test func hazard21HealsAfterAReconnect() async throws {
        let fake = FakeMgmtd(.r10r7)
        let session = fake.session()
        _ = try await session.open()
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        let events = await session.events()
        // mgmtd restarts: running is gone, zebra keeps the route.
        fake.model {
            $0.running = [:]
            $0.candidate = [:]
        }
        fake.server.push([.close])
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        _ = try await session.open()
        #expect(try await session.networks() == [network])
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: [SimulatedMgmtd.Release.r10r3, .r10r7])
    func hazard21WaitsForZebraBeforeItLooksForOrphans(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release) {
            $0.installed = [try! IPPrefix("203.0.113.80"): [.blackhole()]]
            $0.zebraAwayCount = 5
        }
        let session = fake.session()
        _ = try await session.open()
        // Nobody who reads running after open() may see less than FRR announces.
        #expect(fake.model { $0.running.count } == 1)
        #expect(try await session.networks() == [network])
        await session.close()
        fake.server.stop()
    }

    @Test func hazard21TriesAgainWhenFRRRefuses() async throws {
        let fake = FakeMgmtd(.r10r3) {
            $0.installed = [try! IPPrefix("203.0.113.80"): [.blackhole()]]
            $0.refusals = ["Backend daemon disconnected while processing commit!"]
        }
        let session = fake.session()
        _ = try await session.open()
        #expect(fake.model { $0.running.count } == 1)
        await session.close()
        fake.server.stop()
    }

    @Test func hazard13RepeatsACommitThatOnlyStaticdHasCarriedOut() async throws {
        let fake = FakeMgmtd(.r10r3)
        let session = fake.session()
        _ = try await session.open()
        let gone = Network("203.0.113.81")
        let changed = Network("203.0.113.82")
        #expect(await session.commit(Transaction(set: [gone, changed])).outcome == .applied)
        fake.model { $0.losesNextCommit = true }
        let drained = Network("203.0.113.82", .drain)
        let lost = await session.commit(Transaction(set: [network, drained], remove: ["203.0.113.81"]))
        guard case .unknown = lost.outcome else {
            Issue.record("\(lost.outcome)")
            return
        }
        let commits = fake.model { $0.commitCount }
        _ = try await session.open()
        // In one transaction: running is never a part of it.
        #expect(fake.model { $0.commitCount } == commits + 1)
        #expect(try await session.networks() == [network, drained])
        #expect(try await session.installedNetworks() == [network, drained])
        await session.close()
        fake.server.stop()
    }

    @Test func hazard13PutsBackFirstWhatTheLostCommitWasToRemove() async throws {
        let fake = FakeMgmtd(.r10r3)
        let session = fake.session()
        _ = try await session.open()
        let gone = Network("203.0.113.81")
        #expect(await session.commit(Transaction(set: [gone])).outcome == .applied)
        fake.intercept { _, frame in frame.isApply ? [.close] : nil }
        _ = await session.commit(Transaction(set: [network], remove: ["203.0.113.81"]))
        // mgmtd has restarted: running is gone, staticd and zebra have what was there before.
        fake.intercept(nil)
        fake.model {
            $0.running = [:]
            $0.candidate = [:]
        }
        _ = try await session.open()
        #expect(try await session.networks() == [network])
        #expect(try await session.installedNetworks() == [network])
        await session.close()
        fake.server.stop()
    }

    @Test func hazard22FindsWhatAReloadRemoved() async throws {
        let fake = FakeMgmtd(.r10r3)
        let session = fake.session()
        _ = try await session.open()
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        fake.model {
            $0.running = [:]
            $0.candidate = [:]
            $0.installed = [:]
        }
        #expect(try await session.networks() == [])
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        #expect(try await session.networks() == [network])
        await session.close()
        fake.server.stop()
    }

    @Test func hazard23TellsInstalledFromConfigured() async throws {
        let fake = FakeMgmtd(.r10r7)
        let session = fake.session()
        _ = try await session.open()
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        #expect(try await session.installedNetworks() == [network])
        fake.model { $0.installed = [:] }
        #expect(try await session.installedNetworks() == [])
        #expect(try await session.networks() == [network])
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: [SimulatedMgmtd.Release.r10r1, .r10r3, .r10r5, .r10r7])
    func hazard24SurvivesStateReadsThatHang(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session { $0.stateReadDeadline = .milliseconds(400) }
        _ = try await session.open()
        fake.model { $0.isZebraSilent = true }
        for _ in 0..<12 {
            await #expect {
                try await session.installedNetworks()
            } throws: { ($0 as? ManagementError)?.code == .deadlineExceeded }
        }
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        #expect(fake.model { $0.crash } == nil)
        // At most eight sessions hang in mgmtd. Their late answers are dropped and make them usable again.
        fake.model { $0.isZebraSilent = false }
        let pending = fake.server.records.filter { $0.frame.isStateRead }.suffix(8)
        let answers = try pending.map { record in
            let message = try NativeMessage(decoding: record.frame.body)
            let late = NativeMessage(
                code: NativeMessage.Code.treeData, session: message.session, request: message.request,
                payload: [0, 2, 0, 0, 0, 0, 0, 0] + Array(#"{"bogus":1}"#.utf8) + [0])
            return FakeServer.Action.send(Frame(version: .native, body: late.encoded).encoded)
        }
        fake.sendBeforeNextReply(answers)
        #expect(try await session.networks() == [network])
        #expect(try await session.installedNetworks() == [network])
        await session.close()
        fake.server.stop()
    }

    @Test func hazard25IgnoresTheTextOfAReply() throws {
        // 10.5 sends uninitialised memory after the path.
        let captures = try Capture.load("frr-10.5.4-native-add-remove-vip")
        let reply = try #require(captures.first { $0.meaning.hasPrefix("EDIT_REPLY") })
        let decoded = try #require(try Dialect.native.reply(reply.frame))
        #expect(decoded.body == .edited(changed: false, created: true))
    }

    @Test func hazard26ComparesCanonicalPrefixesAndLeavesNoShell() async throws {
        let fake = FakeMgmtd(.r10r7)
        let session = fake.session()
        _ = try await session.open()
        let odd = Network(prefix: IPPrefix(network: try IPAddress("198.18.0.9"), length: 24))
        #expect(await session.commit(Transaction(set: [odd])).outcome == .applied)
        #expect(try await session.networks() == [Network("198.18.0.0/24")])
        #expect(await session.commit(Transaction(remove: ["198.18.0.0/24"])).outcome == .applied)
        #expect(fake.model { $0.running.isEmpty })
        await session.close()
        fake.server.stop()
    }
}
