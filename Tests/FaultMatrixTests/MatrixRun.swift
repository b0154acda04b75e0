import CosmoletTesting
import Foundation
import Northbound

/// What came of the matrix on one provider.
struct MatrixResult: Sendable {
    let provider: ProviderUnderTest
    var stepCount = 0
    var faultCount = 0
    var caseCount = 0
    /// By case, with what the service told meanwhile.
    var failures: [String] = []
    /// Cases in which FRR crashed by itself and was restarted, as its own watchdog would.
    var crashes: [String] = []
    var durationByFault: [(name: String, duration: Duration)] = []
}

/// Every fault after every frame of a commit, on one provider.
struct MatrixRun: Sendable {
    let provider: ProviderUnderTest
    let networks: MatrixNetworks

    /// Never throws: what ends it early is a failure among those that were found before.
    func run() async -> MatrixResult {
        let result = Observed(MatrixResult(provider: provider))
        do {
            try await MatrixRig.with(provider) { rig in try await play(rig, result) }
        } catch {
            result.update { $0.failures.append("\(error)") }
        }
        return result.value
    }

    private func play(_ rig: MatrixRig, _ result: Observed<MatrixResult>) async throws {
        // The shorter one of two: a provider may put a sign of life in between.
        let runs = [try await dryRun(rig), try await dryRun(rig)]
        let frames = runs[0].count <= runs[1].count ? runs[0] : runs[1]
        guard let commit = frames.lastIndex(where: provider.isCommit) else {
            throw MatrixFailure(description: "no request for a commit among \(frames.count) frames")
        }
        let faults = MatrixEnvironment.faults(
            RelayFault.Cut.allCases.map { .cut($0) } + provider.processFaults.map { .process($0) })
        result.update { ($0.stepCount, $0.faultCount) = (frames.count, faults.count) }
        for fault in faults {
            let start = ContinuousClock.now
            for step in 1...frames.count {
                let one = MatrixCase(fault: fault, step: step, commitStep: commit + 1, networks: networks)
                let lines = rig.diary.value.lines.count
                let problems: [String]
                var isOver = false
                do { problems = try await one.run(rig) } catch {
                    problems = ["\(error)"]
                    isOver = true
                }
                let (diary, ended) = (rig.diary.value, isOver)
                result.update { result in
                    result.caseCount += 1
                    result.crashes = diary.crashes
                    guard !problems.isEmpty else { return }
                    let news = diary.lines.dropFirst(lines).suffix(40).joined(separator: "\n    ")
                    result.failures.append(
                        "\(provider.label): \(one.name) (\(frames[step - 1].direction.rawValue), commit is "
                            + "\(commit + 1))\(ended ? ", the last case" : ""): "
                            + "\(problems.joined(separator: "; "))\n    \(news)")
                }
                if isOver { return }
            }
            result.update { $0.durationByFault.append((fault.name, start.duration(to: .now))) }
        }
    }

    /// The frames of the commit when nothing goes wrong.
    private func dryRun(_ rig: MatrixRig) async throws -> [RelayedFrame] {
        try await rig.reset(to: networks.old)
        rig.relay.begin()
        _ = try await rig.commit("dry run \(UUID().uuidString)", networks.edits).get()
        return rig.relay.end().frames
    }
}
