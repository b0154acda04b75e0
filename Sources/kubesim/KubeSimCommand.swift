import ArgumentParser

/// The command line: an in-memory Kubernetes API for demos, tests and experiments.
@main
struct KubeSimCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubesim",
        abstract: "An in-memory Kubernetes API server that kubectl can talk to.",
        discussion: """
            It knows namespaces, services, nodes, events and endpoint slices, keeps them in memory only, and \
            misbehaves on demand. Nothing runs the workloads.
            """,
        subcommands: [ServeCommand.self, LoadCommand.self])
}
