internal import ArgumentParser
internal import CosmoletAgent
internal import Foundation

/// What `cosmolet agent` takes, and `cosmolet config print` with it.
struct AgentFlags: ParsableArguments {
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

    /// The file, if there is one, and how it is read together with environment and flags.
    var source: ConfigurationSource? {
        process.file.map { path in
            ConfigurationSource(path: path) { [self] text throws(ConfigurationError) in try resolve(text) }
        }
    }

    /// File, then environment, then flags.
    ///
    /// - Parameter text: of the file; nil without one.
    func resolve(_ text: String?) throws(ConfigurationError) -> AgentConfiguration {
        var result = try text.map { text throws(ConfigurationError) in try AgentConfiguration(yaml: text) } ?? .init()
        applyEnvironment(to: &result)
        try applyFlags(to: &result)
        return result
    }

    /// What the environment says.
    func applyEnvironment(to result: inout AgentConfiguration) {
        if let node = ProcessInfo.processInfo.environment["COSMOLET_NODE"] { result.node = node }
    }

    /// What the flags say.
    func applyFlags(to result: inout AgentConfiguration) throws(ConfigurationError) {
        try process.applyFlags(to: &result)
        if let node { result.node = node }
        if let kubeconfig { result.kubeconfig = kubeconfig }
        if let northbound { try result.northbound.set(.connect, flag: "--northbound", to: northbound) }
        if let curveServer { try result.northbound.set(.curveServer, flag: "--curve-server", to: curveServer) }
        if case .service? = result.northbound.connect, let endpoint = result.northbound.connect {
            try flags.refuseAll(because: endpoint)
        }
        try flags.apply(to: &result.northbound)
        if let http { try result.setHTTP(http) }
    }
}
