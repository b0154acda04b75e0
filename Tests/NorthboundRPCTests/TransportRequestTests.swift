import CosmoletTesting
import Foundation
import NorthboundRPC
import Synchronization
import Testing

@Suite struct TransportRequestTests {
    private typealias Harness = TransportHarness
    private func soon(_ seconds: Int = 60) -> ContinuousClock.Instant { .now + .seconds(seconds) }

    @Test func replyComesBackWithThePeersCredentials() async throws {
        let harness = try Harness()
        let seen = Mutex<TransportPeer?>(nil)
        let server = harness.server { peer, request in
            seen.withLock { $0 = peer }
            return [TransportMessage(header: request.header, body: request.body.reversed())]
        }
        try await harness.serving(server) { _ in
            let client = try await harness.client()
            let reply = try await client.call(Harness.request(1, body: [1, 2, 3]), deadline: soon())
            #expect(reply == Harness.request(1, body: [3, 2, 1]))
            await client.close()
        }
        let own = TransportPeer.Credentials.process(
            userID: geteuid(), groupID: getegid(), processID: ProcessInfo.processInfo.processIdentifier)
        #expect(seen.withLock { $0?.credentials } == own)
    }

    @Test func aThousandCallsOneAfterTheOther() async throws {
        let harness = try Harness()
        try await harness.serving(harness.echoServer()) { _ in
            let client = try await harness.client()
            for number in 0..<1000 {
                let request = Harness.request(UInt64(number), body: [UInt8](repeating: UInt8(number % 256), count: 200))
                #expect(try await client.call(request, deadline: soon()) == request)
            }
            await client.close()
        }
    }

    @Test func thousandRequestsInFlight() async throws {
        let harness = try Harness()
        let gate = Gate()
        let server = harness.server { _, request in
            await gate.pass()
            return [request]
        }
        try await harness.serving(server) { _ in
            let client = try await harness.client()
            let start = ContinuousClock.now
            let replies = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<1000 {
                    group.addTask {
                        let request = Harness.request(UInt64(number), body: [UInt8(number % 251)])
                        return try await client.call(request, deadline: self.soon(30)) == request
                    }
                }
                try await eventually("all are in hand") { server.statistics.requestsInHand == 1000 }
                gate.open()
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(replies == 1000)
            print("1,000 requests in flight at once: \(ContinuousClock.now - start)")
            #expect(server.statistics.repliesDroppedSlowPeer == 0)
            await client.close()
        }
        #expect(server.statistics.requestsInHand == 0)
    }

    @Test func requestsBeyondTheBoundsAreRefusedAtOnce() async throws {
        let harness = try Harness()
        let gate = Gate()
        let server = harness.server {
            $0.requestLimit = 3
            $0.requestLimitPerPeer = 2
        } handler: { _, request in
            await gate.pass()
            return [request]
        }
        try await harness.serving(server) { _ in
            let first = try await harness.client()
            let second = try await harness.client()
            async let one = first.call(Harness.request(1), deadline: soon())
            async let two = first.call(Harness.request(2), deadline: soon())
            try await eventually("two are in hand") { server.statistics.requestsInHand == 2 }
            let third = try await first.call(Harness.request(3), deadline: soon())
            #expect(String(decoding: third.body, as: UTF8.self) == "peerBusy")
            async let four = second.call(Harness.request(4), deadline: soon())
            try await eventually("three are in hand") { server.statistics.requestsInHand == 3 }
            let fifth = try await second.call(Harness.request(5), deadline: soon())
            #expect(String(decoding: fifth.body, as: UTF8.self) == "serverBusy")
            gate.open()
            _ = try await (one, two, four)
            #expect(server.statistics.requestsRefused == 2)
            await first.close()
            await second.close()
        }
    }

    @Test func stoppingServerAnswersWhatItHasInHand() async throws {
        let harness = try Harness()
        let gate = Gate()
        let server = harness.server { _, request in
            await gate.pass()
            return [request]
        }
        _ = try await server.start()
        async let run: Void = server.run()
        let client = try await harness.client()
        async let reply = client.call(Harness.request(1), deadline: soon())
        try await eventually("it is in hand") { server.statistics.requestsInHand == 1 }
        server.stop()
        let refused = try await client.call(Harness.request(2), deadline: soon())
        #expect(String(decoding: refused.body, as: UTF8.self) == "stopping")
        gate.open()
        let first = try await reply
        #expect(first == Harness.request(1))
        try await run
        #expect(!FileManager.default.fileExists(atPath: harness.socketPath))
        await client.close()
    }

    @Test func deadlineEndsTheCallAndTheLateReplyIsCounted() async throws {
        let harness = try Harness()
        let gate = Gate()
        let server = harness.server { _, request in
            await gate.pass()
            return [request]
        }
        try await harness.serving(server) { _ in
            let client = try await harness.client()
            let error = await #expect(throws: TransportError.self) {
                try await client.call(Harness.request(1), deadline: .now + .milliseconds(100))
            }
            #expect(error?.code == .deadlineExceeded)
            gate.open()
            try await eventually("the late reply") { client.statistics.repliesLate == 1 }
            #expect(try await client.call(Harness.request(1), deadline: soon()) == Harness.request(1))
            await client.close()
        }
    }

    @Test func cancelledCallEndsAtOnce() async throws {
        let harness = try Harness()
        let client = try await harness.client()
        let task = Task { try await client.call(Harness.request(1), deadline: soon(60)) }
        try await eventually("it is pending") { client.statistics.callsPending == 1 }
        task.cancel()
        let error = await #expect(throws: TransportError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(client.statistics.callsPending == 0)
        await client.close()
    }

    @Test func callsThatCannotBeSentAreRefused() async throws {
        let harness = try Harness()
        let client = try await harness.client {
            $0.pendingLimit = 1
            $0.frameByteLimit = 1000
        }
        func code(_ message: TransportMessage) async -> TransportError.Code? {
            await #expect(throws: TransportError.self) { try await client.call(message, deadline: soon()) }?.code
        }
        #expect(await code(Harness.request(1, body: [UInt8](repeating: 0, count: 1001))) == .invalidRequest)
        #expect(await code(TransportMessage(header: [], body: [])) == .invalidRequest)
        let waiting = Task { try await client.call(Harness.request(1), deadline: soon(60)) }
        try await eventually("it is pending") { client.statistics.callsPending == 1 }
        #expect(await code(Harness.request(2)) == .tooManyPending)
        await client.close()
        let error = await #expect(throws: TransportError.self) { try await waiting.value }
        #expect(error?.code == .closed)
        #expect(await code(Harness.request(3)) == .closed)
    }
}

/// Lets tasks wait until it is opened.
final class Gate: Sendable {
    private let state = Mutex((isOpen: false, waiting: [CheckedContinuation<Void, Never>]()))

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
