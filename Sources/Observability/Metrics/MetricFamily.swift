import Synchronization

/// All samples of one metric, behind one lock. Handles write it, the exposition reads it.
final class MetricFamily: Sendable {
    /// What is kept for one set of label values.
    enum Sample: Sendable, Equatable {
        /// Counter or gauge.
        case value(Double)
        /// Histogram: observations per bucket (not cumulative; the last one is `+Inf`) and their sum.
        case distribution(counts: [UInt64], sum: Double)
    }

    let definition: MetricDefinition
    private let samples: Mutex<[MetricLabels: Sample]>

    /// A metric without labels has its one sample from the start, so that its absence always means a broken scrape.
    init(_ definition: MetricDefinition) {
        self.definition = definition
        samples = Mutex(definition.labels.isEmpty ? [.none: Self.zero(of: definition)] : [:])
    }

    /// Changes the sample of these labels, making it first if there is none.
    func update(_ labels: MetricLabels, _ change: (inout Sample) -> Void) {
        check(labels)
        samples.withLock { change(&$0[labels, default: Self.zero(of: definition)]) }
    }

    /// Replaces all samples at once; no scrape sees a mixture.
    func replaceAll(_ values: [MetricLabels: Double]) {
        values.keys.forEach(check)
        samples.withLock { $0 = values.mapValues { .value($0) } }
    }

    /// Forgets the sample of these labels.
    func remove(_ labels: MetricLabels) {
        check(labels)
        samples.withLock { _ = $0.removeValue(forKey: labels) }
    }

    /// The samples with their label values in the order of the definition, sorted by these.
    func snapshot() -> [(labelValues: [String], sample: Sample)] {
        samples.withLock { $0 }
            .map { labels, sample in (definition.labels.map { labels.values[$0] ?? "" }, sample) }
            .sorted { $0.0.lexicographicallyPrecedes($1.0) }
    }

    private func check(_ labels: MetricLabels) {
        precondition(
            Set(labels.values.keys) == Set(definition.labels),
            "\(definition.name) takes labels \(definition.labels), not \(labels.values.keys.sorted())")
    }

    private static func zero(of definition: MetricDefinition) -> Sample {
        switch definition.kind {
        case .counter, .gauge: .value(0)
        case .histogram: .distribution(counts: Array(repeating: 0, count: definition.buckets.count + 1), sum: 0)
        }
    }
}
