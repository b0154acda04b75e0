import Foundation
import Journal
import NetworkTypes
import Northbound
import Testing

/// What the journal adds to a commit. The limits are wide, as the device decides; the numbers are printed.
@Suite(.serialized) struct JournalSpeedTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func beginAndFinishOfOneVIP() async throws {
        let journal = try await scratch.journal()
        let clock = ContinuousClock()
        var times: [Duration] = []
        for index in 0..<1000 {
            let record = transaction(
                "11111111-2222-4333-8444-\(index)", [try edit("198.51.100.\(index % 250)/32", nil, .default)],
                request: "request-\(index)", cause: ["shop/web-\(index % 50): 198.51.100.1 EndpointOnNode"])
            let start = clock.now
            try await journal.commit(record)
            times.append(start.duration(to: clock.now))
        }
        times.sort()
        print("begin+finish of one VIP: p50 \(times[500]), p99 \(times[990]), most \(times[999])")
        #expect(times[500] < .milliseconds(30))
    }
}
