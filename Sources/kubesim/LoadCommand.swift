import ArgumentParser
import FoundationEssentials
import Glibc
import KubeSim
import Kubernetes
import Logging
import UnixSignals

/// `kubesim load`: many Services and endpoints, and changes of them, for an API server that runs.
struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Fill an API server with Services and endpoints, then change endpoints.",
        discussion: """
            Works on any API server, one in memory or a real one. Everything is made in a namespace of its own, which \
            must not exist, and stays there at the end; only the Node object of --node is outside, if it is not there.

            The same numbers and seed give the same objects and the same changes.

            EXAMPLES
              10,000 Services of which node-a announces 1,000, then 50 endpoint changes a second:
                kubesim load --services 10000 --vips-here 1000 --node node-a --churn 50 --kubeconfig sim.kubeconfig

              Take it away again:
                kubectl delete namespace load

            EXIT CODES
              0 loaded, and ended by a signal or after --duration; 1 the API server refused something; 64 wrong usage.
            """)

    @Option(help: "Number of Services, each with one VIP.")
    var services = 1000

    @Option(help: "Number of EndpointSlices; default: one for each Service.")
    var slices: Int?

    @Option(help: "Number of endpoints; default: five for each Service.")
    var endpoints: Int?

    @Option(help: "Number of nodes that the endpoints are spread over.")
    var nodes = 100

    @Option(help: "How many of the Services have an endpoint on --node.")
    var vipsHere = 0

    @Option(help: ArgumentHelp("The node that --vips-here is about.", valueName: "name"))
    var node: String?

    @Option(help: ArgumentHelp("Endpoint changes a second; 0: none.", valueName: "rate"))
    var churn = 0.0

    @Option(help: ArgumentHelp("How long to change; default: until SIGINT or SIGTERM.", valueName: "seconds"))
    var duration: Double?

    @Option(help: "What chooses nodes and changes.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Namespace of everything.", valueName: "name"))
    var namespace = "load"

    @Option(help: ArgumentHelp("The API server's kubeconfig; default: $KUBECONFIG.", valueName: "file"))
    var kubeconfig: String?

    @Option(help: ArgumentHelp("The API server's URL, instead of a kubeconfig.", valueName: "url"))
    var server: String?

    private var plan: LoadPlan {
        LoadPlan(
            services: services, slices: slices, endpoints: endpoints, nodes: nodes, vipsHere: vipsHere, node: node,
            namespace: namespace, seed: seed)
    }

    func validate() throws {
        if let problem = plan.problem { throw ValidationError("--\(problem)") }
        guard churn.isFinite, (0...10_000).contains(churn) else {
            throw ValidationError("--churn must be between 0 and 10000")
        }
        if let duration {
            guard duration.isFinite, (0.1...604_800).contains(duration) else {
                throw ValidationError("--duration must be between 0.1 and 604800")
            }
            guard churn > 0 else { throw ValidationError("--duration needs --churn") }
        }
        guard churn == 0 || plan.endpoints > 0 else { throw ValidationError("--churn needs --endpoints") }
        guard server == nil || kubeconfig == nil else {
            throw ValidationError("--server and --kubeconfig exclude each other")
        }
    }

    func run() async throws {
        do {
            var configuration =
                try server.map { ClientConfiguration(server: $0) }
                ?? .discover(kubeconfig: kubeconfig, environment: ProcessInfo.processInfo.environment)
            configuration.userAgent = "kubesim-load"
            let client = try KubernetesClient(
                configuration: configuration, logger: Logger(label: "load") { _ in SwiftLogNoOpLogHandler() })
            let result = await run(Loader(plan: plan, client: client, report: Self.report))
            await client.shutdown()
            try result.get()
        } catch let error where error is LoadError || error is KubernetesError {
            FileAccess.writeToStandardError("kubesim: \(error)\n")
            throw ExitCode(1)
        }
    }

    /// Loads and changes until it is over or a signal comes.
    private func run(_ loader: Loader) async -> Result<Void, any Error> {
        await withTaskGroup(of: Result<Void, any Error>?.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return nil }
                return nil
            }
            group.addTask {
                do {
                    try await loader.create()
                    if churn > 0 { await loader.churn(rate: churn, duration: duration.map { .seconds($0) }) }
                    return .success(())
                } catch { return .failure(error) }
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            // Told to stop: how far the load had come is no failure.
            for await _ in group {}
            return first ?? .success(())
        }
    }

    @Sendable private static func report(_ line: String) {
        print(line)
        fflush(nil)
    }
}
