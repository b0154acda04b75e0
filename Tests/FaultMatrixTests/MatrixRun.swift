import CosmoletTesting
import Northbound

/// What came of the matrix on one provider.
struct MatrixResult: Sendable {
    let provider: ProviderUnderTest
    let stepCount: Int
    let faultCount: Int
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

    func run() async throws -> MatrixResult {
        try await MatrixRig.with(provider) { rig in
            let frames = try await dryRun(rig)
            guard let commit = frames.lastIndex(where: provider.isCommit) else {
                throw MatrixFailure(description: "no request for a commit among \(frames.count) frames")
            }
            let faults = MatrixEnvironment.faults(
                RelayFault.Cut.allCases.map { .cut($0) } + provider.processFaults.map { .process($0) })
            var result = MatrixResult(provider: provider, stepCount: frames.count, faultCount: faults.count)
            for fault in faults {
                let start = ContinuousClock.now
                for step in 1...frames.count {
                    let one = MatrixCase(fault: fault, step: step, commitStep: commit + 1, networks: networks)
                    result.caseCount += 1
                    let lines = rig.diary.value.lines.count
                    var problems: [String]
                    var isOver = false
                    do { problems = try await one.run(rig) } catch {
                        problems = ["\(error)"]
                        isOver = true
                    }
                    guard !problems.isEmpty else { continue }
                    let news = rig.diary.value.lines.dropFirst(lines).joined(separator: "\n    ")
                    result.failures.append(
                        "FRR \(provider.frrVersion): \(one.name) (\(frames[step - 1].direction.rawValue), commit is "
                            + "\(commit + 1)): \(problems.joined(separator: "; "))\n    \(news)")
                    if isOver { return result }
                }
                result.crashes = rig.diary.value.crashes
                result.durationByFault.append((fault.name, start.duration(to: .now)))
            }
            return result
        }
    }

    /// The frames of the commit when nothing goes wrong.
    private func dryRun(_ rig: MatrixRig) async throws -> [RelayedFrame] {
        try await rig.reset(to: networks.old)
        rig.relay.begin()
        _ = try await rig.commit("dry run", networks.edits).get()
        return rig.relay.end().frames
    }
}
