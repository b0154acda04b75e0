import CosmoletTesting
import Northbound
import Testing

extension FaultMatrixTests {
    /// Transactional safety of the whole service on real FRR (docs/fault-matrix.md).
    @Suite(.timeLimit(.minutes(10))) struct EveryStep {
        @Test func aTransactionSurvivesEveryFaultAtEveryStep() async throws {
            let networks = try MatrixNetworks()
            let providers = try MatrixEnvironment.providers()
            let start = ContinuousClock.now
            let results = await withTaskGroup(of: MatrixResult.self) { group in
                for provider in providers {
                    group.addTask { await MatrixRun(provider: provider, networks: networks).run() }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }.sorted { $0.provider.label < $1.provider.label }
            print(Self.summary(results, start.duration(to: .now)))
            for result in results where !result.crashes.isEmpty {
                print("\(result.provider.label) crashed by itself and was restarted:", result.crashes)
            }
            for result in results {
                for failure in result.failures { Issue.record("\(failure)") }
                #expect(result.caseCount == result.stepCount * result.faultCount, "\(result.provider.label)")
                // A provider may have no fault of the name that is looked into.
                #expect(result.caseCount > 0 || MatrixEnvironment.filter != nil, "\(result.provider.label)")
            }
            #expect(results.count == providers.count && results.contains { $0.caseCount > 0 })
        }

        /// Steps × faults × FRR versions, cases, passed, time.
        private static func summary(_ results: [MatrixResult], _ duration: Duration) -> String {
            let steps = results.map { "\($0.stepCount) of \($0.provider.name) on FRR \($0.provider.frrVersion)" }
                .joined(separator: ", ")
            let cases = results.map(\.caseCount).reduce(0, +)
            let failed = results.map(\.failures.count).reduce(0, +)
            let faults = results.map(\.faultCount).max() ?? 0
            let times = results.map { result in
                "\(result.provider.name) \(result.provider.frrVersion): "
                    + result.durationByFault.map { "\($0.name) \($0.duration.components.seconds) s" }
                    .joined(separator: ", ")
            }
            return """
                fault matrix: steps (\(steps)) × \(faults) faults × \(results.count) providers = \(cases) cases, \
                \(cases - failed) passed, \(failed) failed, \(duration.components.seconds) s (\(times.joined(separator: "; ")))
                """
        }
    }
}
