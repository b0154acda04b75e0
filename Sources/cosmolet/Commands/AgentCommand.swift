internal import ArgumentParser
internal import CosmoletAgent
internal import Foundation
internal import Observability

/// `cosmolet agent`: watches Kubernetes and keeps this node's announcements right.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Watch Kubernetes and keep this node's announcements right.",
        discussion: """
            Runs until SIGTERM or SIGINT. Announcements stay in place when it ends, and are adopted when it starts.
            A flag wins over the environment, the environment over the file.

            FRR is reached in one of these ways:
              --northbound mgmtd:PATH       this process commits to FRR itself, with a journal of its own (the default)
              --northbound bgpd:PATH        the same, through the module inside bgpd
              --northbound auto             the same, through the module if its socket answers, else through mgmtd
              --northbound zmq+ipc://PATH   it is the client of a cosmolet northbound, which has journal and policy

            ENVIRONMENT
              COSMOLET_NODE    name of the own Node object (--node)
              KUBECONFIG       kubeconfig; without it, the pod's service account (--kubeconfig)

            SIGNALS
              SIGTERM, SIGINT  finish the transaction in flight, then end
              SIGHUP           open the file of --commit-log anew

            EXIT CODES
              0   ended by a signal
              1   cannot start: an address or socket is in use, or the journal is
              64  wrong usage
              78  the configuration is not valid

            EXAMPLES
              cosmolet agent --node worker-1 --kubeconfig /etc/kubernetes/kubelet.conf
              cosmolet agent --config /etc/cosmolet/config.yaml
              cosmolet agent --northbound mgmtd:/run/frr/mgmtd_fe.sock --http [::]:9723 --log-format json
              cosmolet agent --journal off --commit-log -
              cosmolet agent --listen zmq+ipc:///run/cosmolet/northbound.sock   # then: cosmolet commits list
              cosmolet agent --northbound zmq+ipc:///run/cosmolet/northbound.sock
              cosmolet agent --northbound zmq+tcp://192.0.2.1:7790 --curve-key agent.key --curve-server server.pub
            """)

    @OptionGroup var process: ProcessOptions

    @Option(help: ArgumentHelp("Name of the own Node object.", valueName: "name"))
    var node: String?

    @Option(help: ArgumentHelp("Kubeconfig; default: $KUBECONFIG, else in-cluster.", valueName: "file"))
    var kubeconfig: String?

    @Option(
        help: ArgumentHelp(
            "Where FRR is: mgmtd:PATH, bgpd:PATH, auto, or a cosmolet northbound at zmq+ipc://PATH.",
            valueName: "endpoint"))
    var northbound: String?

    @Option(help: ArgumentHelp("Address of /metrics, /livez and /readyz, or off.", valueName: "host:port"))
    var http: String?

    @Option(help: ArgumentHelp("The northbound's public key, for zmq+tcp://.", valueName: "file"))
    var curveServer: String?

    @OptionGroup(title: "NORTHBOUND IN THIS PROCESS") var flags: NorthboundFlags

    func run() async throws {
        let configuration: AgentConfiguration
        do { configuration = try resolve() } catch {
            throw Failure.exit(error, file: process.config)
        }
        do { try await Agent(configuration).run() } catch {
            throw Failure.exit(start: error)
        }
    }

    /// File, then environment, then flags.
    private func resolve() throws(ConfigurationError) -> AgentConfiguration {
        var result = try process.configuration(defaults: NorthboundSettings())
        if let node = node ?? ProcessInfo.processInfo.environment["COSMOLET_NODE"] { result.node = node }
        if let kubeconfig { result.kubeconfig = kubeconfig }
        if let northbound { try result.northbound.set(.connect, flag: "--northbound", to: northbound) }
        if let curveServer { try result.northbound.set(.curveServer, flag: "--curve-server", to: curveServer) }
        if case .service? = result.northbound.connect, let endpoint = result.northbound.connect {
            try flags.refuseAll(because: endpoint)
        }
        try flags.apply(to: &result.northbound)
        if let http { try result.setHTTP(http) }
        return result
    }
}
