import Foundation
import Testing
import Yams

/// The example of docs/operations.md, which has every key of the configuration file.
enum ConfigurationExample {
    /// The text between the fences.
    static func text() throws -> String {
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: repository.appendingPathComponent("docs/operations.md"), encoding: .utf8)
        let section = try #require(page.components(separatedBy: "\n## Configuration\n").dropFirst().first)
        let block = try #require(section.components(separatedBy: "```yaml\n").dropFirst().first)
        return try #require(block.components(separatedBy: "```").first)
    }

    /// A YAML document as JSON would have it, by the rules of YAML 1.2.
    static func value(_ yaml: String) throws -> Any {
        try plain(#require(try compose(yaml: yaml)))
    }

    private static func plain(_ node: Node) -> Any {
        switch node {
        case .mapping(let mapping):
            return Dictionary(uniqueKeysWithValues: mapping.map { ($0.key.scalar?.string ?? "", plain($0.value)) })
        case .sequence(let sequence): return sequence.map(plain)
        case .scalar(let scalar):
            guard scalar.style == .plain else { return scalar.string }
            if let number = Int(scalar.string) { return number }
            return ["true": true, "false": false][scalar.string] ?? scalar.string
        case .alias: return ""
        }
    }
}
