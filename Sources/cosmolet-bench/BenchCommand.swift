internal import ArgumentParser
internal import CosmoletTesting
internal import Foundation

/// The program behind `hack/bench`, which builds everything and knows the paths.
@main
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cosmolet-bench",
        abstract: "Measures Cosmolet on real FRR, against its targets.",
        discussion: """
            SUITES
            \(suites.map { "  \($0.name.padding(toLength: 12, withPad: " ", startingAt: 0))\($0.purpose)" }
                .joined(separator: "\n"))

            Started by hack/bench. See docs/benchmarks.md.
            """)

    /// In the order in which they run.
    static let suites: [any BenchSuite] = [CommitSuite(), QueueSuite(), JournalSuite(), ProvidersSuite(), ScaleSuite()]

    @Argument(help: ArgumentHelp("Suites to run; default: all.", valueName: "suite"))
    var names: [String] = []

    @Option(help: ArgumentHelp("Folder with hack/.", valueName: "folder"))
    var repository: String

    @Option(help: ArgumentHelp("Folder with cosmolet and kubesim.", valueName: "folder"))
    var binaries: String

    @Option(
        help: ArgumentHelp("Folder for sockets and journals; on a disk, or fsync costs nothing.", valueName: "folder"))
    var folder: String

    @Option(help: ArgumentHelp("Write all samples.", valueName: "file"))
    var json: String?

    @Option(help: "Samples of each measurement.")
    var samples = 100

    @Option(
        help: ArgumentHelp("Numbers of VIPs that the suite providers measures at, rising.", valueName: "n,n"),
        transform: Self.sizes)
    var sizes = [100, 1000, 5000, 10_000]

    @Option(help: "Number of Services in the cluster of the suite scale; a tenth of them has a VIP here.")
    var services = 10_000

    @Flag(help: "A missed target is a failure: exit 1.")
    var strict = false

    func validate() throws {
        guard (2...100_000).contains(samples) else { throw ValidationError("--samples must be between 2 and 100000") }
        guard (10...40_000).contains(services) else {
            throw ValidationError("--services must be between 10 and 40000")
        }
        for name in names where !Self.suites.contains(where: { $0.name == name }) {
            let known = Self.suites.map(\.name).joined(separator: ", ")
            throw ValidationError("there is no suite \"\(name)\"; there are: \(known)")
        }
        if let json {
            // Better now than after minutes of work.
            let parent = URL(fileURLWithPath: json).deletingLastPathComponent().path
            guard FileManager.default.isWritableFile(atPath: parent) else {
                throw ValidationError("--json: the folder \(parent) is not there or cannot be written to")
            }
        }
    }

    private static func sizes(_ text: String) throws -> [Int] {
        let sizes = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard sizes.allSatisfy((1...10_000).contains), sizes == sizes.sorted() else {
            throw ValidationError("--sizes: numbers from 1 to 10000 are expected, rising")
        }
        return sizes
    }

    func run() async throws {
        let wanted = Self.suites.filter { names.isEmpty || names.contains($0.name) }
        let lab = try await Lab.up(
            name: "bench-\(ProcessInfo.processInfo.processIdentifier)", repository: repository,
            hasModule: wanted.contains(where: \.needsModule))
        let bench = Bench(
            lab: lab.description, program: binaries + "/cosmolet", kubesim: binaries + "/kubesim", folder: folder,
            samples: samples, sizes: sizes, services: services)
        var report = Report(nodes: lab.description.nodes.map { "\($0.name): FRR \($0.frrVersion)" }, samples: samples)
        let result: Result<Void, any Error>
        do {
            for suite in wanted {
                print("\n\(suite.name): \(suite.purpose)")
                let measurements = try await suite.run(bench)
                report.measurements += measurements
                print(Report.table(measurements))
            }
            result = .success(())
        } catch { result = .failure(error) }
        try await lab.down()
        try result.get()
        if let json { try report.write(to: json) }
        print(report.verdict)
        if strict, !report.missed.isEmpty { throw ExitCode(1) }
    }
}
