internal import ArgumentParser
internal import CosmoletTesting
internal import Foundation

/// The program behind `hack/demo`, which builds everything and knows the paths.
@main
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cosmolet-demo",
        abstract: "Real FRR and BIRD, an API server, cosmolet on each node, and what the routers learn.",
        discussion: "Started by hack/demo. See docs/demo.md.")

    @Option(help: ArgumentHelp("Folder with hack/.", valueName: "folder"))
    var repository: String

    @Option(help: ArgumentHelp("Folder with cosmolet and kubesim.", valueName: "folder"))
    var binaries: String

    @Option(help: ArgumentHelp("Folder for kubeconfig, sockets and journals; removed at the end.", valueName: "folder"))
    var folder: String

    @Flag(help: "No live view: run, check, exit 0 or 1.")
    var once = false

    @Flag(help: "One process per node instead of two.")
    var embedded = false

    @Option(help: ArgumentHelp("Write what was seen.", valueName: "file"))
    var json: String?

    @Flag(help: "A missed speed target is a failure, not a warning.")
    var strictSpeed = false

    @Option(help: "Speed samples per node and direction.")
    var samples = 15

    func validate() throws {
        guard (1...10_000).contains(samples) else { throw ValidationError("--samples must be between 1 and 10000") }
        if let json {
            // Better now than after a minute of work.
            let parent = URL(fileURLWithPath: json).deletingLastPathComponent().path
            guard FileManager.default.isWritableFile(atPath: parent) else {
                throw ValidationError("--json: the folder \(parent) is not there or cannot be written to")
            }
        }
    }

    func run() async throws {
        let isLive = !once && isatty(STDOUT_FILENO) == 1
        let demo = Demo(
            paths: .init(repository: repository, binaries: binaries, folder: folder),
            mode: embedded ? .embedded : .split,
            presenter: isLive ? LivePresenter(kubeconfig: folder + "/kubeconfig") : LinePresenter())
        let started = ContinuousClock.now
        demo.recorder.record { $0.date = Date().formatted(.iso8601) }
        let ending = await play(demo, isLive: isLive)
        demo.presenter.close()
        if case .failed(let text) = ending { explain(text, demo) }
        await demo.tearDown()

        demo.recorder.record { report in
            report.durationSeconds = started.duration(to: .now).milliseconds / 1000
            report.passed = ending == .finished
            if case .failed(let text) = ending { report.failure = text }
            if ending == .interrupted { report.failure = "interrupted" }
        }
        if let json { try demo.recorder.value.write(to: json) }
        switch ending {
        case .finished: if !isLive { print(Summary.text(of: demo.recorder.value)) }
        case .failed: throw ExitCode(1)
        case .interrupted: throw ExitCode(130)
        }
    }

    /// How the play ended.
    private enum Ending: Equatable {
        case finished
        case failed(String)
        case interrupted
    }

    /// Runs until the end, a failure, or a signal; a second signal ends the program at once, and the guard of `hack/demo`
    /// and the guardian of the lab clean up.
    private func play(_ demo: Demo, isLive: Bool) async -> Ending {
        let hasTold = StoryEnd()
        let stage = Task {
            try await tell(demo, isLive: isLive, end: hasTold)
        }
        Task {
            var count = 0
            for await _ in Interrupts.stream() {
                count += 1
                if count > 1 {
                    demo.presenter.close()
                    Foundation.exit(130)
                }
                hasTold.interrupt()
                stage.cancel()
            }
        }
        let result = await stage.result
        if hasTold.wasInterrupted { return hasTold.wasReached ? .finished : .interrupted }
        switch result {
        case .success: return .finished
        case .failure(let error): return .failed("\(error)")
        }
    }

    private func tell(_ demo: Demo, isLive: Bool, end: StoryEnd) async throws {
        let (fabric, cluster) = try await demo.start()
        var scenario = Scenario(demo: demo, fabric: fabric, cluster: cluster)
        try await scenario.announce()
        try await scenario.moveEndpoints()
        try await scenario.killAgents()
        if demo.mode == .split { try await scenario.killNorthbounds() }
        try await scenario.showCommits()
        if demo.mode == .split { try await scenario.rollBack() }
        if isLive {
            end.reach()
            demo.presenter.now("That was all. The view goes on: change something with kubectl. Ctrl-C ends it.")
            // Never yields; ends when the task is cancelled.
            for await _ in AsyncStream(Void.self, { _ in }) {}
            return
        }
        try await scenario.checkEndpoints()
        let speed = try await SpeedTrial(demo: demo, fabric: fabric, cluster: cluster, samples: samples).run()
        demo.recorder.record { $0.speed = speed }
        for target in speed.targets where !target.met {
            let seen = "\(target.seenMilliseconds) ms, target \(target.limitMilliseconds) ms"
            demo.presenter.result("WARNING \(target.node) \(target.name): \(seen)")
        }
        try await scenario.stopProcesses()
        if strictSpeed {
            try demo.recorder.check("speed targets missed", expected: 0, seen: speed.targets.count { !$0.met })
        }
    }

    private func explain(_ text: String, _ demo: Demo) {
        print("\ndemo: \(text)\n")
        for daemon in demo.nodes.flatMap(\.daemons) {
            print("Last lines of the \(daemon.name):")
            for line in daemon.lastLines(8) { print("  \(line)") }
        }
        fflush(nil)
    }
}
