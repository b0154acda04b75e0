internal import ArgumentParser
internal import CosmoletAgent

@main
struct Cosmolet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cosmolet",
        abstract:
            "Announces Kubernetes Service VIPs over BGP from every eligible node, through FRR's management socket.",
        discussion: """
            EXIT CODES
              0   done
              1   FRR refused, or the command failed
              64  wrong usage
              69  FRR cannot be reached
              75  not now: somebody else holds FRR's configuration lock, or the outcome is not known; try again
              78  the configuration is not valid
              explain and plan answer with 0, 1 and 2: see their help.
            """,
        version: CosmoletVersion.current,
        subcommands: [
            AgentCommand.self, NorthboundCommand.self, CommitsCommand.self, AnnounceCommand.self, WithdrawCommand.self,
            ListCommand.self, ExplainCommand.self, PlanCommand.self, DrainCommand.self, UndrainCommand.self,
            ReleaseFuseCommand.self, ConfigCommand.self, FRRConfigCommand.self,
        ])
}
