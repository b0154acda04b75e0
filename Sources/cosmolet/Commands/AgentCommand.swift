internal import ArgumentParser
internal import CosmoletAgent

/// `cosmolet agent`: watches Kubernetes and keeps this node's announcements right.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Watch Kubernetes and keep this node's announcements right.",
        discussion: """
            Runs until SIGTERM or SIGINT. Announcements stay in place when it ends, and are adopted when it starts.
            A flag wins over the environment, the environment over the file. The file is read again when it has changed:
            its rules count at once, one that is not valid is refused and the old one stays in force.

            FRR is reached in one of these ways:
              --northbound mgmtd:PATH       this process commits to FRR itself, with a journal of its own (the default)
              --northbound bgpd:PATH        the same, through the module inside bgpd
              --northbound auto             the same, through the module if its socket answers, else through mgmtd
              --northbound zmq+ipc://PATH   it is the client of a cosmolet northbound, which has journal and policy

            ENVIRONMENT
              COSMOLET_CONFIG  configuration file (--config)
              COSMOLET_NODE    name of the own Node object (--node)
              KUBECONFIG       kubeconfig; without it, the pod's service account (--kubeconfig)

            SIGNALS
              SIGTERM, SIGINT  finish the transaction in flight, then end
              SIGHUP           read the file again, open the file of --commit-log anew

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

    @OptionGroup var flags: AgentFlags

    func run() async throws {
        let configuration: AgentConfiguration
        let source = flags.source
        do throws(ConfigurationError) {
            configuration = if let source { try source.load() } else { try flags.resolve(nil) }
        } catch {
            throw Failure.exit(error, file: flags.process.file)
        }
        do { try await Agent(configuration, source: source).run() } catch {
            throw Failure.exit(start: error)
        }
    }
}
