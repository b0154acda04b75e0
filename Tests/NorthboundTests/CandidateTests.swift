import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

/// Candidates are bounded in number and in time.
@Suite struct CandidateTests {
    private func refusal(_ body: () async throws -> Void) async -> StatusCode? {
        await #expect(throws: NorthboundError.self) { try await body() }?.code
    }

    @Test func oneClientLeavesRoomForTheOthers() async throws {
        let harness = ServiceHarness { ($0.maximumCandidates, $0.maximumCandidatesPerClient) = (5, 3) }
        try await harness.run { harness in
            let service = harness.service
            let first = try await service.createCandidate(client: "greedy")
            for _ in 1..<3 { _ = try await service.createCandidate(client: "greedy") }
            #expect(await refusal { _ = try await service.createCandidate(client: "greedy") } == .resourceExhausted)
            for _ in 0..<2 { _ = try await service.createCandidate(client: "modest") }
            #expect(await refusal { _ = try await service.createCandidate(client: "late") } == .resourceExhausted)
            try await service.deleteCandidate(first, client: "greedy")
            _ = try await service.createCandidate(client: "greedy")
        }
    }

    @Test func aCandidateThatIsNotUsedIsForgotten() async throws {
        let harness = ServiceHarness {
            $0.maximumCandidatesPerClient = 2
            $0.candidateTimeout = .seconds(60)
        }
        try await harness.run { harness in
            let service = harness.service
            let idle = try await service.createCandidate(client: "operator")
            let used = try await service.createCandidate(client: "operator")
            harness.time.setWallClock(ahead: .seconds(86_400))
            harness.time.advance(.seconds(60))
            try await service.editCandidate(used, client: "operator", edits: [harness.set("10.0.0.1/32")])
            harness.time.advance(.seconds(1))
            #expect(await refusal { try await service.editCandidate(idle, client: "operator", edits: []) } == .notFound)
            #expect(await refusal { try await service.deleteCandidate(idle, client: "operator") } == .notFound)
            // Its place is free.
            _ = try await service.createCandidate(client: "operator")
            harness.time.advance(.seconds(59))
            let record = try await service.commit(
                CommitRequest(requestID: "r1", client: "operator", edits: [], candidate: used))
            #expect(record.edits.count == 1)
        }
    }

    @Test func theRoundsOfTheServiceForgetToo() async throws {
        try await ServiceHarness { $0.candidateTimeout = .seconds(60) }.run { harness in
            _ = try await harness.service.createCandidate(client: "operator")
            harness.time.advance(.seconds(61))
            // Nobody asks for candidates: their memory is given back all the same.
            try await eventually("no candidate is left") { await harness.service.candidateCount == 0 }
        }
    }
}
