import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(5))) struct BoundedChannelTests {
    @Test(arguments: [1, 2, 100, 5000])
    func valuesArriveInOrder(_ capacity: Int) async {
        let channel = BoundedChannel<Int>(capacity: capacity)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for value in 0..<5000 { #expect(await channel.send(value)) }
                channel.finish()
            }
            var expected = 0
            while let value = await channel.next() {
                #expect(value == expected)
                expected += 1
            }
            #expect(expected == 5000)
        }
    }

    @Test func senderWaitsForRoom() async {
        let channel = BoundedChannel<Int>(capacity: 2)
        #expect(await channel.send(1))
        #expect(await channel.send(2))
        let third = Task { await channel.send(3) }
        third.cancel()
        #expect(await third.value == false)
        #expect(await channel.next() == 1)
    }

    @Test func finishedChannelGivesWhatItHas() async {
        let channel = BoundedChannel<Int>(capacity: 2)
        #expect(await channel.send(1))
        channel.finish()
        #expect(await channel.send(2) == false)
        #expect(await channel.next() == 1)
        #expect(await channel.next() == nil)
    }

    @Test func finishReleasesAWaitingReceiver() async {
        let channel = BoundedChannel<Int>(capacity: 2)
        async let value = channel.next()
        channel.finish()
        #expect(await value == nil)
    }

    @Test func cancelledReceiverStops() async {
        let channel = BoundedChannel<Int>(capacity: 2)
        let receiver = Task { await channel.next() }
        receiver.cancel()
        #expect(await receiver.value == nil)
    }
}
