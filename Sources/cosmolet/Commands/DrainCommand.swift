internal import ArgumentParser
internal import CosmoletAgent
internal import Foundation
internal import Logging
internal import Observability

/// What drain, undrain and release-fuse say of their ends.
private let exitCodes = """
    EXIT CODES
      0   done: the API server has the annotation
      1   refused: no such object, or a right is missing
      64  wrong usage
      69  the API server cannot be reached
      78  the kubeconfig is not valid
    """

/// `cosmolet drain`: moves traffic away from a node or a Service, in order.
struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Drain a node, or a Service on all nodes: class drain for a while, then withdrawn.",
        discussion: """
            Sets the annotation cosmolet.io/drain to "true". The node's agent, or for a Service those of all nodes, then
            announce with class drain for drain.holdSeconds and withdraw. BGP sessions stay open. It does not wait for
            that: ask cosmolet explain on the node. The asker needs the right to patch nodes, or services; the agent's own
            account does not have it.

            What the fuse of a node holds does not drain: no Service wants it, so no rule speaks of it, and it stays
            announced until cosmolet release-fuse --node NODE, or until the fuse's time is over.

            No node knows of the others: do not drain the last one that announces a VIP.

            \(exitCodes)

            EXAMPLES
              cosmolet drain --node worker-1 --reason "kernel update"
              cosmolet drain --service shop/web --kubeconfig ~/.kube/config
              cosmolet undrain --node worker-1
            """)

    @OptionGroup var target: TargetOptions

    @Option(help: ArgumentHelp("Why, for people: kept as cosmolet.io/drain-reason.", valueName: "text"))
    var reason: String?

    func run() async throws {
        let target = try target.target()
        try await self.target.options.apply(.drain(target, reason: reason))
        print("\(target) drains")
        if case .node(let name) = target {
            Failure.note(
                "what its fuse holds does not drain; to see it: cosmolet explain, there; to let it go: "
                    + "cosmolet release-fuse --node \(name)")
        }
    }
}

/// `cosmolet undrain`: the reverse.
struct UndrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undrain",
        abstract: "End the drain of a node or a Service.",
        discussion: """
            Takes the annotations cosmolet.io/drain and cosmolet.io/drain-reason away. What drains for another cause, such
            as a cordon with drain.onCordon, goes on draining. Ending what does not drain is no error.

            \(exitCodes)

            EXAMPLES
              cosmolet undrain --node worker-1
              cosmolet undrain --service shop/web
            """)

    @OptionGroup var target: TargetOptions

    func run() async throws {
        let target = try target.target()
        try await self.target.options.apply(.undrain(target))
        print("\(target) is not drained by annotation any more")
    }
}

/// `cosmolet release-fuse`: lets held withdrawals through.
struct ReleaseFuseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release-fuse",
        abstract: "Let the withdrawals through that a node's fuse holds now.",
        discussion: """
            Gives the annotation cosmolet.io/release-fuse a new value: the time. It counts for what the fuse holds when the
            node's agent sees it; the next incident is held again. Look first whether the withdrawals are meant:
            cosmolet explain on the node. The asker needs the right to patch nodes.

            It ends when the API server has the annotation and does not see what the agent makes of it. An agent whose
            watch of the Node just began anew takes the value for an old one and releases nothing: look again, and repeat
            it if the fuse still holds.

            \(exitCodes)

            EXAMPLES
              cosmolet release-fuse --node worker-1
            """)

    @Option(help: ArgumentHelp("Name of the Node object; default: as of the agent here.", valueName: "name"))
    var node: String?

    @OptionGroup var options: KubernetesOptions

    func run() async throws {
        let node = node ?? KubernetesOptions.ownNode
        try await options.apply(.releaseFuse(node: node, at: Date()))
        print("Node \(node): its agent was asked to release the fuse; to see whether it did: cosmolet explain, there")
    }
}

/// What is annotated.
struct TargetOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Name of the Node object; default: as of the agent here.", valueName: "name"))
    var node: String?

    @Option(help: ArgumentHelp("A Service instead, on all nodes.", valueName: "namespace/name"))
    var service: String?

    @OptionGroup var options: KubernetesOptions

    func validate() throws {
        guard node == nil || service == nil else {
            throw ValidationError("--node and --service exclude each other: a Service drains on all nodes")
        }
        if let service, AnnotationChange.Target(service: service) == nil {
            throw ValidationError("--service is \"\(service)\", not namespace/name")
        }
    }

    func target() throws -> AnnotationChange.Target {
        service.flatMap { AnnotationChange.Target(service: $0) } ?? .node(node ?? KubernetesOptions.ownNode)
    }
}

/// How to reach the API server.
struct KubernetesOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Kubeconfig; default: $KUBECONFIG, else in-cluster.", valueName: "file"))
    var kubeconfig: String?

    /// The node that an agent here would take for its own.
    static var ownNode: String {
        ProcessInfo.processInfo.environment["COSMOLET_NODE"] ?? ProcessInfo.processInfo.hostName
    }

    func apply(_ change: AnnotationChange) async throws {
        let logger = Logger(label: "cosmolet") { LogFormat.text.makeHandler(label: $0, level: .warning) }
        do throws(OperatorError) {
            try await change.apply(kubeconfig: kubeconfig, logger: logger)
        } catch {
            throw Failure.exit(error)
        }
    }
}
