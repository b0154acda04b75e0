internal import ArgumentParser
internal import CosmoletAgent
internal import Foundation
internal import Logging
internal import Northbound
internal import Observability

/// `cosmolet plan`: what an agent would announce from a node.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what a node would announce, as a diff to what it announces now; changes nothing.",
        discussion: """
            Lists Services, EndpointSlices and the node once, decides as an agent that starts there would, and compares
            with what FRR announces with our mark. FRR is only read: nothing is committed, put back or leased.

            What it is compared with:
              --northbound ENDPOINT   this FRR or northbound, which must be the node's
              for this node itself    the configuration's, if its socket is there
              else                    nothing: every line is a +

              + announced   - withdrawn   ~ another class
              with --all also:   (blank) the same   ! announced by hand, left alone   . not announced, and why

            An agent that would withdraw more than its fuse allows holds that back for a while; the plan shows what it
            would do in the end, and says so.

            EXIT CODES
              0   no difference
              1   a difference, as of diff
              2   the API server or FRR refused, or the node does not exist
              64  wrong usage
              69  the API server or FRR cannot be reached
              78  the configuration or kubeconfig is not valid

            EXAMPLES
              cosmolet plan --kubeconfig ~/.kube/config --node worker-1
              cosmolet plan --config new.yaml --all
              cosmolet plan --node worker-1 --northbound mgmtd:/run/frr/mgmtd_fe.sock --output json
              cosmolet plan --northbound zmq+ipc:///run/cosmolet/northbound.sock
            """)

    @Option(help: ArgumentHelp("Kubeconfig; default: $KUBECONFIG, else in-cluster.", valueName: "file"))
    var kubeconfig: String?

    @Option(help: ArgumentHelp("Name of the Node object; default: the own one, as of the agent.", valueName: "name"))
    var node: String?

    @Option(help: ArgumentHelp("The agent's configuration file; default: $COSMOLET_CONFIG.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "What to compare with: mgmtd:PATH, bgpd:PATH, auto, or a cosmolet northbound at zmq+ipc://PATH.",
            valueName: "endpoint"))
    var northbound: String?

    @Flag(help: "Also what stays the same, and why VIPs are not announced.")
    var all = false

    @Option(help: "text or json.")
    var output = ReportFormat.text

    func run() async throws {
        let agent: AgentConfiguration
        do { agent = try resolve() } catch { throw Failure.exit(error, file: file) }
        let own = agent.node ?? ProcessInfo.processInfo.environment["COSMOLET_NODE"] ?? ProcessInfo.processInfo.hostName
        let logger = Logger(label: "cosmolet") { LogFormat.text.makeHandler(label: $0, level: .warning) }
        let reader = RunningReader(agent, logger: logger)
        var running: (networks: Set<Network>, source: String)?
        if northbound != nil || ((node ?? own) == own && reader.hasSocket) {
            do throws(ManagementError) {
                running = (try await reader.read(), reader.source)
            } catch {
                let exit = Failure.exit(error)
                // 1 would say that there is a difference.
                throw exit == .failure ? .noAnswer : exit
            }
        }
        let plan: ShadowPlan
        do throws(OperatorError) {
            plan = try await ShadowPlan(
                configuration: agent, kubeconfig: agent.kubeconfig, node: node ?? own, running: running, logger: logger)
        } catch {
            throw Failure.exit(error, refused: .noAnswer)
        }
        print(output == .json ? try Report.json(plan) : plan.text(isComplete: all), terminator: "")
        if plan.hasDifference { throw ExitCode.failure }
    }

    private var file: String? { ConfigurationFile.path(config) }

    private func resolve() throws(ConfigurationError) -> AgentConfiguration {
        var result = AgentConfiguration()
        if let file { result = try AgentConfiguration(file: file) }
        if let kubeconfig { result.kubeconfig = kubeconfig }
        if let northbound { try result.northbound.set(.connect, flag: "--northbound", to: northbound) }
        return result
    }
}
