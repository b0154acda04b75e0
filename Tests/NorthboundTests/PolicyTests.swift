import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

/// One test for each rule; each through the service, which must have applied, written and sent nothing of it.
@Suite struct PolicyTests {
    private func set(_ text: String, _ name: AttributeClass = .default) throws -> NetworkEdit {
        .set(Network(prefix: try IPPrefix(text), attributeClass: name))
    }

    /// Commits good edits and bad ones together, and returns how they were refused.
    private func refusal(
        of bad: [NetworkEdit], running: Set<Network> = [], _ change: @Sendable (inout NorthboundPolicy) throws -> Void
    ) async throws -> NorthboundError? {
        var policy = NorthboundPolicy()
        try change(&policy)
        let harness = ServiceHarness(running: running) { $0.policy = policy }
        let refusal = Observed<NorthboundError?>(nil)
        try await harness.run { harness in
            try await harness.recover()
            let before = await harness.journal.all
            let error = await #expect(throws: NorthboundError.self) {
                try await harness.commit("r1", [harness.set("198.51.100.1/32")] + bad)
            }
            refusal.update { $0 = error }
            #expect(harness.session.transactions.value.isEmpty)
            let (now, after) = (await harness.session.running, await harness.journal.all)
            #expect(now == running && after == before)
        }
        return refusal.value
    }

    @Test func prefixOutsideIsRefused() async throws {
        let error = try await refusal(of: [set("203.0.113.1/32")]) {
            $0.allowedPrefixes = [try IPPrefix("198.51.100.0/24")]
        }
        #expect(error?.code == .permissionDenied)
        #expect(error?.message.contains("network-config[prefix='203.0.113.1/32']") == true)
    }

    @Test func classThatIsNotAllowedIsRefused() async throws {
        let error = try await refusal(of: [set("198.51.100.2/32", .manual)]) { $0.allowedClasses = [.default, .drain] }
        #expect(error?.code == .permissionDenied)
        #expect(error?.message.contains("network-config[prefix='198.51.100.2/32']/rmap-policy-export") == true)
    }

    @Test func classWithoutATagIsRefused() async throws {
        let gold = try #require(AttributeClass(rawValue: "gold"))
        let error = try await refusal(of: [set("198.51.100.2/32", gold)]) { $0.use(.standard, table: 1790) }
        #expect(error?.code == .permissionDenied)
        #expect(error?.message.contains("[prefix='198.51.100.2/32']/rmap-policy-export: class gold has no") == true)
    }

    @Test func tagOutsideTheRangeIsRefused() async throws {
        let error = try await refusal(of: [set("198.51.100.2/32", .drain)]) {
            $0.use(.standard, table: 1790)
            $0.ownedTags = 100...198
        }
        #expect(error?.code == .permissionDenied)
        #expect(error?.message.contains("[prefix='198.51.100.2/32']") == true)
        #expect(error?.message.contains("199") == true)
    }

    @Test func tooManyNetworksAreRefused() async throws {
        let running = Set(
            try (1...9).map { Network(prefix: try IPPrefix("198.51.100.\($0 + 100)/32"), attributeClass: .default) })
        let error = try await refusal(of: [set("198.51.100.2/32")], running: running) { $0.maximumNetworks = 10 }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message.contains("10") == true)
    }

    @Test func tooManyEditsAreRefused() async throws {
        let error = try await refusal(of: [set("198.51.100.2/32"), set("198.51.100.3/32")]) { $0.maximumEdits = 2 }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message == "3 edits in one transaction, at most 2 are allowed")
    }

    @Test func removalsAreAlwaysAllowed() throws {
        var policy = NorthboundPolicy(allowedPrefixes: [try IPPrefix("198.51.100.0/24")], maximumNetworks: 0)
        policy.use(.standard, table: 1790)
        let prefix = try IPPrefix("203.0.113.1/32")
        #expect(policy.refusal(of: [.remove(prefix)], running: [prefix: .default]) == nil)
    }

    @Test func datastoresThatAreNotAllowedAreRefusedByPath() async throws {
        try await ServiceHarness { $0.policy.allowedDatastores = [.running] }.run { harness in
            try await harness.commit("r1", [harness.set("198.51.100.1/32")])
            let entry = NetworkPath.entry(try IPPrefix("198.51.100.2/32"))
            let startup = await #expect(throws: NorthboundError.self) {
                try await harness.service.commit(
                    CommitRequest(
                        requestID: "r2", client: "agent", edits: [harness.set("198.51.100.2/32")],
                        datastore: .startup))
            }
            #expect(startup?.code == .permissionDenied && startup?.message.contains(entry) == true)
            let state = await #expect(throws: NorthboundError.self) {
                try await harness.service.get(GetRequest(.state, paths: [entry]))
            }
            #expect(state?.code == .permissionDenied && state?.message.contains(entry) == true)
            let candidate = await #expect(throws: NorthboundError.self) {
                try await harness.service.createCandidate(client: "agent")
            }
            #expect(candidate?.code == .permissionDenied)
            #expect(try await harness.service.get(.config).count == 1)
            #expect(harness.session.transactions.value.count == 1)
        }
    }

    @Test func rollbackNeedsTheRunningDatastoreToo() async throws {
        try await ServiceHarness { $0.policy.allowedDatastores = [.operational] }.run { harness in
            let error = await #expect(throws: NorthboundError.self) {
                try await harness.service.rollback(to: "t1", requestID: "r1", client: "operator")
            }
            #expect(error?.code == .permissionDenied)
        }
    }

    @Test func datastoresThatCannotServeAreInvalid() async throws {
        try await ServiceHarness().run { harness in
            let commit = await #expect(throws: NorthboundError.self) {
                try await harness.service.commit(
                    CommitRequest(
                        requestID: "r1", client: "agent", edits: [harness.set("198.51.100.2/32")],
                        datastore: .operational))
            }
            #expect(commit?.code == .invalidArgument)
            let get = await #expect(throws: NorthboundError.self) {
                try await harness.service.get(GetRequest(.config, datastore: .candidate))
            }
            #expect(get?.code == .invalidArgument)
        }
    }

    @Test func rollbackIsBoundByPrefixesButNotBySize() async throws {
        let journal = InMemoryJournal()
        let first = ServiceHarness(journal: journal)
        let ids = Observed<[String]>([])
        try await first.run { harness in
            let wide = try await harness.commit("r1", (1...9).map { try harness.set("198.51.100.\($0)/32") })
            let outside = try await harness.commit("r2", [harness.set("203.0.113.1/32")])
            try await harness.commit("r3", (1...9).map { .remove(try IPPrefix("198.51.100.\($0)/32")) })
            try await harness.commit("r4", [.remove(try IPPrefix("203.0.113.1/32"))])
            ids.update { $0 = [wide.id, outside.id] }
        }
        let second = ServiceHarness(journal: journal, idPrefix: "u") {
            $0.policy = NorthboundPolicy(
                allowedPrefixes: [try! IPPrefix("198.51.100.0/24")], maximumEdits: 2)
        }
        try await second.run { harness in
            let back = try await harness.service.rollback(to: ids.value[0], requestID: "b1", client: "operator")
            #expect(back.edits.count == 9)
            let refused = await #expect(throws: NorthboundError.self) {
                try await harness.service.rollback(to: ids.value[1], requestID: "b2", client: "operator")
            }
            #expect(refused?.code == .permissionDenied && refused?.message.contains("203.0.113.1/32") == true)
            #expect(await harness.session.running.count == 9)
        }
    }

    @Test func capabilitiesTellPolicyLimitsAndModules() async throws {
        let harness = ServiceHarness {
            $0.policy = NorthboundPolicy(table: 1790, tags: .standard, allowedDatastores: [.running, .candidate])
            $0.maximumQueuedCommits = 7
            $0.maximumCandidates = 3
            $0.maximumCandidatesPerClient = 4
            $0.candidateTimeout = .seconds(60)
        }
        try await harness.run { harness in
            let told = try await harness.service.capabilities()
            #expect(told.policy.table == 1790 && told.policy.ownedTags == 100...199)
            #expect(told.policy.classTags == [.default: 100, .manual: 198, .drain: 199])
            #expect(told.limits.maximumQueuedCommits == 7 && told.limits.maximumCandidates == 3)
            #expect(told.limits.maximumCandidatesPerClient == 4 && told.limits.candidateTimeout == .seconds(60))
            #expect(told.limits.maximumEdits == 20_000)
            #expect(told.modules.prefix(2) == ["frr-bgp@2019-12-03", "frr-routing@2019-08-15"])
            for _ in 0..<3 { _ = try await harness.service.createCandidate(client: "agent") }
            let full = await #expect(throws: NorthboundError.self) {
                try await harness.service.createCandidate(client: "agent")
            }
            #expect(full?.code == .resourceExhausted)
        }
    }
}

@Suite struct CausesTests {
    @Test func aFewStayAsTheyAre() {
        let causes = (1...100).map { "shop/web-\($0): ready" }
        #expect(Causes.bounded(causes) == causes)
    }

    @Test func manyAreCountedAndLongOnesCut() {
        let bounded = Causes.bounded((1...5000).map { "shop/web-\($0): " + String(repeating: "é", count: 500) })
        #expect(bounded.count == 100)
        #expect(bounded.last == "and 4901 more")
        #expect(bounded.allSatisfy { $0.utf8.count <= 300 })
        #expect(bounded[0].hasPrefix("shop/web-1: é") && bounded[0].hasSuffix("é…"))
    }
}
