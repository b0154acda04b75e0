internal import ArgumentParser
internal import CosmoletAgent
internal import Foundation

/// `cosmolet explain`: why a VIP is announced from this node, or is not.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say why VIPs are announced from this node, or are not.",
        discussion: """
            Asks the agent that runs on this node. The first line is the answer; then come the facts that it rests on, for
            each VIP: the outcome of the rules, what FRR runs, the endpoints that count and those that do not, the last
            transaction; then how fresh the facts are. "next" says what to do if that is not what was meant.

            Without an argument: all Services with a VIP of a kind that is on, and what is announced for no Service.
            A name without a namespace stands for all Services of that name.

            EXIT CODES
              0   FRR announces all the VIPs that were asked for
              1   at least one of them is not announced, or there is none
              2   no such Service or VIP is known here, it is not known whether FRR announces it, or the agent will
                  not answer
              64  wrong usage
              69  the agent cannot be reached
              78  the configuration is not valid

            EXAMPLES
              cosmolet explain shop/web
              cosmolet explain 198.51.100.10
              cosmolet explain 2001:db8::10 --http [::1]:9723
              cosmolet explain --output json --limit 1000 | jq -r '.services[].vips[] | select(.isAnnounced | not).reason'
              kubectl -n kube-system exec POD -c agent -- cosmolet explain shop/web
            """)

    @Argument(help: ArgumentHelp("A Service or an address; default: everything.", valueName: "[namespace/]name | vip"))
    var subject: String?

    @Option(help: "text or json.")
    var output = ReportFormat.text

    @Option(
        help: ArgumentHelp("Where the agent listens; default: the file's, else 127.0.0.1:9723.", valueName: "host:port")
    )
    var http: String?

    @Option(
        help: ArgumentHelp(
            "The agent's configuration file, for its HTTP address; default: $COSMOLET_CONFIG.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("At most so many Services, 1 to 1000.", valueName: "number"))
    var limit = 100

    @Option(help: ArgumentHelp("Leave out so many Services.", valueName: "number"))
    var offset = 0

    func validate() throws {
        guard ExplainQuery.limits.contains(limit) else {
            throw ValidationError("--limit is \(limit), not from 1 to \(ExplainQuery.limits.upperBound)")
        }
        guard offset >= 0 else { throw ValidationError("--offset is \(offset), below 0") }
        if let subject, ExplainQuery(subject) == nil {
            throw ValidationError("\"\(subject)\" is neither an address nor the name of a Service, namespace/name")
        }
    }

    func run() async throws {
        var query = subject.flatMap { ExplainQuery($0) } ?? ExplainQuery(.all)
        query.limit = limit
        query.offset = offset
        let explanation: Explanation
        do throws(OperatorError) {
            explanation = try await ExplainClient(try address()).explain(query)
        } catch {
            throw Failure.exit(error, refused: .noAnswer)
        }
        print(output == .json ? try Report.json(explanation) : explanation.text, terminator: "")
        if !explanation.isKnown || explanation.hasUnknown { throw ExitCode.noAnswer }
        if !explanation.announcesAll { throw ExitCode.failure }
    }

    private func address() throws(OperatorError) -> HTTPAddress {
        var agent = AgentConfiguration()
        let file = ConfigurationFile.path(config)
        do {
            if let file { agent = try AgentConfiguration(file: file) }
            if let http { try agent.setHTTP(http) }
        } catch {
            throw OperatorError(configuration: (http == nil ? file.map { "\($0): " } ?? "" : "") + "\(error)")
        }
        guard let address = agent.http else {
            throw OperatorError(configuration: "the agent has no HTTP address (http.address: off)")
        }
        return address
    }
}

/// How a command prints a report.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// Printing reports for machines.
enum Report {
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}
