import Glibc
import Observability
import Subprocess
import Testing

@Suite struct MetricCatalogueTests {
    private static let hasPromtool = system("command -v promtool >/dev/null") == 0

    /// The registry with a sample for every metric, since promtool does not look at metrics that have none.
    private static func filledRegistry() -> MetricRegistry {
        let registry = MetricRegistry()
        for definition in MetricCatalogue.all where !definition.labels.isEmpty {
            let labels = MetricLabels(
                Dictionary(uniqueKeysWithValues: definition.labels.map { ($0, "some \"value\"\n\\") }))
            switch definition.kind {
            case .counter: registry.counter(definition).increment(labels)
            case .gauge: registry.gauge(definition).set(labels, to: 1.5)
            case .histogram: registry.histogram(definition).observe(value: 1, labels)
            }
        }
        registry.setBuildInfo(version: "0.1.0", swift: "6.3", provider: "mgmtd")
        registry.collectProcessStatistics()
        return registry
    }

    @Test(.enabled(if: hasPromtool, "promtool is not installed: the exposition is not linted"))
    func promtoolFindsNothingToSay() async throws {
        let result = try await run(
            .name("promtool"), arguments: ["check", "metrics"],
            input: .string(Self.filledRegistry().exposition()),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        #expect(result.standardOutput == "")
        #expect(result.standardError == "")
        #expect(result.terminationStatus.isSuccess)
    }

    @Test func everyMetricIsInTheExposition() {
        let text = Self.filledRegistry().exposition()
        for definition in MetricCatalogue.all {
            let suffix = definition.kind == .histogram ? "_bucket{" : definition.labels.isEmpty ? " " : "{"
            #expect(text.contains("# HELP \(definition.name) \(definition.help)\n"))
            #expect(text.contains("# TYPE \(definition.name) \(definition.kind.rawValue)\n"))
            #expect(text.contains("\n\(definition.name)\(suffix)"))
        }
    }

    @Test func namesAreUniqueAndEndInTheirUnit() {
        #expect(Set(MetricCatalogue.all.map(\.name)).count == MetricCatalogue.all.count)
        for definition in MetricCatalogue.all where definition.unit != .count {
            let stem = definition.kind == .counter ? String(definition.name.dropLast(6)) : definition.name
            #expect(stem.hasSuffix("_" + definition.unit.rawValue), "\(definition.name)")
        }
    }

    @Test func documentationListsExactlyTheCatalogue() throws {
        let document = try repositoryText("docs/metrics.md")
        let rows = document.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
        let expected = MetricCatalogue.all.map { definition in
            let labels = definition.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(definition.name)` | \(definition.kind.rawValue) | \(labels) | \(definition.help) |"
                .replacing("|  |", with: "| |")
        }
        #expect(rows == expected)
    }

    /// A file of the repository. The package under test may reach this folder by a symbolic link, hence `realpath`.
    private func repositoryText(_ path: String) throws -> String {
        let here = try #require(realpath(#filePath, nil))
        defer { free(here) }
        let root = String(cString: here).split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try #require(fopen("/\(root)/\(path)", "re"), "\(path) is missing")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
