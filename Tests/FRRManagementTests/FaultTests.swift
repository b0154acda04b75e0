import Bindings
import NetworkTypes
import Northbound
import Testing

@testable import FRRManagement

/// A peer that sends nonsense, half of something, or nothing.
@Suite struct FaultTests {
    private static let releases: [SimulatedMgmtd.Release] = [.r9r1, .r10r3, .r10r5, .r10r7]
    private let network = Network("203.0.113.80")

    /// Bytes after which a stream cannot be trusted.
    static let garbage: [(name: String, bytes: [UInt8])] = [
        ("text", Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)),
        ("length 0", [0x01, 0x23, 0x23, 0x23, 0, 0, 0, 0]),
        ("length 7", [0x01, 0x23, 0x23, 0x23, 7, 0, 0, 0]),
        ("length 4 GiB", [0x01, 0x23, 0x23, 0x23, 0xFF, 0xFF, 0xFF, 0xFF]),
        ("unknown version", [0x02, 0x23, 0x23, 0x23, 8, 0, 0, 0]),
        ("native message without header", [0x01, 0x23, 0x23, 0x23, 9, 0, 0, 0, 3]),
        ("protobuf that does not parse", [0x00, 0x23, 0x23, 0x23, 10, 0, 0, 0, 0x07, 0x07]),
    ]

    @Test(arguments: releases)
    func takesRepliesByteByByte(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        fake.trickle()
        let session = fake.session()
        _ = try await session.open()
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        #expect(try await session.networks() == [network])
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: releases)
    func endsWellAtEveryPointWhereTheConnectionMayEnd(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        fake.intercept { _, _ in nil }
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        let frames = fake.frameCount
        #expect(await session.commit(Transaction(remove: ["203.0.113.80"])).outcome == .applied)
        for point in 1...frames {
            let (wasApplied, applied) = AsyncStream.makeStream(of: Bool.self)
            fake.intercept { number, frame in
                guard number == point else { return nil }
                applied.yield(frame.isApply)
                applied.finish()
                return [.close]
            }
            let result = await session.commit(Transaction(set: [network]))
            fake.intercept(nil)
            var isCommitLost = false
            for await isApply in wasApplied { isCommitLost = isApply }
            let hasNetwork = fake.model { !$0.running.isEmpty }
            switch result.outcome {
            case .applied: Issue.record("applied with the connection cut at frame \(point)")
            case .rejected(let summary):
                #expect(!hasNetwork && !isCommitLost, "frame \(point)")
                #expect(summary.isRetryable)
            case .unknown: #expect(hasNetwork || isCommitLost, "frame \(point)")
            }
            await #expect {
                try await session.networks()
            } throws: { ($0 as? ManagementError)?.code == .disconnected }
            _ = try await session.open()
            // Where FRR may have carried out a lost commit without having it in running, it was repeated.
            let isRepeated = !release.isNative && isCommitLost
            #expect(try await session.networks() == (hasNetwork || isRepeated ? [network] : []))
            #expect(await session.commit(Transaction(remove: ["203.0.113.80"])).outcome == .applied)
            #expect(fake.model { !$0.isLocked && $0.crash == nil })
        }
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: releases, garbage.map(\.name))
    func dropsTheConnectionAfterNonsense(release: SimulatedMgmtd.Release, name: String) async throws {
        let bytes = try #require(Self.garbage.first { $0.name == name }).bytes
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        fake.intercept { _, _ in [.send(bytes)] }
        await #expect {
            try await session.networks()
        } throws: { ($0 as? ManagementError)?.code == .protocolViolation }
        fake.intercept(nil)
        _ = try await session.open()
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: garbage.map(\.name))
    func sayNoMoreThanDisconnectedAfterNonsenseWhileIdle(name: String) async throws {
        let bytes = try #require(Self.garbage.first { $0.name == name }).bytes
        let fake = FakeMgmtd(.r10r7)
        let session = fake.session()
        _ = try await session.open()
        let events = await session.events()
        fake.server.push([.send(bytes)])
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        _ = try await session.open()
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: garbage.map(\.name))
    func refusesAPeerThatIsNoFRR(name: String) async throws {
        let bytes = try #require(Self.garbage.first { $0.name == name }).bytes
        let server = FakeServer { frame, _ in frame == nil ? [] : [.send(bytes)] }
        let session = MgmtdSession(
            configuration: MgmtdConfiguration(socketPath: server.path, requestDeadline: .milliseconds(200)),
            logger: FakeMgmtd.quiet)
        await #expect {
            try await session.open()
        } throws: { ($0 as? ManagementError)?.code == .protocolViolation }
        await session.close()
        server.stop()
    }

    @Test func givesUpOnAPeerThatSaysNothing() async throws {
        let server = FakeServer { _, _ in [] }
        let session = MgmtdSession(
            configuration: MgmtdConfiguration(socketPath: server.path, requestDeadline: .milliseconds(60)),
            logger: FakeMgmtd.quiet)
        await #expect {
            try await session.open()
        } throws: { ($0 as? ManagementError)?.code == .deadlineExceeded }
        await session.close()
        server.stop()
    }

    @Test(arguments: [
        "", "[]", "\"text\"", "{", "{\"a\":}", "{\"route-list\":[{\"prefix\":\"203.0.113.80/32\"",
        "{\"route-list\":[{\"prefix\":\"203.0.113.80/32\",\"afi-safi\":\"frr-routing:ipv4-unicast\",\"path-list\":[{}]}]}",
    ])
    func refusesConfigurationThatIsNotWhatItShouldBe(text: String) async throws {
        let fake = FakeMgmtd(.r10r7)
        let session = fake.session()
        _ = try await session.open()
        fake.intercept { _, frame in
            guard let message = try? NativeMessage(decoding: frame.body), message.code == NativeMessage.Code.getData
            else { return nil }
            let reply = NativeMessage(
                code: NativeMessage.Code.treeData, session: message.session, request: message.request,
                payload: [0, 2, 0, 0, 0, 0, 0, 0] + Array(text.utf8) + [0])
            return [.send(Frame(version: .native, body: reply.encoded).encoded)]
        }
        await #expect {
            try await session.networks()
        } throws: { ($0 as? ManagementError)?.code == .protocolViolation }
        fake.intercept(nil)
        _ = try await session.open()
        #expect(try await session.networks() == [])
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: releases)
    func skipsWhatNobodyAskedFor(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session()
        _ = try await session.open()
        let strangers = [NativeMessage.Code.notify, 17, 60_000].map { code in
            Frame(
                version: .native,
                body: NativeMessage(
                    code: code, session: 99, request: 1, payload: Array("/frr-ripd:ripd".utf8) + [0]
                ).encoded
            ).encoded
        }
        fake.server.push(strangers.map { .send($0) })
        #expect(await session.commit(Transaction(set: [network])).outcome == .applied)
        fake.server.push(strangers.map { .send($0) })
        #expect(try await session.networks() == [network])
        await session.close()
        fake.server.stop()
    }

    @Test(arguments: releases)
    func closeEndsTheWaitForALock(release: SimulatedMgmtd.Release) async throws {
        let fake = FakeMgmtd(release)
        let session = fake.session {
            $0.lockRetry = .init(minimumPause: .seconds(600), maximumPause: .seconds(600), limit: .seconds(3_600))
        }
        _ = try await session.open()
        fake.model { $0.foreignLockCount = 1 }
        let (lockSeen, seen) = AsyncStream.makeStream(of: Void.self)
        fake.intercept { _, frame in
            if frame.lockRequest?.take == true { seen.yield() }
            return nil
        }
        let waiting = Task { await session.commit(Transaction(set: [network])) }
        var iterator = lockSeen.makeAsyncIterator()
        await iterator.next()
        await session.close()
        guard case .rejected(let summary) = await waiting.value.outcome else {
            Issue.record("a commit that never got its locks must be rejected")
            return
        }
        #expect(summary.code == "locked")
        fake.server.stop()
    }

    @Test func seesTheEndOfThePeerWhileWaitingForALock() async throws {
        let fake = FakeMgmtd(.r10r7)
        let session = fake.session {
            $0.lockRetry = .init(minimumPause: .seconds(600), maximumPause: .seconds(600), limit: .seconds(3_600))
        }
        _ = try await session.open()
        fake.model { $0.foreignLockCount = 1 }
        let (lockSeen, seen) = AsyncStream.makeStream(of: Void.self)
        fake.intercept { _, frame in
            if frame.lockRequest?.take == true { seen.yield() }
            return nil
        }
        let waiting = Task { await session.commit(Transaction(set: [network])) }
        var iterator = lockSeen.makeAsyncIterator()
        await iterator.next()
        fake.server.push([.close])
        guard case .rejected(let summary) = await waiting.value.outcome else {
            Issue.record("a commit that never got its locks must be rejected")
            return
        }
        #expect(summary.code == "disconnected")
        fake.server.stop()
    }

    @Test func cancellationEndsTheWaitForALockOnly() async throws {
        let fake = FakeMgmtd(.r10r7)
        let session = fake.session()
        _ = try await session.open()
        fake.model { $0.foreignLockCount = 1_000_000 }
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await session.commit(Transaction(set: [network]))
        }
        guard case .rejected(let summary) = await task.value.outcome else {
            Issue.record("cancelled while waiting")
            return
        }
        #expect(summary.code == "locked")
        fake.model { $0.foreignLockCount = 0 }
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await session.commit(Transaction(set: [network]))
        }
        #expect(await cancelled.value.outcome == .applied)
        await session.close()
        fake.server.stop()
    }

    @Test func aSecondStreamOfEventsEndsTheFirst() async throws {
        let fake = FakeMgmtd(.r10r7)
        let session = fake.session()
        _ = try await session.open()
        let first = await session.events()
        let second = await session.events()
        for await event in first { Issue.record("\(event)") }
        await session.close()
        for await event in second { Issue.record("\(event)") }
        fake.server.stop()
    }
}
