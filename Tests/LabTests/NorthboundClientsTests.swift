import CosmoletTesting
import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

extension LabTests {
    /// What several clients, and confirm time-outs, come to on real FRR.
    @Suite(.timeLimit(.minutes(2))) struct NorthboundClientsTests {
        @Test func conflictingTransactionsOfTwoClientsAreSerialised() async throws {
            try await NorthboundNode.each { node in
                let northbound = try await node.start()
                let rounds = 20
                let prefixes = (0..<5).map(Sample.ipv4) + (0..<5).map(Sample.ipv6)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (name, attributeClass) in [("one", AttributeClass.default), ("two", .drain)] {
                        let client = try await node.client(of: northbound, name: name)
                        group.addTask {
                            for round in 0..<rounds {
                                // The second client removes every third time.
                                let edits = prefixes.map {
                                    name == "two" && round % 3 == 2
                                        ? NetworkEdit.remove($0) : Sample.set($0, attributeClass)
                                }
                                let record = try await client.commit(CommitRequest("\(name)-\(round)", edits))
                                #expect(record.outcome == .applied && record.client == name)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let reader = try await node.client(of: northbound, name: "reader")
                let records = try await reader.listTransactions(TransactionFilter())
                #expect(records.count == 2 * rounds)
                for name in ["one", "two"] {
                    let requests = records.filter { $0.client == name }.map(\.requestID)
                    #expect(requests == (0..<rounds).map { "\(name)-\($0)" })
                }
                var chain = RecordChain()
                chain.add(records)
                let running = try await node.running()
                let last = try #require(records.last)
                #expect(running == Set(last.edits.compactMap(\.wanted)))
                // Both had their turns, or nothing was in conflict.
                #expect(zip(records, records.dropFirst()).contains { $0.client != $1.client })
            }
        }

        @Test func unconfirmedIsUndoneAndConfirmedIsKept() async throws {
            try await NorthboundNode.each { node in
                let northbound = try await node.start()
                let client = try await node.client(of: northbound, name: "operator")
                let kept = Network(prefix: Sample.ipv4(1), attributeClass: .manual)
                let undone = [Network(prefix: Sample.ipv4(2)), Network(prefix: Sample.ipv6(2))]
                _ = try await client.commit(CommitRequest("before", [.set(Network(prefix: undone[0].prefix))]))
                let first = try await client.commit(
                    CommitRequest("kept", [.set(kept)], confirmTimeout: .seconds(1)))
                _ = try await client.confirmCommit(id: first.id, client: "")
                let second = try await client.commit(
                    CommitRequest(
                        "undone", [Sample.set(undone[0].prefix, .drain), .set(undone[1])],
                        confirmTimeout: .milliseconds(1500)))
                #expect(try await node.running().count == 3)
                // By the time that this one is undone, the time of the first is over too.
                _ = try await northbound.process.line(containing: "transaction \(second.id) was not confirmed in time")
                #expect(try await node.running() == [kept, undone[0]])
                try await expectRecords(client, [.commit, .commit, .commit, .unconfirmed], node)
            }
        }

        @Test func confirmTimeoutOutlivesAKilledNorthbound() async throws {
            try await NorthboundNode.each { node in
                var northbound = try await node.start()
                let client = try await node.client(of: northbound, name: "operator")
                let kept = Network(prefix: Sample.ipv4(1))
                let undone = Network(prefix: Sample.ipv4(2))
                let first = try await client.commit(CommitRequest("kept", [.set(kept)], confirmTimeout: .seconds(1)))
                _ = try await client.confirmCommit(id: first.id, client: "")
                let second = try await client.commit(
                    CommitRequest("undone", [.set(undone)], confirmTimeout: .seconds(1)))
                try await northbound.kill()
                #expect(try await node.running() == [kept, undone])
                northbound = try await node.start()
                _ = try await northbound.process.line(containing: "transaction \(second.id) was not confirmed in time")
                #expect(try await node.running() == [kept])
                try await client.waitUntilServing()
                let late = await #expect(throws: NorthboundError.self) {
                    try await client.confirmCommit(id: second.id, client: "")
                }
                #expect(late?.code == .failedPrecondition)
                try await expectRecords(client, [.commit, .commit, .unconfirmed], node)
            }
        }

        private func expectRecords(
            _ client: NorthboundClient, _ kinds: [TransactionKind], _ node: NorthboundNode
        ) async throws {
            let records = try await client.listTransactions(TransactionFilter())
            #expect(records.map(\.kind) == kinds)
            #expect(records.allSatisfy { $0.outcome == .applied && $0.confirmByMicroseconds == nil })
            var chain = RecordChain()
            chain.add(records)
            #expect(try await node.running() == chain.networks)
        }
    }
}
