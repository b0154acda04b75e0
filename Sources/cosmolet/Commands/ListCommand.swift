internal import ArgumentParser
internal import Foundation
internal import NetworkTypes
internal import Northbound

/// `cosmolet list`: what this node announces.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what this node announces with our mark.",
        discussion: """
            Reads FRR itself: running configuration and, where FRR can tell, the routing table that BGP takes it from.
            The column "installed" says whether the route got there; "-" means this FRR cannot tell.
            Without --northbound or a provider in the file it looks at mgmtd; what the module inside bgpd announces, mgmtd does
            not show. Where the module's socket is there, a note on standard error says so.
            Opening the session also puts back into FRR's configuration what a restart of mgmtd lost of our routes.

            EXAMPLES
              cosmolet list
              cosmolet list --output json | jq -r '.[].prefix'
            """)

    @Option(help: "table or json.")
    var output = OutputFormat.table

    @OptionGroup var options: SessionOptions

    /// One line of the list.
    private struct Row: Encodable {
        var prefix: IPPrefix
        var attributeClass: AttributeClass
        var installed: Bool?

        enum CodingKeys: String, CodingKey {
            case prefix, installed
            case attributeClass = "class"
        }
    }

    func run() async throws {
        let rows = try await options.withSession { session, _ in
            let networks = try await session.networks()
            let installed = try? await session.installedNetworks()
            return networks.sorted().map {
                Row(prefix: $0.prefix, attributeClass: $0.attributeClass, installed: installed?.contains($0))
            }
        }
        switch output {
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(rows), as: UTF8.self))
        case .table:
            let width = max(rows.map { $0.prefix.description.count }.max() ?? 0, "PREFIX".count)
            let line = { (prefix: String, name: String, installed: String) in
                print(
                    prefix.padding(toLength: width + 2, withPad: " ", startingAt: 0)
                        + name.padding(toLength: 12, withPad: " ", startingAt: 0) + installed)
            }
            line("PREFIX", "CLASS", "INSTALLED")
            for row in rows {
                line("\(row.prefix)", "\(row.attributeClass)", row.installed.map { $0 ? "yes" : "no" } ?? "-")
            }
        }
    }
}
