import Announcements
import CosmoletAgent
import CosmoletTesting
import Foundation
import Logging
import NetworkTypes
import Northbound
import Observability
import Testing

@Suite struct ConfigurationReloaderTests {
    /// A configuration file, a reloader of it, and what the reloader did.
    private final class Fixture: Sendable {
        let folder: TestFolder
        let file: String
        let clock = ManualClock()
        let registry = MetricRegistry()
        let applied = Observed<[AgentConfiguration]>([])
        let log = Observed<[String]>([])
        let reloader: ConfigurationReloader

        init(_ yaml: String, isLink: Bool = false) throws {
            folder = try TestFolder()
            file = folder.path + "/config.yaml"
            try Self.write(yaml, file, isLink: isLink, folder: folder.path)
            let source = ConfigurationSource(path: file) { text throws(ConfigurationError) in
                var configuration = try AgentConfiguration(yaml: text)
                // As a flag does.
                configuration.node = "flag"
                return configuration
            }
            let (applied, log) = (applied, log)
            reloader = ConfigurationReloader(
                source, started: try source.load(), registry: registry, clock: clock,
                logger: Logger(label: "test") { label in
                    LogFormat.text.makeHandler(
                        label: label, level: .info, sink: LogSink { line in log.update { $0.append(line) } })
                }
            ) { new in
                applied.update { $0.append(new) }
                return !new.planner.selection.needsNamespaces
            }
        }

        /// Writes the file anew under another name, which then takes its place; or changes where a link points, as the
        /// kubelet does in a ConfigMap's volume.
        static func write(_ yaml: String, _ file: String, isLink: Bool, folder: String) throws {
            let data = "\(folder)/\(UUID().uuidString)"
            try yaml.write(toFile: data, atomically: false, encoding: .utf8)
            let new = isLink ? data + ".link" : data
            if isLink { try FileManager.default.createSymbolicLink(atPath: new, withDestinationPath: data) }
            try #require(rename(new, file) == 0)
        }

        func write(_ yaml: String, isLink: Bool = false) throws {
            try Self.write(yaml, file, isLink: isLink, folder: folder.path)
        }

        /// Lets the reloader look so many times.
        func look(_ times: Int = 2) async throws {
            for _ in 0..<times {
                let count = clock.sleeps.value[.seconds(1)] ?? 0
                clock.advance(by: .seconds(1))
                _ = try await clock.sleeps.wait(for: "the next look") { $0[.seconds(1)] == count + 1 }
            }
        }

        func withRun(_ body: () async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [reloader] in await reloader.run() }
                _ = try await clock.sleeps.wait(for: "the first sleep") { $0[.seconds(1)] == 1 }
                try await body()
                group.cancelAll()
            }
        }
    }

    @Test(arguments: [false, true]) func takesWhatHasChanged(isLink: Bool) async throws {
        let fixture = try Fixture("announce: {zeroEndpoints: withdraw}", isLink: isLink)
        try await fixture.withRun {
            try await fixture.look(3)
            #expect(fixture.applied.value.isEmpty)
            try fixture.write("announce: {zeroEndpoints: keep}\nlog: {level: debug}", isLink: isLink)
            try await fixture.look()
            let new = try #require(fixture.applied.value.first)
            #expect(new.planner.zeroEndpoints == .keep && new.logLevel == .debug)
            #expect(new.node == "flag")
            #expect(fixture.log.value.contains { $0.contains("in force") && $0.contains("announce.zeroEndpoints") })
            try await fixture.look(3)
            #expect(fixture.applied.value.count == 1)
        }
        let metrics = fixture.registry.exposition()
        #expect(metrics.contains("cosmolet_config_reloads_total{outcome=\"applied\"} 1\n"))
        #expect(metrics.contains("cosmolet_config_reloads_total{outcome=\"refused\"} 0\n"))
    }

    @Test func aFileThatIsJustBeingWrittenIsLeftUntilItRests() async throws {
        let fixture = try Fixture("announce: {zeroEndpoints: withdraw}")
        try await fixture.withRun {
            for text in ["announce: {zeroEnd", "announce: {zeroEndpoints: keep}\ndrain: {onCord"] {
                try fixture.write(text)
                try await fixture.look(1)
            }
            try fixture.write("announce: {zeroEndpoints: keep}\ndrain: {onCordon: true}")
            try await fixture.look()
            #expect(fixture.applied.value.map(\.planner.nodeSignals.drainsOnCordon) == [true])
        }
        #expect(fixture.registry.exposition().contains("cosmolet_config_reloads_total{outcome=\"refused\"} 0\n"))
    }

    @Test func rulesThatWaitAreNotSaidToBeInForce() async throws {
        let fixture = try Fixture("announce: {zeroEndpoints: withdraw}")
        try fixture.write("announce: {namespaceLabels: {exclude: [env=test]}}")
        #expect(await fixture.reloader.reload() == .waiting)
        #expect(!fixture.log.value.contains { $0.contains("configuration is in force") })
        #expect(fixture.log.value.contains { $0.contains("waits until Namespaces have been listed") })
        #expect(fixture.registry.exposition().contains("cosmolet_config_reloads_total{outcome=\"waiting\"} 1\n"))
        try fixture.write("announce: {zeroEndpoints: keep}")
        #expect(await fixture.reloader.reload() == .applied)
    }

    @Test func refusedFilesChangeNothingAndAreReported() async throws {
        let fixture = try Fixture("drain: {onCordon: true}")
        try await fixture.withRun {
            for (text, words) in [
                ("drain: {onCordoned: true}", "did you mean onCordon"), ("", "the file is empty"),
                ("# nothing", "empty"),
                ("announce: {kinds: [loadBalancer]}\nfrr: {table: x}", "line 2: frr.table"),
            ] {
                try fixture.write(text)
                try await fixture.look()
                #expect(fixture.log.value.last?.contains("refused, the old one stays in force") == true)
                #expect(fixture.log.value.last?.contains(words) == true, "\(fixture.log.value)")
            }
            try FileManager.default.removeItem(atPath: fixture.file)
            try await fixture.look(4)
            #expect(fixture.log.value.count == 5)
            #expect(fixture.registry.exposition().contains("cosmolet_config_last_reload_successful 0\n"))
            try fixture.write("drain: {onCordon: true}")
            try await fixture.look()
        }
        #expect(fixture.applied.value.isEmpty)
        let metrics = fixture.registry.exposition()
        #expect(metrics.contains("cosmolet_config_last_reload_successful 1\n"))
        #expect(metrics.contains("cosmolet_config_reloads_total{outcome=\"refused\"} 5\n"))
        #expect(metrics.contains("cosmolet_config_reloads_total{outcome=\"unchanged\"} 1\n"))
    }

    @Test func keysThatNeedARestartAreNamedAndNotApplied() async throws {
        let fixture = try Fixture("{}")
        try fixture.write(
            """
            frr: {table: 1791}
            classes: {gold: {tag: 120}, drain: {med: 3}}
            http: {address: "off"}
            northbound: {maximumEdits: 5}
            announce: {kinds: [externalIP]}
            """)
        #expect(await fixture.reloader.reload() == .applied)
        let warning = try #require(fixture.log.value.first)
        for key in ["frr.table", "classes (names and tags)", "http.address", "northbound.maximumEdits"] {
            #expect(warning.contains(key))
        }
        #expect(!warning.contains("announce"))
        let new = try #require(fixture.applied.value.first)
        #expect(new.planner.kinds == [.externalIP])
        #expect(new.planner.tags == .standard)
        #expect(fixture.registry.exposition().contains("cosmolet_config_keys_waiting_for_restart 4\n"))
        // As it was at the start: nothing waits any more.
        try fixture.write("announce: {kinds: [externalIP]}")
        #expect(await fixture.reloader.reload() == .applied)
        #expect(fixture.registry.exposition().contains("cosmolet_config_keys_waiting_for_restart 0\n"))
    }

    @Test func hangUpReadsAtOnce() async throws {
        let fixture = try Fixture("{}")
        try fixture.write("drain: {holdSeconds: 3}")
        await fixture.reloader.hangUp()
        #expect(fixture.applied.value.map(\.planner.drainHold) == [.seconds(3)])
        // What was read is not read again by the next look.
        try await fixture.withRun { try await fixture.look(3) }
        #expect(fixture.applied.value.count == 1)
    }
}
