internal import CosmoletTesting
internal import Foundation
internal import NetworkTypes

/// FRR's own shell on a node of the lab, started in the namespaces and the root folder of its bgpd as a user would.
struct Vtysh: Sendable {
    private let node: LabDescription.Node
    private let bgpd: String
    /// A file of the host, and what it is called in the node's root.
    private let file: String
    private static let fileInside = "/tmp/bench.conf"

    init(_ node: LabDescription.Node, lab: LabDescription) throws {
        self.node = node
        file = "\(lab.dir)/\(node.name)\(Self.fileInside)"
        let record = try String(contentsOfFile: "\(lab.dir)/\(node.name)/pids/bgpd", encoding: .utf8)
        bgpd = record.split(separator: " ").first.map(String.init) ?? ""
    }

    /// The lines of configuration that announce VIPs as the module does.
    func lines(announcing prefixes: [IPPrefix]) -> [String] {
        lines(prefixes) { "network \($0) route-map COSMOLET-default" }
    }

    /// The lines that take them away again.
    func lines(withdrawing prefixes: [IPPrefix]) -> [String] { lines(prefixes) { "no network \($0)" } }

    private func lines(_ prefixes: [IPPrefix], _ line: (IPPrefix) -> String) -> [String] {
        AddressFamily.allCases.flatMap { family in
            let lines = prefixes.filter { $0.family == family }.map(line)
            let begin = ["router bgp", "address-family \(family.rawValue) unicast"]
            return lines.isEmpty ? [] : begin + lines + ["exit", "exit"]
        }
    }

    /// One `vtysh -c … -c …`: how long it takes from its start to its end.
    func run(commands: [String]) async throws -> Duration {
        try await run(["-c", "configure terminal"] + commands.flatMap { ["-c", $0] })
    }

    /// One `vtysh -f`.
    func run(file lines: [String]) async throws -> Duration {
        try lines.joined(separator: "\n").appending("\n").write(toFile: file, atomically: true, encoding: .utf8)
        return try await run(["-f", Self.fileInside])
    }

    private func run(_ arguments: [String]) async throws -> Duration {
        try await Bench.time {
            try await Command.run("nsenter", ["-t", bgpd, "-m", "-n", "-r", "vtysh", "-N", node.name] + arguments)
        }
    }
}
