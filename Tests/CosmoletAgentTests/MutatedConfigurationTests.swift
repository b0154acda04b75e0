import CosmoletAgent
import CosmoletTesting
import Foundation
import Logging
import NetworkTypes
import Northbound
import Observability
import Synchronization
import Testing

/// The documented example, damaged in many ways: each file is refused with its place, and a running agent takes nothing
/// of it.
@Suite struct MutatedConfigurationTests {
    struct Mutation: CustomTestStringConvertible {
        var name: String
        var data: Data
        /// Where the error must be; nil where only the path tells.
        var line: Int?
        /// What the path must contain.
        var path = ""

        var testDescription: String { name }
    }

    @Test func everyMutationIsRefusedWithItsPlace() async throws {
        let mutations = try Self.all()
        #expect(mutations.count > 150)
        let folder = try TestFolder()
        for mutation in mutations {
            let file = folder.path + "/config.yaml"
            try mutation.data.write(to: URL(fileURLWithPath: file))
            let errors = AgentConfiguration.errors(inFile: file)
            let first = try #require(errors.first, "\(mutation.name) is taken")
            #expect(errors.contains { $0.line == mutation.line || mutation.line == nil }, "\(mutation.name): \(errors)")
            #expect(
                mutation.path.isEmpty || errors.contains { $0.path.contains(mutation.path) },
                "\(mutation.name): \(errors)")
            #expect(!first.message.isEmpty && first.description.utf8.count < 600, "\(mutation.name): \(first)")
            await Task.yield()
        }
    }

    @Test func aRunningAgentTakesNothingOfThem() async throws {
        let folder = try TestFolder()
        let file = folder.path + "/config.yaml"
        let example = try ConfigurationExample.text()
        try example.write(toFile: file, atomically: true, encoding: .utf8)
        let source = ConfigurationSource(path: file) { text throws(ConfigurationError) in
            try AgentConfiguration(yaml: text)
        }
        let registry = MetricRegistry()
        let counter = Counter()
        let reloader = ConfigurationReloader(
            source, started: try source.load(), registry: registry,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { _ in
            counter.count()
            return true
        }
        let mutations = try Self.all()
        for mutation in mutations {
            try mutation.data.write(to: URL(fileURLWithPath: file))
            #expect(await reloader.reload() == .refused, "\(mutation.name)")
        }
        #expect(counter.value == 0)
        let metrics = registry.exposition()
        #expect(metrics.contains("cosmolet_config_reloads_total{outcome=\"refused\"} \(mutations.count)\n"))
        #expect(metrics.contains("cosmolet_config_last_reload_successful 0\n"))
        // The one that it had is still the one that it compares with.
        try example.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(await reloader.reload() == .unchanged)
        #expect(registry.exposition().contains("cosmolet_config_last_reload_successful 1\n"))
    }

    @Test func noCutCrashes() async throws {
        let bytes = Array(try ConfigurationExample.text().utf8)
        let folder = try TestFolder()
        let file = folder.path + "/config.yaml"
        var refused = 0
        for count in stride(from: 0, to: bytes.count, by: 7) {
            try Data(bytes[..<count]).write(to: URL(fileURLWithPath: file))
            let errors = AgentConfiguration.errors(inFile: file)
            if !errors.isEmpty { refused += 1 }
            #expect(errors.allSatisfy { $0.line != nil }, "cut at \(count): \(errors)")
            await Task.yield()
        }
        #expect(refused > 50)
    }

    private final class Counter: Sendable {
        private let number = Atomic(0)
        func count() { number.add(1, ordering: .relaxed) }
        var value: Int { number.load(ordering: .relaxed) }
    }

    // MARK: - Mutations

    private static func all() throws -> [Mutation] {
        let text = try ConfigurationExample.text()
        return try ofEachLine(text) + special(text)
    }

    /// Misspelt, of a wrong type, out of range, and given twice, for each line of the example.
    private static func ofEachLine(_ text: String) throws -> [Mutation] {
        var lines = text.components(separatedBy: "\n")
        if lines.last == "" { lines.removeLast() }
        var result: [Mutation] = []
        var section = ""
        for (index, line) in lines.enumerated() {
            let match = try #require(line.wholeMatch(of: /( *)([A-Za-z0-9]+):( +[^ #].*?)?( *#.*)?/), "\(line)")
            let (indent, key, value) = (String(match.1), String(match.2), match.3.map(String.init))
            if indent.isEmpty { section = key }
            let isClass = section == "classes" && indent.count == 2
            func mutate(_ what: String, _ new: String) {
                var changed = lines
                changed[index] = new
                result.append(
                    Mutation(
                        name: "line \(index + 1), \(what): \(new)", data: Data(changed.joined(separator: "\n").utf8),
                        line: index + 1))
            }
            mutate("bad name", "\(indent)\(isClass ? key.uppercased() : key + "x"):\(value ?? "")")
            guard let value else { continue }
            mutate("wrong type", "\(indent)\(key): [[1]]")
            mutate("twice", "\(line)\n\(line)")
            if value.contains(/[ \[]\d+([,}\] ]|$)/) {
                mutate(
                    "out of range",
                    "\(indent)\(key):"
                        + value.replacing(/([ \[])\d+([,}\] ]|$)/, maxReplacements: 1) {
                            "\($0.1)\(UInt64.max)\($0.2)"
                        })
            }
            if value.contains(#/ (true|false)$/#) { mutate("no truth value", "\(indent)\(key): yes") }
        }
        return result
    }

    private static func special(_ text: String) -> [Mutation] {
        func replaced(_ old: String, _ new: String, _ path: String) -> Mutation {
            Mutation(
                name: "\(old) → \(new)", data: Data(text.replacingOccurrences(of: old, with: new).utf8), path: path)
        }
        func bytes(_ name: String, _ data: Data, _ path: String = "") -> Mutation {
            Mutation(name: name, data: data, path: path)
        }
        var invalid = Data(text.utf8)
        invalid[invalid.count / 2] = 0xFF
        return [
            replaced("{tag: 198}", "{tag: 120}", "classes.manual.tag"),
            replaced("{tag: 100}", "{tag: 199}", "classes.drain.tag"),
            replaced("    tag: 120\n", "", "classes.gold"),
            replaced("65001:120\", no-export", "65001:120\", 65001:120", "classes.gold.communities[1]"),
            replaced("\"65001:120\"", "\"65001:70000\"", "classes.gold.communities[0]"),
            replaced("no-export", "no-exports", "classes.gold.communities[1]"),
            replaced("65001:120:1", "65001:120:4294967296", "classes.gold.largeCommunities[0]"),
            replaced("[65001, 65001]", "[65001, 0]", "classes.gold.asPathPrepend[1]"),
            replaced("[65001, 65001]", "[4294967295]", "classes.gold.asPathPrepend[0]"),
            replaced("origin: igp", "origin: IGP", "classes.gold.origin"),
            replaced("198.51.100.0/24,", "198.51.100.0/24, 198.51.100.128/25,", "announce.allowedPrefixes[1]"),
            replaced("198.51.100.0/24,", "198.51.100.1/32, 198.51.100.0/24,", "announce.allowedPrefixes[1]"),
            replaced("198.51.100.0/24,", "198.51.100.1/24,", "announce.allowedPrefixes[0]"),
            replaced("198.51.100.0/24,", "198.51.100.0/33,", "announce.allowedPrefixes[0]"),
            replaced("2001:db8:1::/64", "2001:db8:1::/129", "announce.allowedPrefixes[1]"),
            replaced("[loadBalancer] ", "[loadBalancer, nodePort]", "announce.kinds[1]"),
            replaced("[loadBalancer] ", "[loadBalancer, loadBalancer]", "announce.kinds[1]"),
            replaced(
                "include: [], exclude: [kube-system]", "include: [kube-system], exclude: [kube-system]", "exclude[0]"),
            replaced("exclude: [kube-system]", "exclude: [kube_system]", "announce.namespaces.exclude[0]"),
            replaced("env=production", "env in production", "announce.namespaceLabels.include[0]"),
            replaced(":NoExecute", ":NoExecution", "drain.onTaints[0]"),
            replaced("table: 1790", "table: 254", "frr.table"),
            replaced("table: 1790", "table: \"1790\"", "frr.table"),
            replaced("127.0.0.1:9723", "127.0.0.1:99999", "http.address"),
            replaced("127.0.0.1:9724", "localhost", "northbound.http"),
            replaced("staleAfter: \"off\"", "staleAfter: 1", "northbound.staleAfter"),
            replaced("listen: zmq+ipc://", "listen: ipc://", "northbound.listen"),
            replaced("provider: mgmtd:", "provider: zmq+ipc:", "northbound.provider"),
            replaced("node: worker-1", "node: 1", "node"),
            replaced("frr:\n", "frr: &a\n  <<: *a\n", ""),
            replaced("drain:\n  hold", "drain: *nobody\n  hold", ""),
            bytes("not UTF-8", invalid), bytes("UTF-16", text.data(using: .utf16) ?? Data()),
            bytes("a control character", Data((text + "\u{1}").utf8)), bytes("a tab", Data((text + "\tx: 1\n").utf8)),
            bytes("an open bracket", Data((text + "x: [\n").utf8)),
            bytes("an open quote", Data((text + "x: \"\n").utf8)),
            bytes("two documents", Data((text + "---\n" + text).utf8)), bytes("a list", Data("- a\n".utf8)),
            bytes("only text", Data("hello\n".utf8)),
            bytes("too long", Data((text + String(repeating: "#", count: 1 << 20)).utf8)),
            bytes("deep", Data(("node: " + String(repeating: "[", count: 100_000)).utf8)),
            bytes(
                "deep and closed",
                Data(("node: " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900)).utf8)),
            bytes("keys that are lists", Data("[a]: b\n".utf8)),
            bytes("JSON with a comma too much", Data("{\"node\": \"a\",, }".utf8)),
        ]
    }
}
