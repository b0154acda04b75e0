import CosmoletAgent
import Foundation
import NetworkTypes
import Testing

/// What `cosmolet config` prints, against what the reader takes.
@Suite struct ConfigurationDocumentTests {
    private func schema() throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(AgentConfiguration.jsonSchema.utf8))
        return try #require(object as? [String: Any])
    }

    @Test func exampleOfTheDocumentationIsValidAndHasEveryKey() throws {
        let example = try ConfigurationExample.text()
        _ = try AgentConfiguration(yaml: example)
        let value = try ConfigurationExample.value(example)
        #expect(JSONSchemaCheck.problems(value, try schema()) == [])
        for mapping in JSONSchemaCheck.mappings(try schema()) {
            var place: Any? = value
            for key in mapping.path.split(separator: ".") { place = (place as? [String: Any])?[String(key)] }
            let keys = try #require(place as? [String: Any], "\(mapping.path)").keys
            // Classes have the names that one likes.
            #expect(Set(keys) == Set(mapping.keys), "\(mapping.path)")
        }
    }

    @Test func schemaAndReaderKnowTheSameKeys() throws {
        let mappings = JSONSchemaCheck.mappings(try schema())
        #expect(mappings.count > 12)
        for mapping in mappings {
            let path = mapping.path.split(separator: ".").map(String.init)
            // The reader tells which keys it knows when it finds none of them.
            let unknown = nested(path + ["a-key-that-nobody-knows"], "1")
            let error = #expect(throws: ConfigurationError.self) { try AgentConfiguration(yaml: unknown) }
            let known = error?.message.components(separatedBy: "known keys: ").last?.components(separatedBy: ", ") ?? []
            #expect(Set(known) == Set(mapping.keys), "\(mapping.path): \(String(describing: error))")
            for key in mapping.keys {
                // A key without a value is known, but says nothing.
                let errors = errorsOf(nested(path + [key], ""))
                #expect(!errors.contains { $0.contains("unknown key") }, "\(mapping.path).\(key)")
            }
        }
    }

    @Test func schemaRefusesWhatTheReaderRefuses() throws {
        let schema = try schema()
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        for yaml in [
            "nodes: a", "frr: {table: many}", "frr: {table: 65536}", "frr: {table: '1790'}", "frr: [1]",
            "log: {level: loud}",
            "classes: {Gold: {tag: 120}}", "classes: {gold: {tag: 99}}", "classes: {gold: {metric: 1}}",
            "classes: {drain: {communities: [no_export]}}", "announce: {fuse: on}", "announce: {fuse: {percent: 101}}",
            "announce: {drainOnTerminating: maybe}", "announce: {namespaces: {include: [Shop]}}", "node: 12",
            "northbound: {listen: tcp://x}", "northbound: {staleAfter: 1}",
        ] {
            #expect(throws: ConfigurationError.self) { try AgentConfiguration(yaml: yaml) }
            #expect(!JSONSchemaCheck.problems(try ConfigurationExample.value(yaml), schema).isEmpty, "\(yaml)")
        }
    }

    @Test func printedConfigurationReadsBackTheSame() throws {
        for configuration in [AgentConfiguration(), try AgentConfiguration(yaml: ConfigurationExample.text())] {
            let printed = configuration.yaml()
            #expect(try AgentConfiguration(yaml: printed) == configuration, "\(printed)")
            #expect(JSONSchemaCheck.problems(try ConfigurationExample.value(printed), try schema()) == [])
        }
    }

    @Test func printedConfigurationSaysWhatEnvironmentAndFlagsHaveChanged() throws {
        let file = try AgentConfiguration(yaml: "node: a\nlog: {level: debug}")
        var environment = file
        environment.node = "b"
        var flags = environment
        try flags.setHTTP("off")
        let lines = flags.yaml(origins: [("file", file), ("environment", environment), ("flag", flags)])
            .split(separator: "\n")
        #expect(lines.contains("node: b  # environment"))
        #expect(lines.contains("  address: \"off\"  # flag"))
        #expect(lines.contains("  level: debug"))
        #expect(lines.filter { $0.contains("#") }.count == 2)
        #expect(
            lines.contains(
                "  drain: {tag: 199, communities: [graceful-shutdown], largeCommunities: [], asPathPrepend: []}"))
    }

    @Test func allErrorsAreToldInTheOrderOfTheLines() throws {
        let folder = try TestFolder()
        let path = folder.path + "/config.yaml"
        try "frr: {table: x}\nnode: 3\nclasses:\n  a: {tag: 7}\n  b: {tag: 100}\nlogs: {}\n"
            .write(toFile: path, atomically: true, encoding: .utf8)
        let errors = AgentConfiguration.errors(inFile: path)
        #expect(errors.map(\.path) == ["frr.table", "node", "classes.a.tag", "classes.b.tag", "logs"])
        #expect(errors.map(\.line) == [1, 2, 4, 5, 6])
        #expect(AgentConfiguration.errors(inFile: path + ".none").map(\.path) == [""])
    }

    private func errorsOf(_ yaml: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try AgentConfiguration(yaml: yaml)
            return []
        } catch {
            return [error.description]
        }
    }

    private func nested(_ path: [String], _ value: String) -> String {
        path.enumerated().map { String(repeating: "  ", count: $0) + $1 + ":" }.joined(separator: "\n") + " " + value
    }
}
