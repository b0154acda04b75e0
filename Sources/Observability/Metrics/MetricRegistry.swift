import Synchronization

/// Holds the values of a catalogue's metrics and prints them.
///
/// Every metric has a lock of its own, so that writers of different metrics never meet. Only metrics of the catalogue
/// given at the start exist; asking for another one, or for one as the wrong kind, is a broken invariant and traps.
public final class MetricRegistry: Sendable {
    private let families: [String: MetricFamily]
    private let catalogue: [MetricDefinition]
    private let collectors = Mutex<[@Sendable (MetricRegistry) -> Void]>([])

    /// Makes a registry in which every metric without labels is 0 and every other has no sample.
    ///
    /// - Precondition: no two definitions have the same name.
    public init(catalogue: [MetricDefinition] = MetricCatalogue.all) {
        self.catalogue = catalogue
        families = Dictionary(uniqueKeysWithValues: catalogue.map { ($0.name, MetricFamily($0)) })
    }

    /// The handle of a counter.
    public func counter(_ definition: MetricDefinition) -> Counter {
        Counter(family: family(definition, .counter))
    }

    /// The handle of a gauge.
    public func gauge(_ definition: MetricDefinition) -> Gauge {
        Gauge(family: family(definition, .gauge))
    }

    /// The handle of a histogram.
    public func histogram(_ definition: MetricDefinition) -> Histogram {
        Histogram(family: family(definition, .histogram))
    }

    /// Adds a function that runs at the beginning of every exposition, in the order of addition and on the thread that
    /// asks for it. It is for values that only mean something at that moment: ages, and what the kernel counts.
    public func onScrape(_ collector: @escaping @Sendable (MetricRegistry) -> Void) {
        collectors.withLock { $0.append(collector) }
    }

    /// The metrics in Prometheus text format 0.0.4: by name, samples by label values, one line feed at the end of each.
    ///
    /// `Content-Type` is `MetricRegistry.contentType`.
    public func exposition() -> String {
        for collect in collectors.withLock({ $0 }) { collect(self) }
        var text = ExpositionWriter()
        for definition in catalogue.sorted(by: { $0.name < $1.name }) {
            text.append(family(definition, definition.kind))
        }
        return text.output
    }

    /// The media type of `exposition()`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private func family(_ definition: MetricDefinition, _ kind: MetricDefinition.Kind) -> MetricFamily {
        guard let family = families[definition.name], family.definition == definition else {
            preconditionFailure("metric \(definition.name) is not in this registry's catalogue")
        }
        precondition(definition.kind == kind, "metric \(definition.name) is a \(definition.kind), not a \(kind)")
        return family
    }
}
