import Observability
import Testing

@Suite struct MetricRegistryTests {
    private static let events = MetricDefinition.counter("test_events_total", help: "Events.")
    private static let byCode = MetricDefinition.counter(
        "test_errors_total", labels: [.resource, .code], help: "Errors.")
    private static let vips = MetricDefinition.gauge("test_vips", labels: [.family, .class], help: "VIPs.")
    private static let level = MetricDefinition.gauge("test_level", help: "A level with \\ and\na line feed.")
    private static let duration = MetricDefinition.histogram(
        "test_duration_seconds", buckets: [0.002, 0.5, 600], help: "Durations.")

    private let registry = MetricRegistry(catalogue: [events, byCode, vips, level, duration])

    @Test func startsWithZerosSortedByName() {
        #expect(
            registry.exposition() == """
                # HELP test_duration_seconds Durations.
                # TYPE test_duration_seconds histogram
                test_duration_seconds_bucket{le="0.002"} 0
                test_duration_seconds_bucket{le="0.5"} 0
                test_duration_seconds_bucket{le="600"} 0
                test_duration_seconds_bucket{le="+Inf"} 0
                test_duration_seconds_sum 0
                test_duration_seconds_count 0
                # HELP test_errors_total Errors.
                # TYPE test_errors_total counter
                # HELP test_events_total Events.
                # TYPE test_events_total counter
                test_events_total 0
                # HELP test_level A level with \\\\ and\\na line feed.
                # TYPE test_level gauge
                test_level 0
                # HELP test_vips VIPs.
                # TYPE test_vips gauge

                """)
    }

    @Test func countersAddPerLabelSet() {
        let errors = registry.counter(Self.byCode)
        errors.increment([.resource: "services", .code: "410"])
        errors.increment([.resource: "services", .code: "410"], by: 2)
        errors.increment([.resource: "nodes", .code: "403"], by: 0)
        #expect(
            samples(of: "test_errors_total") == [
                "test_errors_total{resource=\"nodes\",code=\"403\"} 0",
                "test_errors_total{resource=\"services\",code=\"410\"} 3",
            ])
    }

    @Test func labelValuesAreEscaped() {
        registry.counter(Self.byCode).increment([.resource: "a\\b\"c\nd", .code: "é"])
        #expect(samples(of: "test_errors_total") == [#"test_errors_total{resource="a\\b\"c\nd",code="é"} 1"#])
    }

    @Test func advanceNeverFalls() {
        let events = registry.counter(Self.events)
        events.advance(to: 7.5)
        events.advance(to: 3)
        #expect(samples(of: "test_events_total") == ["test_events_total 7.5"])
    }

    @Test func setAllMakesVanishedLabelSetsDisappear() {
        let vips = registry.gauge(Self.vips)
        vips.setAll([[.family: "ipv4", .class: "default"]: 3, [.family: "ipv6", .class: "drain"]: 1])
        vips.setAll([[.family: "ipv4", .class: "drain"]: 2])
        #expect(samples(of: "test_vips") == ["test_vips{family=\"ipv4\",class=\"drain\"} 2"])
        vips.remove([.family: "ipv4", .class: "drain"])
        #expect(samples(of: "test_vips").isEmpty)
    }

    @Test func gaugesTakeTruthDurationsAndSpecialValues() {
        let level = registry.gauge(Self.level)
        level.set(to: true)
        #expect(samples(of: "test_level") == ["test_level 1"])
        level.set(to: .milliseconds(1500))
        #expect(samples(of: "test_level") == ["test_level 1.5"])
        level.set(to: -Double.infinity)
        #expect(samples(of: "test_level") == ["test_level -Inf"])
        level.set(to: Double.nan)
        #expect(samples(of: "test_level") == ["test_level NaN"])
    }

    @Test func histogramBucketsAreCumulativeAndIncludeTheirBound() {
        let histogram = registry.histogram(Self.duration)
        histogram.observe(.milliseconds(2))
        histogram.observe(value: 0.25)
        histogram.observe(.seconds(601))
        #expect(
            samples(of: "test_duration_seconds") == [
                #"test_duration_seconds_bucket{le="0.002"} 1"#,
                #"test_duration_seconds_bucket{le="0.5"} 2"#,
                #"test_duration_seconds_bucket{le="600"} 2"#,
                #"test_duration_seconds_bucket{le="+Inf"} 3"#,
                "test_duration_seconds_sum 601.252",
                "test_duration_seconds_count 3",
            ])
    }

    @Test func collectorsRunAtEveryExposition() {
        registry.onScrape { $0.counter(Self.events).increment() }
        #expect(samples(of: "test_events_total") == ["test_events_total 1"])
        #expect(samples(of: "test_events_total") == ["test_events_total 2"])
    }

    @Test func concurrentIncrementsAreAllCounted() async {
        let registry = registry
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<500 { registry.counter(Self.events).increment() } }
            }
        }
        #expect(samples(of: "test_events_total") == ["test_events_total 4000"])
    }

    @Test func foreignLabelsTrap() async {
        await #expect(processExitsWith: .failure) {
            let counter = MetricDefinition.counter("test_total", labels: [.code], help: "Test.")
            MetricRegistry(catalogue: [counter]).counter(counter).increment([.reason: "x"])
        }
    }

    private func samples(of name: String) -> [String] {
        registry.exposition().split(separator: "\n").map(String.init).filter { $0.hasPrefix(name) }
    }
}
