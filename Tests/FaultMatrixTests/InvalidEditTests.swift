import CosmoletTesting
import NetworkTypes
import Northbound
import Testing

extension FaultMatrixTests {
    /// A transaction of 100 edits whose 57th FRR refuses.
    @Suite(.timeLimit(.minutes(2))) struct InvalidEdit {
        @Test func theWholeTransactionIsRefusedAndRunningStays() async throws {
            let networks = try MatrixNetworks()
            for provider in try MatrixEnvironment.providers() {
                try await MatrixRig.with(provider) { rig in
                    for spoiled in provider.spoil { try await check(spoiled, networks, rig) }
                }
            }
        }

        private func check(_ spoiled: SpoiledEdit, _ networks: MatrixNetworks, _ rig: MatrixRig) async throws {
            let what = "FRR \(rig.provider.frrVersion), \(spoiled.name)"
            #expect(networks.edits.count == 100)
            try await rig.reset(to: networks.old)
            rig.relay.begin(.rewrite { spoiled.apply($0, networks.the57th) })
            let answer = try await rig.commit(spoiled.name, networks.edits)
            #expect(rig.relay.end().hasFired, "\(what)")
            switch answer {
            case .success: Issue.record("\(what): applied")
            case .failure(let error):
                #expect(error.code == .aborted || error.code == .failedPrecondition, "\(what): \(error)")
            }
            #expect(try await rig.networks() == networks.old, "\(what)")
            let stock = try await rig.provider.takeStock()
            #expect(stock.running == networks.old && stock.runningAfterCommit == networks.old, "\(what)")
            #expect(stock.lockRefusal == nil && stock.commitRefusal == nil, "\(what)")
            let record = try await rig.journal.record(requestID: spoiled.name, client: MatrixRig.client)
            #expect(record?.outcome == .rejected && record?.edits.count == 100, "\(what)")
            #expect(try await rig.journal.networks(after: nil) == networks.old, "\(what)")
            // The same edits, undamaged.
            let whole = try await rig.commit("\(spoiled.name), mended", networks.edits).get()
            #expect(whole.outcome == .applied)
            #expect(try await rig.networks() == networks.new, "\(what)")
        }
    }
}
