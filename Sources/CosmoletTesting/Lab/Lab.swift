internal import Foundation

/// The lab as `hack/lab` describes it in `lab.json`.
public struct LabDescription: Sendable, Decodable {
    /// A node: FRR beside which an agent runs.
    public struct Node: Sendable, Decodable {
        /// `node-a`, `node-b`.
        public let name: String
        /// Network namespace.
        public let namespace: String
        /// FRR release.
        public let frrVersion: String
        /// `protobuf` or `native`.
        public let dialectExpected: String
        /// Path of mgmtd's front-end socket on this machine's file system.
        public let managementSocket: String
        /// Path of the socket of the module in bgpd; nil for a node without it.
        public let northboundSocket: String?
        /// The next hop of IPv4 routes.
        public let ipv4: String
        /// The next hop of IPv6 routes.
        public let ipv6: String
    }

    /// An upstream router.
    public struct Router: Sendable, Decodable {
        /// `router-frr`, `router-bird`.
        public let name: String
        /// Network namespace.
        public let namespace: String
        /// `frr` or `bird`.
        public let kind: String
        /// Release.
        public let version: String
        /// Network namespace of the host behind it.
        public let hostNamespace: String
    }

    /// Name of the lab.
    public let name: String
    /// Its folder.
    public let dir: String
    /// Nodes in order.
    public let nodes: [Node]
    /// Routers in order.
    public let routers: [Router]
}

/// A running lab and what can be done to it, through `hack/lab`.
public struct Lab: Sendable {
    /// Environment variable with the path of a lab's `lab.json`, set by `hack/test`.
    public static let environmentVariable = "COSMOLET_LAB"
    /// The same for a lab made with `hack/lab up --module`.
    public static let moduleEnvironmentVariable = "COSMOLET_LAB_MODULE"

    /// What is there.
    public let description: LabDescription
    let script: String

    /// Opens the lab that `lab.json` describes.
    ///
    /// - Parameter repository: the folder that holds `hack/lab`.
    public init(describedBy path: String, repository: String) throws {
        description = try JSONDecoder().decode(
            LabDescription.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        script = repository + "/hack/lab"
    }

    /// Starts a lab that ends with this process.
    ///
    /// - Parameter hasModule: with two more nodes, whose bgpd has the module.
    public static func up(name: String, repository: String, hasModule: Bool = false) async throws -> Lab {
        let output = try await Command.run(
            repository + "/hack/lab",
            ["up", "--name", name, "--owner", "\(ProcessInfo.processInfo.processIdentifier)", "--replace"]
                + (hasModule ? ["--module"] : []))
        guard let path = output.split(whereSeparator: \.isNewline).last else {
            throw DeadlineExceeded(description: "hack/lab up printed no path of lab.json")
        }
        return try Lab(describedBy: String(path), repository: repository)
    }

    /// Ends the lab.
    public func down() async throws {
        try await Command.run(script, ["down", "--name", description.name])
    }

    /// Runs vtysh commands on a member and returns what they print.
    @discardableResult
    public func vtysh(_ member: String, _ commands: [String]) async throws -> String {
        try await Command.run(
            script, ["vtysh", "--name", description.name, member] + commands.flatMap { ["-c", $0] })
    }

    /// Runs a member's vtysh with options of its own.
    @discardableResult
    public func vtysh(_ member: String, options: [String]) async throws -> String {
        try await Command.run(script, ["vtysh", "--name", description.name, member] + options)
    }

    /// Acts on one daemon of a member: `start`, `kill`, `term`, `pause`, `resume` …
    ///
    /// - Parameter loadsConfiguration: after a start, load the saved configuration as watchfrr does.
    public func daemon(
        _ member: String, _ daemon: String, _ action: String, loadsConfiguration: Bool = false
    ) async throws {
        let load = loadsConfiguration ? ["--load"] : []
        try await Command.run(script, ["daemon", "--name", description.name] + load + [member, daemon, action])
    }

    /// Waits until all BGP sessions are established.
    public func waitForSessions() async throws {
        try await Command.run(script, ["wait", "--name", description.name])
    }

    /// The kernel's routes of a router: next hops by prefix, in canonical text.
    public static func kernelRoutes(inNamespace namespace: String) async throws -> [String: Set<String>] {
        var table: [String: Set<String>] = [:]
        for family in ["-4", "-6"] {
            let output = try await Command.run("ip", ["-j", "-n", namespace, family, "route", "show"])
            for route in try JSONDecoder().decode([KernelRoute].self, from: Data(output.utf8)) {
                let nextHops = route.nexthops?.compactMap(\.gateway) ?? [route.gateway].compactMap(\.self)
                guard !nextHops.isEmpty else { continue }
                let prefix = route.dst.contains("/") ? route.dst : route.dst + (family == "-4" ? "/32" : "/128")
                table[prefix, default: []].formUnion(nextHops)
            }
        }
        return table
    }
}

/// One route as `ip -j route show` prints it.
private struct KernelRoute: Decodable {
    struct NextHop: Decodable {
        var gateway: String?
    }

    var dst: String
    var gateway: String?
    var nexthops: [NextHop]?
}
