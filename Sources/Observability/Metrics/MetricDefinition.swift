/// What one metric is: its name, kind, unit, help text and labels.
///
/// Exposition, documentation and lint test all come from these values, which `MetricCatalogue` lists.
public struct MetricDefinition: Sendable, Hashable {
    /// The three kinds of the Prometheus text format that we use; the raw value is the word after `# TYPE`.
    public enum Kind: String, Sendable, Hashable {
        /// Only grows while the process lives.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts observations in cumulative buckets.
        case histogram
    }

    /// The base unit of the value. Prometheus wants base units, spelled out at the end of the name.
    public enum Unit: String, Sendable, Hashable {
        /// Things, or a truth value (0 or 1); no suffix.
        case count
        /// Seconds; suffix `_seconds`.
        case seconds
        /// Bytes; suffix `_bytes`.
        case bytes
    }

    /// The full name, with unit and `_total` suffix.
    public let name: String
    /// Counter, gauge or histogram.
    public let kind: Kind
    /// The unit of the value, or of the observations of a histogram.
    public let unit: Unit
    /// One sentence for operators.
    public let help: String
    /// The labels that every sample carries, in the order of the exposition. No labels: one sample, from the start.
    public let labels: [MetricLabel]
    /// Upper bounds of a histogram's buckets, ascending and finite; `+Inf` is added. Empty for the other kinds.
    public let buckets: [Double]

    private init(
        _ name: String, _ kind: Kind, _ unit: Unit, _ labels: [MetricLabel], _ buckets: [Double], _ help: String
    ) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.help = help
        self.labels = labels
        self.buckets = buckets
    }

    /// Defines a counter. The name ends in `_total`.
    public static func counter(
        _ name: String, unit: Unit = .count, labels: [MetricLabel] = [], help: String
    ) -> MetricDefinition {
        precondition(name.hasSuffix("_total"), "counter \(name) must end in _total")
        return MetricDefinition(name, .counter, unit, labels, [], help)
    }

    /// Defines a gauge.
    public static func gauge(
        _ name: String, unit: Unit = .count, labels: [MetricLabel] = [], help: String
    ) -> MetricDefinition {
        MetricDefinition(name, .gauge, unit, labels, [], help)
    }

    /// Defines a histogram.
    ///
    /// - Precondition: the buckets are finite and strictly ascending, and there is at least one.
    public static func histogram(
        _ name: String, unit: Unit = .seconds, labels: [MetricLabel] = [], buckets: [Double], help: String
    ) -> MetricDefinition {
        let isAscending = zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 }
        precondition(
            !buckets.isEmpty && isAscending && buckets.allSatisfy(\.isFinite), "histogram \(name): buckets \(buckets)")
        return MetricDefinition(name, .histogram, unit, labels, buckets, help)
    }
}

/// The name of a metric label. All of them are here, so that one thing has one name in every metric.
public enum MetricLabel: String, Sendable, Hashable, Comparable, CaseIterable {
    /// Address family of a VIP: `ipv4` or `ipv6`.
    case family
    /// Attribute class of an announcement.
    case `class`
    /// How a commit ended: `applied`, `rejected` or `unknown`.
    case outcome
    /// How FRR is reached: `mgmtd` or `bgpd`.
    case provider
    /// Plural name of a Kubernetes resource, such as `services`.
    case resource
    /// HTTP status of an answer of the API server, or a word for a failure without one; gRPC's code of a northbound call.
    case code
    /// Reason code of the planner for a VIP.
    case reason
    /// Why a transaction exists: `commit`, `rollback`, `observed` and the like.
    case kind
    /// A step of a commit, in order: `lock`, `clean`, `edit`, `commit`, `unlock`, `readBack`.
    case phase
    /// A method of the northbound API.
    case method
    /// Where the commit log goes: `publication` or `file`.
    case sink
    /// Version of this program.
    case version
    /// Version of the Swift compiler that built it.
    case swift

    /// By name.
    public static func < (a: MetricLabel, b: MetricLabel) -> Bool { a.rawValue < b.rawValue }
}

/// Label values of one sample, for instance `[.family: "ipv4", .class: "default"]`.
public struct MetricLabels: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// Value by label name.
    public let values: [MetricLabel: String]

    /// Takes the values.
    public init(_ values: [MetricLabel: String]) { self.values = values }

    /// Makes label values from a literal.
    ///
    /// - Precondition: no label appears twice.
    public init(dictionaryLiteral elements: (MetricLabel, String)...) {
        values = Dictionary(uniqueKeysWithValues: elements)
    }

    /// No labels: the only sample of a metric without any.
    public static let none = MetricLabels([:])
}
