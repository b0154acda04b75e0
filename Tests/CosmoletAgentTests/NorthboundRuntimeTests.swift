import Announcements
import CosmoletAgent
import CosmoletTesting
import Foundation
import Journal
import Logging
import NetworkTypes
import Northbound
import NorthboundRPC
import Observability
import ServiceLifecycle
import Testing

@Suite struct NorthboundRuntimeTests {
    private let folder: TestFolder
    private let web = ServiceID(namespace: "shop", name: "web")
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws { folder = try TestFolder() }

    private var settings: NorthboundSettings {
        var settings = NorthboundSettings()
        settings.journal = folder.path + "/journal.sqlite"
        return settings
    }

    private func network(_ text: String) -> Network { Network(prefix: try! IPPrefix(text)) }

    /// Runs agent and northbound in one process over a fake FRR for the length of a closure.
    private func withEmbedded(
        _ settings: NorthboundSettings, _ frr: FakeManagementSession,
        _ body: (Reconciler, NorthboundRuntime, AgentTelemetry) async throws -> Void
    ) async throws {
        let telemetry = AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: "fake")
        let runtime = try await NorthboundRuntime(
            settings, session: frr, agent: "agent/here", telemetry: telemetry, logger: logger)
        let session = LeasedSession(runtime.api, client: "agent/here", losses: runtime.sessionLosses)
        let reconciler = Reconciler(
            session: session, configuration: PlannerConfiguration(), telemetry: telemetry,
            comparePeriod: .seconds(3600), isEmbedded: true, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in runtime.services { group.addTask { try await service.run() } }
            group.addTask { await session.keepAlive() }
            group.addTask { await reconciler.run() }
            let result: Result<Void, any Error>
            do { result = .success(try await body(reconciler, runtime, telemetry)) } catch { result = .failure(error) }
            group.cancelAll()
            while await group.nextResult() != nil {}
            try result.get()
        }
    }

    private func announce(_ reconciler: Reconciler, _ vip: String) async {
        await reconciler.apply(
            .replacedServices([ServiceFacts(id: web, addresses: [AddressFact(kind: .loadBalancer, text: vip)])]))
        await reconciler.apply(
            .replacedSlices([
                SliceFacts(
                    id: SliceID(namespace: "shop", name: "web-1"), service: web,
                    endpoints: [EndpointFact(address: IPAddress("10.0.0.1")!, isReady: true)])
            ]))
        await reconciler.apply(.node(NodeFacts(name: "here")))
    }

    @Test func journalHoldsTheAgentsCommitsWithTheirCauses() async throws {
        let frr = FakeManagementSession()
        try await withEmbedded(settings, frr) { reconciler, runtime, telemetry in
            await announce(reconciler, "198.51.100.1")
            _ = try await frr.transactions.wait(for: "a transaction") { !$0.isEmpty }
            await reconciler.quiesce()
            let records = try await runtime.api.listTransactions(TransactionFilter())
            #expect(records.map(\.outcome) == [.applied])
            #expect(records.first?.client == "agent/here")
            #expect(records.first?.cause == ["shop/web: 198.51.100.1 EndpointInCluster"])
            let metrics = telemetry.registry.exposition()
            // One commit is one in every count, though two parts of the process have to do with it.
            #expect(metrics.contains("cosmolet_commits_total{outcome=\"applied\",provider=\"mgmtd\"} 1"))
            #expect(
                metrics.contains("cosmolet_northbound_transactions_total{kind=\"commit\",outcome=\"applied\"} 1"))
            #expect(metrics.contains("cosmolet_northbound_requests_total{method=\"Commit\",code=\"OK\"} 1"))
            #expect(metrics.contains("cosmolet_northbound_coalesced_commits_total 0"))
            #expect(metrics.contains("cosmolet_northbound_leases 1"))
            #expect(metrics.contains("cosmolet_frr_reconnects_total 0"))
            #expect(telemetry.health.readyz().isHealthy)
        }
        #expect(await frr.running == [network("198.51.100.1/32")])
        // The next process goes on with the journal and adopts what is there.
        try await withEmbedded(settings, frr) { reconciler, runtime, _ in
            await announce(reconciler, "198.51.100.1")
            _ = try await frr.openCount.wait(for: "the second session") { $0 == 2 }
            await reconciler.quiesce()
            #expect(try await runtime.api.listTransactions(TransactionFilter()).count == 1)
        }
        #expect(frr.transactions.value.count == 1)
    }

    /// Nobody may make a folder in sysfs, root included.
    private var unwritable: NorthboundSettings {
        var settings = settings
        settings.journal = "/sys/cosmolet/journal.sqlite"
        return settings
    }

    @Test func announcesWithoutAJournalThatCannotBeWritten() async throws {
        let frr = FakeManagementSession()
        try await withEmbedded(unwritable, frr) { reconciler, _, telemetry in
            await announce(reconciler, "198.51.100.1")
            _ = try await frr.transactions.wait(for: "a transaction") { !$0.isEmpty }
            await reconciler.quiesce()
            #expect(telemetry.health.readyz().isHealthy)
            let metrics = telemetry.registry.exposition()
            #expect(metrics.contains("cosmolet_journal_failing 1"))
            #expect(metrics.contains("cosmolet_journal_missing_transactions_total 1"))
        }
        #expect(await frr.running == [network("198.51.100.1/32")])
    }

    @Test func refusesWithoutAJournalThatIsRequired() async throws {
        let frr = FakeManagementSession()
        var settings = unwritable
        settings.requiresJournal = true
        try await withEmbedded(settings, frr) { _, runtime, telemetry in
            _ = try await frr.openCount.wait(for: "the session") { $0 == 1 }
            let error = await #expect(throws: NorthboundError.self) {
                _ = try await runtime.api.commit(
                    CommitRequest(requestID: "r", client: "c", edits: [.set(network("198.51.100.1/32"))]))
            }
            #expect(error?.message.contains("journal") == true)
            // The request may be refused before the service itself has tried to write.
            try await eventually("readiness tells of the journal") {
                telemetry.health.readyz().text(verbose: true).contains("[-]journal failed")
            }
        }
        #expect(frr.transactions.value.isEmpty)
    }

    @Test func journalIsOneProcessesOnly() async throws {
        let frr = FakeManagementSession()
        try await withEmbedded(settings, frr) { _, _, _ in
            let error = await #expect(throws: StartFailure.self) {
                _ = try await NorthboundRuntime(
                    settings, session: frr, agent: nil,
                    telemetry: AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: "fake"),
                    logger: logger)
            }
            #expect(error?.message.contains(folder.path + "/journal.sqlite is in use by process \(getpid())") == true)
        }
    }

    @Test func retentionOfTheSettingsIsTheJournals() async throws {
        let frr = FakeManagementSession()
        var settings = settings
        try await withEmbedded(settings, frr) { _, runtime, _ in
            _ = try await frr.openCount.wait(for: "the session") { $0 == 1 }
            try await runtime.api.waitUntilServing()
            for number in 0..<12 {
                let edits = [NetworkEdit.set(network("198.51.100.\(number)/32"))]
                _ = try await runtime.api.commit(CommitRequest(requestID: "r\(number)", client: "c", edits: edits))
            }
        }
        settings.retention.maximumCount = 10
        try await withEmbedded(settings, frr) { _, runtime, _ in
            // Pruned when it is opened.
            try await eventually("two records are gone") {
                try await runtime.api.listTransactions(TransactionFilter()).map(\.requestID)
                    == (2..<12).map { "r\($0)" }
            }
        }
    }

    /// What SIGTERM does to `cosmolet northbound`, signal included up to the service group.
    @Test func shutdownFinishesTheCommitInFlightAndRefusesTheQueue() async throws {
        let frr = FakeManagementSession()
        var settings = settings
        let endpoint = TransportEndpoint.ipc(path: folder.path + "/s/northbound.sock")
        settings.listen = endpoint
        let runtime = try await NorthboundRuntime(
            settings, session: frr, agent: nil,
            telemetry: AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: "fake"),
            logger: logger)
        _ = try await runtime.start()
        let services = ServiceGroup(
            configuration: .init(
                services: runtime.services.map { .init(service: $0) }, logger: logger))
        let client = NorthboundClient(
            configuration: RequestClientConfiguration(endpoint: endpoint), client: "operator")
        try await client.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            try await client.waitUntilServing()
            await frr.holdNextCommit()
            let answers = Observed<[Int: Result<TransactionRecord, NorthboundError>]>([:])
            for number in 0..<5 {
                // All change the same prefix, so that none rides with another.
                let request = CommitRequest(
                    requestID: "r\(number)", client: "", edits: [.set(network("198.51.100.1/32"))])
                group.addTask {
                    let answer: Result<TransactionRecord, NorthboundError>
                    do throws(NorthboundError) { answer = .success(try await client.commit(request)) } catch {
                        answer = .failure(error)
                    }
                    answers.update { $0[number] = answer }
                }
                if number == 0 { _ = try await frr.transactions.wait(for: "the first") { $0.count == 1 } }
            }
            try await eventually("four wait") { await runtime.queuedCommitCount == 4 }
            await services.triggerGracefulShutdown()
            // Refused at once, and not only when the commit in flight has ended.
            _ = try await answers.wait(for: "four refusals") { $0.count == 4 }
            for number in 1..<5 {
                let error = #expect(throws: NorthboundError.self) { try answers.value[number]?.get() }
                #expect(error?.code == .unavailable && error?.message.contains("stopping") == true)
            }
            await frr.release()
            try await group.waitForAll()
            #expect(try answers.value[0]?.get().outcome == .applied)
        }
        await client.close()
        #expect(frr.transactions.value.count == 1)
        // What the journal has, as the next process finds it.
        try await withEmbedded(self.settings, frr) { _, next, _ in
            let records = try await next.api.listTransactions(TransactionFilter())
            #expect(records.map(\.requestID) == ["r0"] && records.map(\.outcome) == [.applied])
        }
    }

    @Test func lostFRRIsNoticedAndComesBackWithoutAnyCommit() async throws {
        let frr = FakeManagementSession()
        try await withEmbedded(settings, frr) { reconciler, _, telemetry in
            await announce(reconciler, "198.51.100.1")
            _ = try await frr.transactions.wait(for: "a transaction") { !$0.isEmpty }
            await frr.breakDown("mgmtd stopped")
            await frr.edit { $0 = [] }
            await frr.restore()
            _ = try await frr.transactions.wait(for: "the replay") { $0.count == 2 }
            await reconciler.quiesce()
            #expect(telemetry.health.readyz().isHealthy)
            #expect(telemetry.registry.exposition().contains("cosmolet_frr_reconnects_total 1"))
        }
        #expect(await frr.running == [network("198.51.100.1/32")])
    }
}
