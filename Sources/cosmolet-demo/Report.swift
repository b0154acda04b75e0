internal import Foundation

/// What `--json` writes. docs/demo.md describes it; names are its names there.
struct Report: Encodable, Sendable {
    var mode = Mode.split
    var cosmolet = ""
    var date = ""
    var durationSeconds = 0.0
    var passed = false
    var failure: String?
    var host = Host()
    var kubernetes = Kubernetes()
    var nodes: [Node] = []
    var routers: [Router] = []
    var steps: [Step] = []
    var speed: Speed?
    var checks: [Check] = []

    /// The machine.
    struct Host: Encodable, Sendable {
        var cores = ProcessInfo.processInfo.activeProcessorCount
        var system = ProcessInfo.processInfo.operatingSystemVersionString
        #if DEBUG
        var build = "debug"
        #else
        var build = "release"
        #endif
    }

    /// The API server.
    struct Kubernetes: Encodable, Sendable {
        var server = "kubesim"
        var appliedWith = ""
    }

    /// A node of the lab, and what was found out about its FRR.
    struct Node: Encodable, Sendable {
        var name: String
        var frr: String
        var provider: String
        var dialect: String
        var schema: String
        var releases: String
        var ipv4: String
        var ipv6: String
    }

    /// A router of the lab.
    struct Router: Encodable, Sendable {
        var name: String
        var kind: String
        var version: String
    }

    /// A next hop and whose it is.
    struct NextHop: Encodable, Sendable, Hashable {
        var address: String
        var node: String
        var frr: String
        var provider: Provider?
    }

    /// A change and what the routers made of it.
    struct Step: Encodable, Sendable {
        var name: String
        var description: String
        /// Next hops by router and prefix, at the end of the step.
        var routers: [String: [String: [NextHop]]]
        /// From the API change to the router's kernel.
        var arrivals: [Arrival]
    }

    /// How long one change took to one router.
    struct Arrival: Encodable, Sendable {
        var change: String
        var router: String
        var prefix: String
        var milliseconds: Double
    }

    /// A comparison of what was expected and what was seen.
    struct Check: Encodable, Sendable {
        var name: String
        var expected: String
        var seen: String
        var passed: Bool
    }

    /// The speed section.
    struct Speed: Encodable, Sendable {
        var nodes: [NodeSpeed] = []
        var targets: [Target] = []
    }

    /// The measurements of one node; `announce` and `withdraw` each.
    struct NodeSpeed: Encodable, Sendable {
        var node: String
        var frr: String
        var provider: Provider
        var configuredVIPs: Int
        /// By change, then router: API change to the router's kernel.
        var changeToRouter: [String: [String: Series]] = [:]
        /// By change: API change to the commit's reply, as the agent gets it.
        var changeToReply: [String: Series] = [:]
        /// The same commit by a client that does nothing else.
        var bareCommit = Series([])
        /// Of `changeToReply.announce`, p50, over `bareCommit`, p50.
        var addedByCosmoletMilliseconds = 0.0
        /// What the agent waited for its commit, less what the commit took between northbound and FRR: policy and the
        /// journal's two durable writes, in split mode also ZeroMQ and codec, both ways.
        var addedByNorthbound = Series([])
    }

    /// A target and whether it was met.
    struct Target: Encodable, Sendable {
        var name: String
        var node: String
        var limitMilliseconds: Double
        var seenMilliseconds: Double
        var met: Bool
    }

    /// Measurements of one thing, in the order in which they were made, in milliseconds.
    struct Series: Encodable, Sendable {
        var milliseconds: [Double]
        var p50: Double
        var p95: Double
        var p99: Double

        init(_ durations: [Duration]) {
            milliseconds = durations.map(\.milliseconds)
            let sorted = milliseconds.sorted()
            // Nearest rank.
            func percentile(_ share: Double) -> Double {
                sorted.isEmpty ? 0 : sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
            }
            p50 = percentile(0.5)
            p95 = percentile(0.95)
            p99 = percentile(0.99)
        }
    }

    /// Writes the report, whole or not at all.
    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

extension Duration {
    /// Milliseconds, rounded to microseconds.
    var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000) / 1000
    }
}
