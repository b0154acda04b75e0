/// Writes metrics in the Prometheus text exposition format, version 0.0.4.
///
/// Each metric gives a `# HELP` and a `# TYPE` line, also while it has no sample, and then one line per sample. In help
/// texts backslash and line feed are escaped, in label values the double quote too.
struct ExpositionWriter {
    private(set) var output = ""

    /// Appends one metric with all its samples.
    mutating func append(_ family: MetricFamily) {
        let definition = family.definition
        output += "# HELP \(definition.name) \(Self.escaped(definition.help))\n"
        output += "# TYPE \(definition.name) \(definition.kind.rawValue)\n"
        for (values, sample) in family.snapshot() {
            let labels = zip(definition.labels, values).map { ($0.rawValue, $1) }
            switch sample {
            case .value(let value):
                appendLine(definition.name, labels, Self.number(value))
            case .distribution(let counts, let sum):
                appendDistribution(definition, labels, counts, sum)
            }
        }
    }

    private mutating func appendDistribution(
        _ definition: MetricDefinition, _ labels: [(String, String)], _ counts: [UInt64], _ sum: Double
    ) {
        var total: UInt64 = 0
        for (bound, count) in zip(definition.buckets + [.infinity], counts) {
            total += count
            appendLine(definition.name + "_bucket", labels + [("le", Self.number(bound))], String(total))
        }
        appendLine(definition.name + "_sum", labels, Self.number(sum))
        appendLine(definition.name + "_count", labels, String(total))
    }

    private mutating func appendLine(_ name: String, _ labels: [(String, String)], _ value: String) {
        output += name
        if !labels.isEmpty {
            output += "{"
            output += labels.map { "\($0)=\"\(Self.escaped($1, quote: true))\"" }.joined(separator: ",")
            output += "}"
        }
        output += " \(value)\n"
    }

    /// A number as Go's `ParseFloat` reads it. Whole numbers have no fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }

    static func escaped(_ text: String, quote: Bool = false) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quote: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
