import Bindings
import CosmoletTesting
import NorthboundRPC
import Testing

@Suite struct TransportPublicationTests {
    private typealias Harness = TransportHarness

    private func subscriber(
        _ harness: Harness, _ configure: (inout SubscriberConfiguration) -> Void = { _ in }
    ) async throws -> Subscriber {
        var configuration = SubscriberConfiguration(endpoint: harness.endpoint)
        configure(&configuration)
        let subscriber = Subscriber(configuration: configuration)
        try await subscriber.start()
        return subscriber
    }

    private func record(_ topic: String, _ body: UInt8) -> SubscriptionEvent {
        .record(topic: Array(topic.utf8), body: [body])
    }

    @Test func recordsArriveInOrderByTopic() async throws {
        let harness = try Harness()
        let publisher = Publisher(configuration: .init(endpoint: harness.endpoint))
        _ = try await publisher.start()
        let subscriber = try await subscriber(harness) { $0.topics = [Array("applied".utf8), Array("rej".utf8)] }
        let events = subscriber.events.makeAsyncIterator()
        #expect(await events.next() == .catchUp(.subscribed))
        for (topic, body) in [("applied", 1), ("unknown", 2), ("rejected", 3), ("applied", 4)] as [(String, UInt8)] {
            publisher.publish(topic: Array(topic.utf8), body: [body])
        }
        #expect(await events.next() == record("applied", 1))
        #expect(await events.next() == record("rejected", 3))
        #expect(await events.next() == record("applied", 4))
        await subscriber.close()
        #expect(await events.next() == nil)
        await publisher.close()
    }

    @Test func lateJoinerIsToldToCatchUpAndMissesNothingAfter() async throws {
        let harness = try Harness()
        let publisher = Publisher(configuration: .init(endpoint: harness.endpoint))
        _ = try await publisher.start()
        for number in 0..<50 { publisher.publish(topic: [1], body: [UInt8(number)]) }
        let subscriber = try await subscriber(harness)
        let events = subscriber.events.makeAsyncIterator()
        #expect(await events.next() == .catchUp(.subscribed))
        for number in 50..<100 { publisher.publish(topic: [1], body: [UInt8(number)]) }
        for number in 50..<100 {
            #expect(await events.next() == .record(topic: [1], body: [UInt8(number)]))
        }
        await subscriber.close()
        await publisher.close()
    }

    @Test func slowReaderIsToldToCatchUp() async throws {
        let harness = try Harness()
        let publisher = Publisher(configuration: .init(endpoint: harness.endpoint))
        _ = try await publisher.start()
        let subscriber = try await subscriber(harness) { $0.bufferLimit = 10 }
        let events = subscriber.events.makeAsyncIterator()
        #expect(await events.next() == .catchUp(.subscribed))
        for number in 0..<25 { publisher.publish(topic: [1], body: [UInt8(number)]) }
        try await eventually("all were received") { subscriber.receivedCount == 25 }
        #expect(subscriber.events.overflowCount == 2)
        #expect(await events.next() == .catchUp(.overflow))
        // What follows the mark is without a gap to the end.
        guard case .record(_, let body)? = await events.next(), let first = body.first else {
            Issue.record("no record after the overflow")
            return
        }
        for number in (first + 1)..<25 {
            #expect(await events.next() == .record(topic: [1], body: [number]))
        }
        await subscriber.close()
        await publisher.close()
    }

    @Test func publisherThatComesBackIsFollowedAgain() async throws {
        let harness = try Harness()
        let first = Publisher(configuration: .init(endpoint: harness.endpoint))
        _ = try await first.start()
        let subscriber = try await subscriber(harness)
        let events = subscriber.events.makeAsyncIterator()
        #expect(await events.next() == .catchUp(.subscribed))
        await first.close()
        guard case .disconnected? = await events.next() else {
            Issue.record("the end of the publisher was not noticed")
            return
        }
        let second = Publisher(configuration: .init(endpoint: harness.endpoint))
        _ = try await second.start()
        var event = await events.next()
        // A connection may fail once or twice while the socket file is replaced.
        while case .disconnected? = event { event = await events.next() }
        #expect(event == .catchUp(.subscribed))
        second.publish(topic: [1], body: [7])
        #expect(await events.next() == .record(topic: [1], body: [7]))
        await subscriber.close()
        await second.close()
    }

    @Test func recordsDroppedOnTheWayAreNoticed() async throws {
        let harness = try Harness()
        var configuration = PublisherConfiguration(endpoint: harness.endpoint)
        configuration.bufferLimit = 10
        let publisher = Publisher(configuration: configuration)
        _ = try await publisher.start()
        let subscriber = try await subscriber(harness)
        let events = subscriber.events.makeAsyncIterator()
        #expect(await events.next() == .catchUp(.subscribed))
        publisher.publish(topic: [1], body: [0])
        #expect(await events.next() == .record(topic: [1], body: [0]))
        // Faster than the publisher's thread until its buffer has run over.
        try await eventually("the buffer runs over") {
            for _ in 0..<1000 { publisher.publish(topic: [1], body: [1]) }
            return publisher.droppedCount > 0
        }
        var event = await events.next()
        while case .record? = event { event = await events.next() }
        #expect(event == .catchUp(.dropped) || event == .catchUp(.overflow))
        await subscriber.close()
        await publisher.close()
    }

    @Test func curveSubscriberIsServedAndStrangerIsNot() async throws {
        let harness = try Harness()
        let serverKeys = try CurveKeyPair.generate()
        let friend = try CurveKeyPair.generate()
        let stranger = try CurveKeyPair.generate()
        var configuration = PublisherConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 0))
        configuration.security = .curve(
            secretKey: serverKeys.secretKey, clients: AllowedClients(names: [friend.publicKey: "friend"]))
        let publisher = Publisher(configuration: configuration)
        let endpoint = try await publisher.start()
        let good = try await subscriber(harness) {
            $0.endpoint = endpoint
            $0.security = .curve(keyPair: friend, serverKey: serverKeys.publicKey)
        }
        let bad = try await subscriber(harness) {
            $0.endpoint = endpoint
            $0.security = .curve(keyPair: stranger, serverKey: serverKeys.publicKey)
        }
        let goodEvents = good.events.makeAsyncIterator()
        #expect(await goodEvents.next() == .catchUp(.subscribed))
        guard case .disconnected(let reason)? = await bad.events.makeAsyncIterator().next() else {
            Issue.record("the stranger was let in")
            return
        }
        #expect(reason.contains("key refused"))
        publisher.publish(topic: [1], body: [1])
        #expect(await goodEvents.next() == .record(topic: [1], body: [1]))
        #expect(bad.receivedCount == 0)
        await good.close()
        await bad.close()
        await publisher.close()
    }
}
