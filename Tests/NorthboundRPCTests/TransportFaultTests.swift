import Bindings
import CosmoletTesting
import Foundation
import NorthboundRPC
import Testing

@Suite struct TransportFaultTests {
    private typealias Harness = TransportHarness
    private func soon(_ seconds: Int = 60) -> ContinuousClock.Instant { .now + .seconds(seconds) }

    @Test func serverThatComesBackIsUsedAgain() async throws {
        let harness = try Harness()
        let client = try await harness.client()
        let gate = Gate()
        try await harness.serving(harness.echoServer()) { _ in
            _ = try await client.call(Harness.request(1), deadline: soon())
        }
        try await eventually("the end is noticed") { client.statistics.disconnections == 1 }
        // Nobody is there: the call waits for a connection until its deadline and is not sent later.
        let early = await #expect(throws: TransportError.self) {
            try await client.call(Harness.request(2), deadline: .now + .milliseconds(100))
        }
        #expect(early?.code == .deadlineExceeded)
        let server = harness.server { _, request in
            await gate.pass()
            return [request]
        }
        let patient = Task { try await client.call(Harness.request(3), deadline: soon()) }
        try await harness.serving(server) { _ in
            try await eventually("the patient call arrives") { server.statistics.requestsInHand == 1 }
            gate.open()
            let answer = try await patient.value
            #expect(answer == Harness.request(3))
            #expect(server.statistics.requests == 1)
        }
        await client.close()
    }

    @Test func replySentJustBeforeTheServersEndIsNotLost() async throws {
        let harness = try Harness()
        let client = try await harness.client()
        for number in 0..<30 {
            let isStopping = Gate()
            let server = harness.server { _, request in
                await isStopping.pass()
                return [request]
            }
            try await harness.serving(server) { _ in
                let reply = Task { try await client.call(Harness.request(UInt64(number)), deadline: soon()) }
                try await eventually("it is in hand") { server.statistics.requestsInHand == 1 }
                server.stop()
                isStopping.open()
                let answer = try await reply.value
                #expect(answer == Harness.request(UInt64(number)))
            }
            // Otherwise the next call may go into the connection that is ending.
            try await eventually("the end is noticed") { client.statistics.disconnections > number }
        }
        await client.close()
    }

    @Test func lostConnectionEndsSentCallsAtOnce() async throws {
        let harness = try Harness()
        let client = try await harness.client()
        // A server that takes requests and never answers.
        let server = harness.server {
            $0.frameByteLimit = 100
        } handler: { _, _ in
            []
        }
        try await harness.serving(server) { _ in
            async let silent = client.call(Harness.request(1), deadline: soon(60))
            try await eventually("it was taken") { server.statistics.requests == 1 }
            // Too long for this server, which drops the connection for it, and the first call with it.
            let oversized = await #expect(throws: TransportError.self) {
                try await client.call(Harness.request(2, body: [UInt8](repeating: 0, count: 101)), deadline: soon(60))
            }
            #expect(oversized?.code == .connectionLost)
            do {
                _ = try await silent
                Issue.record("a call was answered that nobody answered")
            } catch let error as TransportError {
                #expect(error.code == .connectionLost)
            }
            // And the next connection is good.
            try await eventually("the client is back") {
                _ = try? await client.call(Harness.request(3), deadline: .now + .milliseconds(50))
                return server.statistics.requests > 1
            }
        }
        await client.close()
    }

    @Test func replyTooLongForAFrameGivesWayToARefusal() async throws {
        let harness = try Harness()
        let server = harness.server {
            $0.frameByteLimit = 1000
        } handler: { _, request in
            [TransportMessage(header: request.header, body: [UInt8](repeating: 0, count: 1001))]
        }
        try await harness.serving(server) { _ in
            let client = try await harness.client()
            let reply = try await client.call(Harness.request(1), deadline: soon())
            #expect(String(decoding: reply.body, as: UTF8.self) == "replyTooLong(byteCount: 1001)")
            await client.close()
        }
    }

    @Test func replyTooLongForTheClientDoesNotWedgeIt() async throws {
        let harness = try Harness()
        let server = harness.server { _, request in
            let count = request.header == Harness.key(1) ? 2000 : 10
            return [TransportMessage(header: request.header, body: [UInt8](repeating: 0, count: count))]
        }
        try await harness.serving(server) { _ in
            let client = try await harness.client { $0.frameByteLimit = 1000 }
            let error = await #expect(throws: TransportError.self) {
                try await client.call(Harness.request(1), deadline: soon(60))
            }
            #expect(error?.code == .connectionLost)
            #expect(try await client.call(Harness.request(2), deadline: soon()).body.count == 10)
            await client.close()
        }
    }

    @Test func peerThatVanishesCostsNothing() async throws {
        let harness = try Harness()
        let gate = Gate()
        let server = harness.server { _, request in
            await gate.pass()
            return [request]
        }
        try await harness.serving(server) { endpoint in
            let vanishing = RawSocket()
            try await vanishing.open(.dealer, "ipc://\(harness.socketPath)")
            #expect(try await vanishing.send([Harness.key(1), []]) == .sent)
            try await eventually("it is in hand") { server.statistics.requestsInHand == 1 }
            await vanishing.close()
            let client = try await harness.client()
            async let reply = client.call(Harness.request(2), deadline: soon())
            try await eventually("both are in hand") { server.statistics.requestsInHand == 2 }
            gate.open()
            let answer = try await reply
            #expect(answer == Harness.request(2))
            try await eventually("nothing is in hand") { server.statistics.requestsInHand == 0 }
            await client.close()
        }
    }

    @Test func peerThatDoesNotReadLosesOnlyItsOwnReplies() async throws {
        let harness = try Harness()
        let server = harness.server {
            $0.replyLimitPerPeer = 8
        } handler: { _, request in
            [TransportMessage(header: request.header, body: [UInt8](repeating: 1, count: 100_000))]
        }
        try await harness.serving(server) { _ in
            var options = ZeroMQSocketOptions()
            options.receiveLimit = 1
            let slow = RawSocket()
            try await slow.open(.dealer, "ipc://\(harness.socketPath)", options)
            let client = try await harness.client()
            var number: UInt64 = 0
            try await eventually("replies are dropped") {
                number += 1
                _ = try await slow.send([Harness.key(number), []])
                return server.statistics.repliesDroppedSlowPeer > 20
            }
            for number in 0..<20 {
                let reply = try await client.call(Harness.request(UInt64(number)), deadline: soon())
                #expect(reply.body.count == 100_000)
            }
            await slow.close()
            await client.close()
        }
    }

    @Test(arguments: [1, 3, 4, 9])
    func wrongNumberOfFramesIsAnsweredAndCounted(count: Int) async throws {
        let harness = try Harness()
        let server = harness.echoServer()
        try await harness.serving(server) { _ in
            let raw = RawSocket()
            try await raw.open(.dealer, "ipc://\(harness.socketPath)")
            #expect(try await raw.send([Harness.key(1)] + [[UInt8]](repeating: [], count: count - 1)) == .sent)
            var reply: [[UInt8]]?
            try await eventually("an answer") {
                reply = try await raw.receive()
                return reply != nil
            }
            #expect(reply == [Harness.key(1), Array("malformed(frameCount: \(count))".utf8)])
            #expect(server.statistics.requestsMalformed == 1)
            #expect(server.statistics.requests == 0)
            await raw.close()
        }
    }

    @Test func randomFramesDoNoHarm() async throws {
        let harness = try Harness()
        let server = harness.echoServer { $0.frameByteLimit = 4096 }
        try await harness.serving(server) { _ in
            let raw = RawSocket()
            try await raw.open(.dealer, "ipc://\(harness.socketPath)")
            var generator = SeededGenerator(state: 20_25)
            var sent = 0
            while sent < 2000 {
                let frames = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                    (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                        UInt8.random(in: .min ... .max, using: &generator)
                    }
                }
                if try await raw.send(frames) == .sent { sent += 1 }
                _ = try await raw.receive()
            }
            try await eventually("all were seen") {
                _ = try await raw.receive()
                let seen = server.statistics
                return seen.requests + seen.requestsRefused == sent
            }
            let client = try await harness.client()
            #expect(try await client.call(Harness.request(1), deadline: soon()) == Harness.request(1))
            await raw.close()
            await client.close()
        }
        #expect(server.statistics.requestsInHand == 0)
    }

    @Test func randomBytesOnTheConnectionDoNoHarm() async throws {
        let harness = try Harness()
        try await harness.serving(harness.echoServer()) { _ in
            var generator = SeededGenerator(state: 7)
            for round in 0..<200 {
                var bytes = (0..<Int.random(in: 1...500, using: &generator)).map { _ in
                    UInt8.random(in: .min ... .max, using: &generator)
                }
                // Every other time with the right greeting, so that the parts behind it are reached.
                if round % 2 == 0 { bytes = greeting + bytes }
                // Refused while the server's queue of connections is full.
                try await eventually("a connection") {
                    guard let socket = try? UnixStreamSocket(connectingTo: harness.socketPath) else { return false }
                    try? socket.send(bytes, until: soon())
                    return true
                }
            }
            let client = try await harness.client()
            #expect(try await client.call(Harness.request(1), deadline: soon()) == Harness.request(1))
            await client.close()
        }
    }

    /// ZMTP 3.0, mechanism NULL, as client.
    private let greeting: [UInt8] =
        [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0] + Array("NULL".utf8) + [UInt8](repeating: 0, count: 48)

    @Test func closeWithUnsentMessagesReturnsWithinTheLinger() async throws {
        let harness = try Harness()
        // It takes connections, but nobody reads.
        let path = harness.directory + "/deaf.sock"
        let server = RawSocket()
        var options = ZeroMQSocketOptions()
        options.receiveLimit = 1
        try await server.listen(.router, "ipc://\(path)", options)
        let client = try await harness.client(to: .ipc(path: path)) { $0.linger = .milliseconds(300) }
        let calls = Task {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<600 {
                    group.addTask {
                        let request = Harness.request(UInt64(number), body: [UInt8](repeating: 0, count: 100_000))
                        _ = try? await client.call(request, deadline: soon(60))
                    }
                }
            }
        }
        try await eventually("all are pending") { client.statistics.callsPending == 600 }
        try await eventually("it is connected") { client.statistics.connections == 1 }
        let start = ContinuousClock.now
        await client.close()
        let duration = ContinuousClock.now - start
        #expect(duration > .milliseconds(250) && duration < .seconds(20))
        await calls.value
        #expect(client.statistics.callsPending == 0)
        await server.close()
    }
}
