import CosmoletTesting
import Foundation
import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

/// The whole way: client, ZeroMQ over ipc, codec, service, a fake FRR, and back.
@Suite struct RPCServiceTests {
    private func withService(
        _ session: FakeManagementSession = FakeManagementSession(), journal: InMemoryJournal = InMemoryJournal(),
        uptime: (@Sendable () -> Duration)? = nil,
        _ body: @Sendable (NorthboundClient, TransportEndpoint) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nb-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let endpoint = TransportEndpoint.ipc(path: folder.appendingPathComponent("s/nb.sock").path)
        let service = CommitService(
            session: session, journal: journal, configuration: CommitServiceConfiguration(programVersion: "test"),
            clock: ContinuousClock(), now: { Int64(Date().timeIntervalSince1970 * 1_000_000) }, uptime: uptime,
            makeID: { UUID().uuidString }, emit: { _ in })
        let server = RPCService(service, instance: "i1", uptime: uptime ?? RPCService.systemUptime).makeServer(
            RequestServerConfiguration(endpoint: endpoint))
        _ = try await server.start()
        let client = NorthboundClient(configuration: RequestClientConfiguration(endpoint: endpoint), client: "agent")
        try await client.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            group.addTask { try await server.run() }
            _ = try await session.openCount.wait(for: "open") { $0 > 0 }
            try await body(client, endpoint)
            await client.close()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func set(_ text: String) throws -> NetworkEdit { .set(Network(prefix: try IPPrefix(text))) }

    private func request(_ id: String, _ edits: [NetworkEdit]) -> CommitRequest {
        CommitRequest(requestID: id, client: "agent", edits: edits, cause: ["shop/web: 10.0.0.1 EndpointOnNode"])
    }

    @Test func everyMethodGoesThere() async throws {
        let session = FakeManagementSession()
        try await withService(session) { client, _ in
            #expect(try await client.capabilities().management?.dialect == "fake")
            try await client.renewLease(client: "")
            let record = try await client.commit(request("r1", [set("10.0.0.1/32"), set("2001:db8::1/128")]))
            #expect(record.outcome == .applied && record.client == "agent")
            #expect(record.cause == ["shop/web: 10.0.0.1 EndpointOnNode"])
            let (config, state, running) = (
                try await client.get(.config), try await client.get(.state), await session.running
            )
            #expect(config == running && state == running)
            #expect(try await client.transaction(id: record.id) == record)
            #expect(try await client.listTransactions(TransactionFilter()) == [record])
            let candidate = try await client.createCandidate(client: "")
            try await client.editCandidate(candidate, client: "", edits: [set("10.0.0.2/32")])
            try await client.deleteCandidate(candidate, client: "")
            try await client.lock(client: "")
            try await client.unlock(client: "")
            let second = try await client.commit(request("r2", [.remove(try IPPrefix("10.0.0.1/32"))]))
            #expect(second.parent == record.id)
            let back = try await client.rollback(to: record.id, requestID: "b1", client: "")
            #expect(back.kind == .rollback)
            #expect(await session.running.count == 2)
        }
    }

    @Test func heartbeatsTellHowFarTheJournalIs() async throws {
        let session = FakeManagementSession()
        try await withService(session) { client, _ in
            let first = try await client.heartbeat()
            #expect(first.instance == "i1" && first.journalSequence == 0)
            for number in 1...3 {
                let record = try await client.commit(request("r\(number)", [set("10.0.0.\(number)/32")]))
                #expect(try await client.heartbeat().journalSequence == record.sequence)
            }
            await session.edit { $0 = [] }
            _ = try await client.get(.config)
            // What somebody else changed was observed.
            #expect(try await client.journalSequence() == 4)
        }
    }

    @Test func theNumberIsThatOfTheJournalFromTheStart() async throws {
        let record = TransactionRecord(
            sequence: 41, id: "t41", parent: nil, kind: .commit, requestID: "r", client: "agent", cause: [], edits: [],
            capabilities: nil, startedAtMicroseconds: 1, outcome: .rejected)
        try await withService(journal: InMemoryJournal([record])) { client, _ in
            let sequence = try await client.heartbeat().journalSequence
            #expect(sequence == 41)
        }
    }

    @Test func errorsArriveWithTheirCodes() async throws {
        try await withService { client, _ in
            let absent = await #expect(throws: NorthboundError.self) { try await client.transaction(id: "nothing") }
            #expect(absent?.code == .notFound)
            let empty = await #expect(throws: NorthboundError.self) { try await client.commit(request("", [])) }
            #expect(empty?.code == .invalidArgument)
        }
    }

    @Test func deadlinesGoThere() async throws {
        let session = FakeManagementSession()
        let (time, looks) = (Observed(Duration.zero), Observed(0))
        let uptime: @Sendable () -> Duration = {
            looks.update { $0 += 1 }
            return time.value
        }
        try await withService(session, uptime: uptime) { client, _ in
            await session.holdNextCommit()
            async let first = client.commit(request("r1", [set("10.0.0.1/32")]))
            _ = try await session.transactions.wait(for: "the commit in flight") { $0.count == 1 }
            let before = looks.value
            let second = CommitRequest(
                requestID: "r2", client: "", edits: [try set("10.0.0.2/32")], timeRemaining: .seconds(30))
            async let late = { () async -> StatusCode? in
                do throws(NorthboundError) {
                    _ = try await client.commit(second)
                    return nil
                } catch {
                    return error.code
                }
            }()
            // While a commit is in flight, the service looks at the clock for a deadline only.
            _ = try await looks.wait(for: "the second commit") { $0 > before }
            time.update { $0 = .seconds(30) }
            await session.release()
            _ = try await first
            #expect(await late == .deadlineExceeded)
            #expect(try await client.listTransactions(TransactionFilter()).map(\.requestID) == ["r1"])
        }
    }

    @Test func deadlinesCountFromReceiptAndNotFromTheTurn() async throws {
        let session = FakeManagementSession()
        let (time, looks) = (Observed(Duration.zero), Observed(0))
        let uptime: @Sendable () -> Duration = {
            looks.update { $0 += 1 }
            return time.value
        }
        try await withService(session, uptime: uptime) { client, _ in
            await session.holdNextCommit()
            async let first = client.commit(request("r0", [set("10.0.0.0/32")]))
            _ = try await session.transactions.wait(for: "the commit in flight") { $0.count == 1 }
            try await withThrowingTaskGroup(of: StatusCode?.self) { group in
                // With the one in flight, these take all turns. Each looks at the clock when it was received, when it has
                // its turn, and for its deadline.
                let before = looks.value
                for index in 1..<256 {
                    group.addTask {
                        _ = try await client.commit(request("r\(index)", [set("10.0.0.\(index)/32")]))
                        return nil
                    }
                }
                let all = try await looks.wait(for: "all turns taken") { $0 == before + 255 * 3 }
                group.addTask {
                    do throws(NorthboundError) {
                        let late = CommitRequest(
                            requestID: "late", client: "", edits: [.set(Network(prefix: try! IPPrefix("10.0.1.0/32")))],
                            timeRemaining: .seconds(30))
                        _ = try await client.commit(late)
                        return nil
                    } catch {
                        return error.code
                    }
                }
                _ = try await looks.wait(for: "the late one") { $0 > all }
                time.update { $0 = .seconds(30) }
                await session.release()
                var refusals: [StatusCode] = []
                for try await refusal in group { if let refusal { refusals.append(refusal) } }
                #expect(refusals == [.deadlineExceeded])
            }
            _ = try await first
            #expect(await session.running.count == 256)
        }
    }

    @Test func aThousandRequestsAtOnceAreServed() async throws {
        let session = FakeManagementSession()
        try await withService(session) { client, _ in
            await session.holdNextCommit()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<1000 {
                    group.addTask {
                        _ = try await client.commit(
                            request("r\(index)", [set("10.0.\(index / 250).\(index % 250)/32")]))
                    }
                }
                _ = try await session.transactions.wait(for: "the first transaction") { $0.count == 1 }
                await session.release()
                try await group.waitForAll()
            }
            #expect(await session.running.count == 1000)
            #expect(session.transactions.value.count < 100)
        }
    }

    @Test func anyNumberOfNetworksComesInParts() async throws {
        let networks = Set(
            (0..<25_000).map { Network(prefix: IPPrefix(host: IPAddress(family: .ipv6, bits: UInt128($0) << 64 | 1))) })
        let frames = try MessageCodec.encode(MessageCodec.values(networks), requestID: "r")
        #expect(frames.count > 5 && frames.allSatisfy { $0.body.count <= Limits.pageByteCount })
        try await withService(FakeManagementSession(running: networks)) { client, _ in
            try await withThrowingTaskGroup(of: Set<Network>.self) { group in
                for _ in 0..<3 { group.addTask { try await client.get(.config) } }
                for try await answer in group { #expect(answer == networks) }
            }
        }
    }

    @Test func pathsDatastoresAndMomentsGoThere() async throws {
        try await withService { client, _ in
            let first = try await client.commit(request("r1", [set("10.0.0.1/32"), set("2001:db8::1/128")]))
            _ = try await client.commit(request("r2", [.remove(try IPPrefix("10.0.0.1/32"))]))
            let entry = NetworkPath.entry(try IPPrefix("2001:db8::1/128"))
            #expect(try await client.get(GetRequest(paths: [entry], datastore: .running)).count == 1)
            #expect(try await client.get(GetRequest(moment: .afterTransaction(first.id))).count == 2)
            #expect(try await client.get(GetRequest(moment: .afterSequence(0))).isEmpty)
            let odd = await #expect(throws: NorthboundError.self) {
                try await client.get(GetRequest(paths: ["/frr-interface:lib"]))
            }
            #expect(odd?.code == .invalidArgument && odd?.message.contains("/frr-interface:lib") == true)
            let startup = await #expect(throws: NorthboundError.self) {
                try await client.get(GetRequest(datastore: .startup))
            }
            #expect(startup?.code == .invalidArgument)
        }
    }

    @Test func validatingChangesNothing() async throws {
        let session = FakeManagementSession()
        try await withService(session) { client, _ in
            let record = try await client.commit(
                CommitRequest(requestID: "v1", client: "", edits: [set("10.0.0.1/32")], phase: .validate))
            #expect(record.sequence == 0 && record.outcome == .pending && record.edits.count == 1)
            #expect(session.transactions.value.isEmpty)
            #expect(try await client.listTransactions(TransactionFilter()).isEmpty)
        }
    }

    @Test(arguments: [true, false]) func listsAreReadOverAllPages(isNewestFirst: Bool) async throws {
        let records = try (1...2500).map { index in
            TransactionRecord(
                sequence: Int64(index), id: "t\(index)", parent: nil, kind: .commit, requestID: "r\(index)",
                client: "agent", cause: [],
                edits: [RecordedEdit(prefix: try IPPrefix("10.0.0.1/32"), before: nil, after: nil)],
                capabilities: nil, startedAtMicroseconds: 1, outcome: .rejected)
        }
        try await withService(journal: InMemoryJournal(records)) { client, _ in
            let all = try await client.listTransactions(TransactionFilter(limit: 9999, isNewestFirst: isNewestFirst))
            #expect(all == (isNewestFirst ? records.reversed() : records))
            let some = TransactionFilter(
                afterSequence: 100, beforeSequence: 2000, limit: 1500, isNewestFirst: isNewestFirst)
            let found = try await client.listTransactions(some)
            #expect(found.first?.sequence == (isNewestFirst ? 1999 : 101) && found.count == 1500)
        }
    }

    @Test func aRequestIsExecutedOnceAlsoAcrossRestartsOfBothSides() async throws {
        let (journal, session) = (InMemoryJournal(), FakeManagementSession())
        let ids = Observed<[String]>([])
        for _ in 0..<2 {
            try await withService(session, journal: journal) { client, endpoint in
                let record = try await client.commit(request("r1", [set("10.0.0.1/32")]))
                ids.update { $0.append(record.id) }
                let other = NorthboundClient(
                    configuration: RequestClientConfiguration(endpoint: endpoint), client: "agent")
                try await other.start()
                let again = try await other.commit(request("r1", [set("10.0.0.1/32")]))
                ids.update { $0.append(again.id) }
                await other.close()
            }
        }
        #expect(Set(ids.value).count == 1)
        #expect(session.transactions.value.count == 1)
    }

    @Test func serviceSessionServesTheAgentOverTheWire() async throws {
        let fake = FakeManagementSession()
        try await withService(fake) { client, _ in
            let session = ServiceSession(client, client: "agent")
            _ = try await session.open()
            let edits = [try set("10.0.0.1/32")]
            #expect(await session.commit(Transaction(id: "a1", edits: edits)).outcome == .applied)
            // The same transaction again, as after a lost reply: applied once.
            #expect(await session.commit(Transaction(id: "a1", edits: edits)).outcome == .applied)
            #expect(fake.transactions.value.count == 1)
            let (networks, running) = (try await session.networks(), await fake.running)
            #expect(networks == running)
        }
    }
}
